"""The engine and its peers on networks of the same size, in turns."""

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch

from spikefa.bench.peers.bindsnet_mstdp import BindsNet
from spikefa.bench.peers.brian_standalone import Brian
from spikefa.bench.peers.peer import Peer, Run, on_the_best_threads, steps_for
from spikefa.bench.peers.snntorch_bptt import SnnTorch
from spikefa.bench.step_times import ENGINE
from spikefa.bench.steps import engine_step
from spikefa.bench.timing import milliseconds, ratio
from spikefa.bench.work import work_of
from spikefa.network.network import Network

PEERS: tuple[Peer, ...] = (
    Brian("summed"),
    Brian("summed", openmp=True),
    Brian("events"),
    BindsNet(),
    SnnTorch(),
)


@dataclass
class Row:
    """One simulator with one batch.

    Attributes
    ----------
    name : str
    batch : int
    version : str
        Of the package.
    left_out : str
        Why it was not timed; "" if it was.
    prepared : float
        Seconds to build the network and to compile it, if it is compiled.
    milliseconds : list of float
        Of a step, for each repetition.
    times_ours : float
        Median over the repetitions of its time divided by ours.
    synapse_steps : float
        Plastic synapses times streams times steps in a second.
    """

    name: str
    batch: int
    version: str = ""
    left_out: str = ""
    prepared: float = 0.0
    milliseconds: list[float] = field(default_factory=list)
    times_ours: float = 0.0
    synapse_steps: float = 0.0

    def __str__(self) -> str:
        start = f"{self.name:22} batch {self.batch:4}  "
        if self.left_out:
            return f"{start}not timed: {self.left_out}"
        taken = self.milliseconds
        return (
            f"{start}{statistics.median(taken):9.3f} ms a step "
            f"(min {min(taken):.3f}, max {max(taken):.3f}, n = {len(taken)}), "
            f"{self.times_ours:6.2f} of ours, {self.synapse_steps:.3g} plastic-synapse-steps/s, "
            f"prepared in {self.prepared:.1f} s"
        )


def time_peers(
    network: Network,
    batches: Sequence[int],
    repetitions: int = 5,
    peers: Sequence[Peer] = PEERS,
) -> Iterator[Row]:
    """Time a step of the engine and of each peer, for each batch.

    What torch computes, ours too, runs on one thread or on all, whichever is faster here.

    Parameters
    ----------
    network : Network
        With an `FA` circuit, on the CPU.
    batches : sequence of int
    repetitions : int, default 5
        Of each, in turns, after one that does not count.
    peers : sequence of Peer, optional
    """
    if not network.initialised:
        network.initialise(0)
    for batch in batches:
        yield from _rows(network, batch, repetitions, peers)


def _rows(network: Network, batch: int, repetitions: int, peers: Sequence[Peer]) -> list[Row]:
    rows = [Row(ENGINE, batch, _own_version())]
    runs: dict[str, Run] = {ENGINE: on_the_best_threads(_ours(network, batch))}
    for peer in peers:
        row = Row(peer.name, batch, left_out=_missing(peer) or peer.obstacle(network, batch))
        rows.append(row)
        if not row.left_out:
            started = time.perf_counter()
            run = peer.prepare(network, batch)
            row.version, row.prepared = peer.version, time.perf_counter() - started
            runs[peer.name] = on_the_best_threads(run) if peer.by_torch else run
    timed = _in_turns(runs, repetitions)
    plastic = work_of(network, batch).plastic
    for row in rows:
        if not row.left_out:
            row.milliseconds = timed[row.name]
            row.times_ours = ratio(row.milliseconds, timed[ENGINE])
            row.synapse_steps = plastic * batch * 1e3 / statistics.median(row.milliseconds)
    return rows


def _missing(peer: Peer) -> str:
    """Return why the package cannot be imported, "" if it can."""
    try:
        peer.load()
    except ImportError as error:
        return f"not installed ({error}): {peer.install}"
    except Exception as error:  # a package that does not fit another one may raise anything
        return f"{peer.package} cannot be imported here: {type(error).__name__}: {error}"
    return ""


def _ours(network: Network, batch: int) -> Run:
    target = torch.zeros(batch, network.n_outputs, device=network.device, dtype=network.dtype)
    step = engine_step(ENGINE, network, target.new_full((batch, network.n_inputs), 0.13), target)
    steps = max(10, steps_for(network, batch))
    return lambda: milliseconds(step, steps, network.device)


def _own_version() -> str:
    from spikefa import __version__

    return __version__


def _in_turns(runs: dict[str, Run], repetitions: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repetitions + 1):
        for name, run in runs.items():
            times[name].append(run())
    return {name: kept[1:] for name, kept in times.items()}


def explanation(peers: Sequence[Peer] = PEERS) -> str:
    """Return what each package does in a step, and what it does not, in one line each."""
    said = {peer.package: f"{peer.computes}. Without: {peer.leaves_out}." for peer in peers}
    return "\n".join(f"{package}: {text}" for package, text in said.items())

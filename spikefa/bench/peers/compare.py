"""Timing spikefa and its peers on networks of the same size, in turns."""

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch

from spikefa import __version__
from spikefa.bench.peers.bindsnet_mstdp import BindsNet
from spikefa.bench.peers.brian_standalone import Brian
from spikefa.bench.peers.peer import RATE, Peer, Run, on_the_best_threads, steps_for
from spikefa.bench.peers.snntorch_bptt import SnnTorch
from spikefa.bench.step_times import ENGINE
from spikefa.bench.steps import engine_step
from spikefa.bench.work import work_of
from spikefa.network.network import Network
from spikefa.utils.timing import milliseconds, ratio

PEERS: tuple[Peer, ...] = (
    Brian("summed"),
    Brian("summed", openmp=True),
    Brian("events"),
    BindsNet(),
    SnnTorch(),
)


@dataclass
class PeerTiming:
    """The time of a step of one simulator with one batch.

    Attributes
    ----------
    name : str
    batch : int
    version : str
        Version of the package.
    left_out : str
        Why the simulator was not timed; "" if it was.
    prepared : float
        Seconds to build the network and compile it.
    milliseconds : list of float
        Time of a step, for each repetition.
    times_ours : float
        Median over the repetitions of this time divided by that of spikefa.
    synapse_steps : float
        Plastic synapses times streams times steps per second.
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
) -> Iterator[PeerTiming]:
    """Time a step of spikefa and of each peer, for each batch.

    Simulators that compute with torch run on one thread or on all, whichever is faster.

    Parameters
    ----------
    network : Network
        On the CPU, with an `FA` circuit.
    batches : sequence of int
    repetitions : int, default 5
        Number of repetitions of each, after a first one that is not counted.
    peers : sequence of Peer, optional
    """
    if not network.initialised:
        network.initialise(0)
    for batch in batches:
        yield from _rows(network, batch, repetitions, peers)


def _rows(
    network: Network, batch: int, repetitions: int, peers: Sequence[Peer]
) -> list[PeerTiming]:
    rows = [PeerTiming(ENGINE, batch, __version__)]
    runs: dict[str, Run] = {ENGINE: on_the_best_threads(_ours(network, batch))}
    for peer in peers:
        row = PeerTiming(peer.name, batch, left_out=missing(peer) or peer.obstacle(network, batch))
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


def missing(peer: Peer) -> str:
    """Return why the package cannot be imported; "" if it can."""
    try:
        peer.load()
    except ImportError as error:
        return f"not installed ({error}): {peer.install}"
    except Exception as error:  # packages with incompatible versions may raise anything
        return f"{peer.package} cannot be imported here: {type(error).__name__}: {error}"
    return ""


def _ours(network: Network, batch: int) -> Run:
    target = torch.zeros(batch, network.n_outputs, device=network.device, dtype=network.dtype)
    step = engine_step(ENGINE, network, target.new_full((batch, network.n_inputs), RATE), target)
    steps = max(10, steps_for(network, batch))
    return lambda: milliseconds(step, steps, network.device)


def _in_turns(runs: dict[str, Run], repetitions: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repetitions + 1):
        for name, run in runs.items():
            times[name].append(run())
    return {name: kept[1:] for name, kept in times.items()}


def explanation(peers: Sequence[Peer] = PEERS) -> str:
    """Return a line for each package: what a step computes, and what it leaves out."""
    lines = {peer.package: f"{peer.computes}. Without: {peer.leaves_out}." for peer in peers}
    return "\n".join(f"{package}: {text}" for package, text in lines.items())

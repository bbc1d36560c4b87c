"""A step of one network over ranks on this machine, and what a model of its parts predicts."""

import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from spikefa.backends import make_backend
from spikefa.bench.ranks_model import Link, communicating
from spikefa.distributed import Among, Collectives, Ranks, join
from spikefa.errors import require
from spikefa.models.lillicrap2016 import spiking_mnist
from spikefa.network.network import Network
from spikefa.network.uniforms import uniforms_of

COUNTS = (1, 2, 4)
SMALL, LARGE = 64, 1 << 20
"""Bytes of the collectives of which latency and bandwidth are measured."""


@dataclass(frozen=True)
class RankTiming:
    """The time of a step over so many ranks; medians over its repetitions, and over ranks.

    Attributes
    ----------
    ranks, batch : int
    milliseconds : list of float
        Of a step, for each repetition, on the slowest rank.
    collectives : float
        Milliseconds of a step in collectives, waiting for others included.
    count, sent : int
        Collectives of a step, and bytes that a rank sends in them.
    apart : float
        Milliseconds of a step in which the same ranks, at the same time, send each other nothing.
    link : Link
        Of a collective among these ranks, measured between products.
    predicted : float
        Milliseconds of a step: `apart`, and what the link takes for `count` collectives.
    """

    ranks: int
    batch: int
    milliseconds: list[float]
    collectives: float
    count: int
    sent: int
    apart: float
    link: Link
    predicted: float

    @property
    def step(self) -> float:
        """Milliseconds of a step."""
        return statistics.median(self.milliseconds)

    def __str__(self) -> str:
        return (
            f"{self.ranks} ranks, batch {self.batch:3}: {self.step:.3g} ms, of which "
            f"{100 * self.collectives / self.step:.0f} % in {self.count} collectives that send "
            f"{self.sent:,} bytes; predicted {self.predicted:.3g} ms ({self.apart:.3g} apart, "
            f"{1e6 * self.link.latency:.0f} us and {self.link.bandwidth / 1e9:.2g} GB/s)"
        )


@dataclass(eq=False)
class Timed:
    """Collectives that count what they take.

    Attributes
    ----------
    inner : Collectives
    seconds : float
    count, sent : int
    """

    inner: Collectives
    seconds: float = 0.0
    count: int = 0
    sent: int = 0

    def gather(self, own: Tensor, each: Tensor, among: Among) -> None:
        """Gather, and count it."""
        began = time.perf_counter()
        self.inner.gather(own, each, among)
        self.seconds += time.perf_counter() - began
        self.count += 1
        self.sent += own.numel() * own.element_size()

    def sum(self, tensor: Tensor, among: Among) -> None:
        """Add up."""
        self.inner.sum(tensor, among)

    def gather_texts(self, text: str) -> list[str]:
        """Gather texts."""
        return self.inner.gather_texts(text)

    def leave(self, why: str) -> None:
        """Leave."""
        self.inner.leave(why)

    def close(self) -> None:
        """Close."""
        self.inner.close()


class Silent(Timed):
    """Collectives that send nothing: each rank computes as if the others had sent the same."""

    def gather(self, own: Tensor, each: Tensor, among: Among) -> None:
        """Copy what this rank has to send."""
        each[0].copy_(own)


def time_ranks(
    batch: int, hidden: int = 1500, counts: tuple[int, ...] = COUNTS, repetitions: int = 9
) -> Iterator[RankTiming]:
    """Time a step of 784-n-n-n-1000 with `FA` over ranks on this machine, one thread each."""
    for ranks in counts:
        found = _started(ranks, batch, hidden, repetitions)
        yield RankTiming(**{**found, "link": Link(**found["link"])})


def _started(ranks: int, *arguments: int) -> dict[str, Any]:
    """Start the ranks, and return what the first one has measured."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        place = {"MASTER_ADDR": "localhost", "MASTER_PORT": str(free.getsockname()[1])}
    command = [sys.executable, "-m", __name__, *map(str, arguments)]
    processes = [
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            env=os.environ
            | place
            | {"RANK": str(rank), "WORLD_SIZE": str(ranks), "OMP_NUM_THREADS": "1"},
        )
        for rank in range(ranks)
    ]
    outputs = [process.communicate()[0] for process in processes]
    require(not any(process.returncode for process in processes), "a rank of the benchmark failed")
    return dict(json.loads(outputs[0]))


def _measure(ranks: Ranks, batch: int, hidden: int, repetitions: int) -> dict[str, Any]:
    """Measure on one rank; what is returned is of all."""
    torch.set_num_threads(1)
    whole = spiking_mnist(hidden, 3, 1000)
    whole.initialise(0)
    timed = Timed(ranks.collectives)
    step = _step(whole.divided(Ranks(ranks.rank, ranks.size, timed)), batch)
    silent = Ranks(ranks.rank, ranks.size, Silent(ranks.collectives))
    apart = _step(whole.divided(silent), batch)
    calls = max(1, round(0.5 / _seconds(ranks, step, 3)))
    milliseconds, alone = [], []
    timed.seconds, timed.count, timed.sent = 0.0, 0, 0
    for _ in range(repetitions):
        milliseconds.append(1e3 * _seconds(ranks, step, calls))
        alone.append(1e3 * _seconds(ranks, apart, calls))
    steps, link = repetitions * calls, _link(ranks, batch, hidden)
    sizes = [each.size for each in whole.populations.values()]
    waiting = 1e3 * communicating([784, *sizes], batch, ranks.size, link)
    return {
        "ranks": ranks.size,
        "batch": batch,
        "milliseconds": milliseconds,
        "collectives": 1e3 * timed.seconds / steps,
        "count": round(timed.count / steps),
        "sent": round(timed.sent / steps),
        "apart": statistics.median(alone),
        "link": asdict(link),
        "predicted": statistics.median(alone) + waiting,
    }


def _step(network: Network, batch: int) -> Callable[[], object]:
    """Return a step of this rank's part, with the random numbers of all neurons."""
    state = network.state(batch)
    backend = make_backend("ranks", network, state, 0, "benchmark")
    drawn = list(uniforms_of(network, state).values())
    source = torch.Generator().manual_seed(0)
    inputs = torch.rand(batch, network.n_inputs, generator=source).lt(0.13).float()
    target = torch.zeros(batch, network.n_outputs)

    def step() -> object:
        for uniforms in drawn:
            uniforms.uniform_(generator=source)
        backend.step(inputs, target)
        return backend.outputs

    return step


def _seconds(ranks: Ranks, work: Callable[[], object], calls: int) -> float:
    """Return the time of a call, on the slowest rank, when all begin together."""
    ranks.any(False)
    began = time.perf_counter()
    for _ in range(calls):
        work()
    own = torch.tensor([(time.perf_counter() - began) / calls], dtype=torch.float64)
    each = own.new_zeros(ranks.size, 1)
    ranks.collectives.gather(own, each, "all")
    return float(each.max())


def _link(ranks: Ranks, batch: int, hidden: int) -> Link:
    """Measure a collective, with few bytes and with many, between products as in a step.

    Ranks that have just computed begin a collective later, and wake from it more slowly, than those
    that do nothing else.
    """
    if ranks.size == 1:
        return Link(0.0, float("inf"))
    spikes, weight = torch.rand(batch, hidden), torch.rand(hidden, hidden // ranks.size)
    drive = spikes @ weight

    def product() -> None:
        torch.matmul(spikes, weight, out=drive)

    seconds = {}
    for size in (SMALL, LARGE):
        own = torch.zeros(size // ranks.size, dtype=torch.uint8)
        each = own.new_zeros(ranks.size, len(own))

        def both(own: Tensor = own, each: Tensor = each) -> None:
            product()
            ranks.collectives.gather(own, each, "neurons")

        pairs = [(_seconds(ranks, both, 50), _seconds(ranks, product, 50)) for _ in range(7)]
        seconds[size] = statistics.median(each - alone for each, alone in pairs)
    received = (LARGE - SMALL) * (ranks.size - 1) / ranks.size
    return Link(seconds[SMALL], received / max(1e-9, seconds[LARGE] - seconds[SMALL]))


def main(arguments: list[str]) -> None:
    """Be one rank of the benchmark; the first one prints what was measured."""
    batch, hidden, repetitions = map(int, arguments)
    with join() as ranks:
        found = _measure(ranks, batch, hidden, repetitions)
        if ranks.rank == 0:
            print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])

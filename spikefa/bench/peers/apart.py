"""Timing peers on a GPU, each in a process of its own, which is stopped when its time is over.

Simulators that use a GPU keep its memory, and what one breaks in it breaks the next.
``python -m spikefa.bench.peers.apart NAME --batch-size N --device D --json FILE`` times one.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from spikefa.bench.networks import SIZES, figure_4
from spikefa.bench.peers.bindsnet_mstdp import BindsNet
from spikefa.bench.peers.compare import PeerTiming, missing
from spikefa.bench.peers.genn_network import Genn
from spikefa.bench.peers.jax_scan import JaxScan
from spikefa.bench.peers.ours import Ours
from spikefa.bench.peers.peer import Peer
from spikefa.bench.peers.plain_torch import PlainTorch
from spikefa.bench.peers.snntorch_bptt import SnnTorch
from spikefa.bench.peers.spikingjelly_mstdp import SpikingJelly
from spikefa.bench.processes import run_limited
from spikefa.bench.work import work_of
from spikefa.errors import SpikefaError
from spikefa.network.network import Network
from spikefa.utils.files import written_whole

ON_A_GPU: tuple[Peer, ...] = (
    Ours(),
    PlainTorch(),
    PlainTorch(captures=True),
    PlainTorch(captures=True, tf32=True),
    PlainTorch(compiles=True),
    PlainTorch(compiles=True, tf32=True),
    PlainTorch(compiles=True, captures=True),
    JaxScan("float32"),
    JaxScan("tf32"),
    JaxScan("bfloat16"),
    Genn(),
    SnnTorch(),
    SpikingJelly(),
    BindsNet(),
)
SECONDS = 120.0
"""After which a peer is stopped: building, compiling and timing it."""


def time_apart(
    device: torch.device,
    batches: Sequence[int],
    size: str = "full",
    repetitions: int = 9,
    peers: Sequence[Peer] = ON_A_GPU,
    seconds: float = SECONDS,
) -> Iterator[PeerTiming]:
    """Time a step of each peer and batch, one process after the other, spikefa first.

    Parameters
    ----------
    device : torch.device
    batches : sequence of int
    size : {"full", "small", "tiny"}
        Of the network.
    repetitions : int, default 9
        After a first one that is not counted.
    peers : sequence of Peer, optional
        Of `ON_A_GPU`; the first is what the others are compared with.
    seconds : float, default 120
        After which one is stopped.
    """
    for batch in batches:
        first: list[float] = []
        for peer in peers:
            row = _in_a_process(peer, batch, device, size, repetitions, seconds)
            first = first or row.milliseconds
            if row.milliseconds and first:
                middle = statistics.median(row.milliseconds)
                row.times_ours = middle / statistics.median(first)
            yield row


def _in_a_process(
    peer: Peer, batch: int, device: torch.device, size: str, repetitions: int, seconds: float
) -> PeerTiming:
    with TemporaryDirectory() as folder:
        out, log = Path(folder) / "row.json", Path(folder) / "log"
        command = [sys.executable, "-m", "spikefa.bench.peers.apart", peer.name]
        command += ["--batch-size", str(batch), "--device", str(device), "--size", size]
        command += ["--repetitions", str(repetitions), "--json", str(out)]
        code = run_limited(command, log, seconds)
        if out.is_file():
            return PeerTiming(**json.loads(out.read_text(encoding="utf-8")))
        said = log.read_text(encoding="utf-8", errors="replace").splitlines() or [""]
    why = f"stopped after {seconds:.0f} s" if code is None else f"it failed: {said[-1][:200]}"
    return PeerTiming(peer.name, batch, left_out=why)


def time_one(peer: Peer, network: Network, batch: int, repetitions: int) -> PeerTiming:
    """Time a peer in this process; a peer that is not installed is named with the reason."""
    row = PeerTiming(peer.name, batch, left_out=missing(peer) or peer.obstacle(network, batch))
    if row.left_out:
        return row
    started = time.perf_counter()
    run = peer.prepare(network, batch)
    run()
    row.version, row.prepared = peer.version, time.perf_counter() - started
    row.milliseconds = [run() for _ in range(repetitions)]
    plastic = work_of(network, batch).plastic
    row.synapse_steps = plastic * batch * 1e3 / statistics.median(row.milliseconds)
    return row


def main(arguments: Sequence[str] | None = None) -> int:
    """Time one peer and write its row."""
    known = {peer.name: peer for peer in ON_A_GPU}
    parser = argparse.ArgumentParser(prog="python -m spikefa.bench.peers.apart")
    parser.add_argument("peer", choices=known)
    parser.add_argument("--batch-size", type=int, default=100)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--size", choices=SIZES, default="full")
    parser.add_argument("--repetitions", type=int, default=9)
    parser.add_argument("--json", type=Path, required=True)
    given = parser.parse_args(arguments)
    network = figure_4(given.size, given.device)
    network.initialise(0)
    try:
        with torch.no_grad() if known[given.peer].without_gradients else torch.enable_grad():
            row = time_one(known[given.peer], network, given.batch_size, given.repetitions)
    except SpikefaError as error:
        print(error, file=sys.stderr)
        return 2
    with written_whole(given.json) as temporary:
        temporary.write_text(json.dumps(asdict(row)) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Joining the other ranks, by torch.distributed; started by torchrun."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from spikefa import __version__
from spikefa.distributed.ranks import Among, Ranks
from spikefa.errors import SpikefaError, require
from spikefa.utils.checking import ranged
from spikefa.utils.printable import one_line
from spikefa.utils.ranges import Duration, Few

TIMEOUT = 300.0
"""Seconds that a rank waits for the others in a step, by default."""
GRACE = 2.0
"""Seconds in which ranks that wait as well say so, once one has waited too long."""
GIVEN = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


class RankLost(SpikefaError):
    """Another rank has left or does not answer, so that the network cannot go on."""


class TorchCollectives:
    """The collectives of torch.distributed: gloo between CPUs, NCCL between GPUs.

    Parameters
    ----------
    store : torch.distributed.Store
        Through which ranks exchange texts.
    rank, size : int
    timeout : float, default 300
        Seconds.
    device : {"cpu", "cuda"}, default "cpu"
    groups : int, default 1
        Groups that divide the streams.
    """

    def __init__(
        self,
        store: dist.Store,
        rank: int,
        size: int,
        timeout: float = TIMEOUT,
        device: str = "cpu",
        groups: int = 1,
    ):
        self.store = store
        self.rank, self.size, self.timeout = rank, size, timeout
        self.texts = 0  # gathered so far
        wait, own = timedelta(seconds=timeout), dist.PrefixStore("groups", store)
        dist.init_process_group("gloo", store=own, rank=rank, world_size=size, timeout=wait)
        self.members = {"cpu": self._members("gloo", groups, wait)}
        if device == "cuda":
            self.members["cuda"] = self._members("nccl", groups, wait)

    def _members(self, backend: str, groups: int, wait: timedelta) -> dict[Among, Any]:
        """Return the process groups that this rank is in; all ranks make all of them."""
        width = self.size // groups
        rows = [list(range(n * width, (n + 1) * width)) for n in range(groups)]
        columns = [list(range(n, self.size, width)) for n in range(width)]
        found: dict[Among, Any] = {}
        lists = ("all", [list(range(self.size))]), ("neurons", rows), ("streams", columns)
        for among, each in lists:
            for ranks in each:
                made = dist.new_group(ranks, backend=backend, timeout=wait)
                if self.rank in ranks:
                    found[among] = made  # type: ignore[index]
        return found

    def gather(self, own: Tensor, each: Tensor, among: Among) -> None:
        """Write `own` [k] of every rank into `each` [ranks, k]."""
        with self._naming():
            group = self.members[own.device.type][among]
            dist.all_gather(list(each.unbind()), own, group=group)

    def sum(self, tensor: Tensor, among: Among) -> None:
        """Add up a tensor over ranks, in place."""
        with self._naming():
            dist.all_reduce(tensor, group=self.members[tensor.device.type][among])

    @contextmanager
    def _naming(self) -> Iterator[None]:
        """Say which rank is lost, if the connection fails."""
        try:
            yield
        except RuntimeError as error:
            raise RankLost(self._who(error)) from error

    def gather_texts(self, text: str) -> list[str]:
        """Return the text of every rank."""
        self.texts += 1
        names = [f"{self.texts}/{rank}" for rank in range(self.size)]
        with self._naming():
            self.store.set(names[self.rank], text)
            self.store.wait(names, timedelta(seconds=self.timeout))
            return [self.store.get(name).decode() for name in names]

    def leave(self, why: str) -> None:
        """End the connection, after telling the others why; wait until they have noticed.

        The first rank may hold the store in which they look it up.
        """
        with suppress(RuntimeError):  # the store has gone too
            self.store.set(f"left/{self.rank}", why)
            self.close()
            end = time.monotonic() + GRACE
            while self._unaware() and time.monotonic() < end:
                time.sleep(GRACE / 100)

    def close(self) -> None:
        """End the connection."""
        if dist.is_initialized():
            dist.destroy_process_group()

    def _unaware(self) -> list[int]:
        """Return the ranks that have neither left nor found out that another one has."""
        others = (rank for rank in range(self.size) if rank != self.rank)
        return [n for n in others if not self._has(f"left/{n}") and not self._has(f"waits/{n}")]

    def _has(self, name: str) -> bool:
        return bool(self.store.check([name]))

    def _who(self, error: RuntimeError) -> str:
        """Say which ranks do not answer: those that do not wait as this one does."""
        try:
            self.store.set(f"waits/{self.rank}", "")
            end = time.monotonic() + GRACE / 2
            while (silent := self._unaware()) and time.monotonic() < end:
                time.sleep(GRACE / 100)
            left = [n for n in range(self.size) if n != self.rank and self._has(f"left/{n}")]
            reasons = [f"rank {n} has left: {self.store.get(f'left/{n}').decode()}" for n in left]
        except RuntimeError:
            return "the other ranks have gone: look at what they said"
        if reasons:
            return "; ".join(reasons)
        if not silent:
            return f"the connection between the ranks has failed: {one_line(error)}"
        names = " and ".join(f"rank {n}" for n in silent)
        return (
            f"{names} did not answer: killed, or without an answer for {self.timeout:g} s; what "
            "was recorded and saved before is whole, go on from there with --resume"
        )


@ranged
def join(timeout: Duration = TIMEOUT, device: str = "cpu", groups: Few = 1) -> Ranks:
    """Join the other processes that ``torchrun`` has started, and return all of them.

    Parameters
    ----------
    timeout : float, default 300
        Seconds that a rank waits for the others in a step, before it gives up and names those that
        do not answer.
    device : {"cpu", "cuda"}, default "cpu"
        Where the networks live: tensors travel by gloo between CPUs, and by NCCL between GPUs, of
        which each rank uses that of its number on its machine.
    groups : int, default 1
        Groups of ranks that divide the streams of a batch; those of a group divide the neurons.

    Raises
    ------
    SpikefaError
        If this process was not started by ``torchrun``, or the others cannot be reached, or run
        another version of spikefa or torch.
    """
    missing = [name for name in GIVEN if name not in os.environ]
    require(
        not missing,
        "one network over ranks is started by torchrun, which says which rank this is "
        f"({', '.join(missing)} not set): torchrun --nproc-per-node 2 -m spikefa run ... "
        "--distributed true; or go on in one process with --distributed false",
    )
    rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    if device == "cuda":
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    try:
        store, *_ = next(dist.rendezvous("env://", timeout=timedelta(seconds=timeout)))
        store = dist.PrefixStore("spikefa", store)
        connected = TorchCollectives(store, rank, size, timeout, device, groups)
        ranks = Ranks(rank, size, connected, groups)
    except (RuntimeError, ValueError) as error:
        raise SpikefaError(
            f"rank {rank} of {size} cannot reach the others at {os.environ['MASTER_ADDR']}: "
            f"{one_line(error)}"
        ) from error
    ranks.check_same({"the version of spikefa": __version__, "that of torch": torch.__version__})
    return ranks

"""Estimate memory before it is taken, and say what to lower if there is too little.

Networks and states are *rehearsed*: made on torch's device "meta", where a tensor has a shape and
takes no memory. So whatever a circuit or a rule allocates is counted, without a formula for each.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor

from spikefa.errors import SpikefaError
from spikefa.utils.replicas import copies, on_meta, visit_tensors

Made = TypeVar("Made")
META = torch.device("meta")
MEND = (
    "lower the batch (--batch-size) or --replicas, then the populations (--hidden, --outputs), or "
    "draw feedback matrices instead of storing them (--feedback.procedural true)"
)
_CGROUP = Path("/sys/fs/cgroup")


class NotEnoughMemory(SpikefaError):
    """The memory of a device does not suffice.

    Attributes
    ----------
    shortage, mend : str
        What is too large, and what to do about it.
    """

    def __init__(self, shortage: str, mend: str = MEND):
        super().__init__(shortage, mend)
        self.shortage = shortage
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.shortage}: {self.mend}"


def require_room(
    needs: Mapping[str, int], device: torch.device | str = "cpu", mend: str = MEND
) -> None:
    """Raise `NotEnoughMemory` unless a device has room for all of these.

    Parameters
    ----------
    needs : mapping of str to int
        Bytes that will be taken, by what they are for, such as "the synapses onto hidden1".
    device : torch.device or str
    mend : str, optional
        What to lower.
    """
    total, place = sum(needs.values()), torch.device(device)
    free = free_bytes(place) if total > 0 else None
    if free is None or total <= free:
        return
    largest = max(needs, key=lambda name: needs[name])
    size, whole = readable(needs[largest]), readable(total)
    rest = "" if size == whole else f" of {whole} in all"
    where = "" if place.type == "cpu" else " on the device"
    raise NotEnoughMemory(
        f"{largest} would take {size}{rest}, and {readable(free)} are free{where}",
        mend,
    )


def made(
    what: str,
    make: Callable[[torch.device], Made],
    device: torch.device | str,
    replicas: int | None = None,
) -> Made:
    """Return what `make` makes on a device, if the rehearsal shows that there is room for it.

    Parameters
    ----------
    what : str
        What is made, for the message.
    make : callable
        Called with "meta" first, then with the device.
    device : torch.device or str
    replicas : int, optional
        How many copies will be made of it.

    Raises
    ------
    NotEnoughMemory
        If there is too little memory.
    """
    require_room({what: copies(replicas) * rehearsed(make)}, device)
    return make(torch.device(device))


def rehearsed(make: Callable[[torch.device], Any]) -> int:
    """Return how many bytes of tensors `make` allocates, views counted once.

    A copy of `make` with all that is bound to it is called with "meta", where tensors have no
    values. A user's code that reads them is not counted; its mistakes are told when it is called in
    earnest.
    """
    return _sizes(make, lambda made: {"": made}).get("", 0)


def rehearsed_each(make: Callable[[torch.device], Mapping[str, Any]]) -> dict[str, int]:
    """Return how many bytes of tensors `make` allocates for each entry of what it returns.

    It is empty if a user's code reads their values, see `rehearsed`.
    """
    return _sizes(make, dict)


def _sizes(
    make: Callable[[torch.device], Any], parts: Callable[[Any], Mapping[str, Any]]
) -> dict[str, int]:
    """Return the bytes of each part of what `make` returns on "meta", or none if it fails there."""
    known: set[int] = set()
    try:
        shadow = on_meta(make, lambda tensor: known.add(tensor.untyped_storage()._cdata))
        found = {name: _storages(each) for name, each in parts(shadow(META)).items()}
    except Exception:  # of a user's code, which raises it again when it is called in earnest
        return {}
    return {
        name: sum(size for place, size in sizes.items() if place not in known)
        for name, sizes in found.items()
    }


def _storages(tree: Any) -> dict[int, int]:
    """Return the bytes of each storage on "meta" that can be reached, by its place."""
    found: dict[int, int] = {}

    def note(tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        if tensor.device == META:
            found[storage._cdata] = storage.nbytes()

    visit_tensors(tree, note)
    return found


def free_bytes(device: torch.device) -> int | None:
    """Return the free memory of a device, or None if it is not known."""
    if device.type == "cuda":
        cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(torch.cuda.mem_get_info(device)[0]) + cached
    return _free_on_the_host() if device.type == "cpu" else None


def _free_on_the_host() -> int | None:
    """Return what the system, and the container if there is one, would still give."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        free = (
            next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable")) * 1024
        )
    except (OSError, StopIteration):
        pages = os.sysconf("SC_AVPHYS_PAGES") if "SC_AVPHYS_PAGES" in os.sysconf_names else -1
        return pages * os.sysconf("SC_PAGE_SIZE") if pages > 0 else None
    try:
        most, taken = (int((_CGROUP / f"memory.{name}").read_text()) for name in ("max", "current"))
    except (OSError, ValueError):  # no container, or one without a limit
        return free
    return max(0, min(free, most - taken))


def readable(count: float) -> str:
    """Return a number of bytes in a readable form, such as "1.2 MB"."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:,.1f} PB"

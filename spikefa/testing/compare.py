"""What all checks share: the failure, comparisons that say what differs, devices."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

import torch
from torch import Tensor

from spikefa.errors import SpikefaError
from spikefa.utils.suggesting import did_you_mean

Subject = TypeVar("Subject")


class NotConformant(AssertionError):
    """A part of a network breaks a promise; the message says which, and how."""


def expect(condition: bool, message: str) -> None:
    """Raise `NotConformant` with `message` unless `condition` holds."""
    if not condition:
        raise NotConformant(message)


def devices() -> list[torch.device]:
    """Return the CPU, and a GPU if there is one."""
    return [torch.device("cpu")] + [torch.device("cuda")] * torch.cuda.is_available()


def same(one: Tensor, other: Tensor, digits: float = 1e-9) -> bool:
    """Return whether two tensors are equal within rounding; NaN equals NaN."""
    scale = float(torch.nan_to_num(one).abs().max()) if one.numel() else 0.0
    return torch.allclose(one, other.to(one), rtol=0, atol=digits * (scale + 1e-30), equal_nan=True)


def first_difference(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> str | None:
    """Return the name of the first tensor that differs in a bit, None if all are the same."""
    for name, tensor in one.items():
        if name not in other or not torch.equal(tensor, other[name]):
            return name
    return None


@contextmanager
def reported(doing: str) -> Iterator[None]:
    """Turn any error of the code under test into a `NotConformant` that says what was done."""
    try:
        yield
    except NotConformant:
        raise
    except SpikefaError as error:
        raise NotConformant(str(error)) from error
    except Exception as error:
        said = " ".join(str(error).split())[:300]
        raise NotConformant(f"{doing}: {type(error).__name__}: {said}") from error


def run_checks(
    subject: Subject,
    known: Mapping[str, Callable[[Subject], None]],
    wanted: Sequence[str] | None,
    label: str = "",
) -> None:
    """Run the checks of these names, or all; `label` is by default the class of the subject.

    Raises
    ------
    NotConformant
        At the first that fails; the message begins with the name of class and check.
    SpikefaError
        If a check is unknown.
    """
    for name in known if wanted is None else wanted:
        if name not in known:
            raise SpikefaError(
                f"no check called {name!r}{did_you_mean(name, known)}: there is {', '.join(known)}"
            )
        try:
            with reported("it failed"):
                known[name](subject)
        except NotConformant as failure:
            what = label or type(subject).__name__
            raise NotConformant(f"{what}, {name}: {failure}") from failure.__cause__

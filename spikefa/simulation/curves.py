"""Learning curves: learn, and measure at intervals."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from spikefa.errors import require
from spikefa.utils.numbers import whole_number

MOST_LOOKS = 1_000_000
"""More looks would fill the memory, and no figure could show them."""


def follow(
    learn: Callable[[int], None],
    look: Callable[[], object],
    finite: Callable[[], bool],
    at: Sequence[int],
    measures: Mapping[str, Callable[[], Any]],
) -> dict[str, np.ndarray]:
    """Learn, and take every measure after each number of presentations in `at`.

    Parameters
    ----------
    learn : callable
        Does as many presentations as its argument says.
    look : callable
        Lets the network answer what is held out, before the measures are taken.
    finite : callable
        Returns whether its answers are.
    at : sequence of int
        Numbers of presentations, ascending, counted from now; 0 is before the first.
    measures : mapping of str to callable
        Functions without arguments; each returns a number or an array.

    Returns
    -------
    dict of ndarray [len(at), ...]
        The values by measure; if there are replicas, they are the second dimension.

    Raises
    ------
    SpikefaError
        If there are too many looks, or the network's answers are no longer finite.
    """
    numbers = [whole_number(each, "a number of presentations in `at`", 0) for each in at]
    require(
        numbers == sorted(numbers), f"`at` is {numbers}: give numbers of presentations, ascending"
    )
    require(
        len(at) <= MOST_LOOKS,
        f"{len(at):,} looks at the network: take at most {MOST_LOOKS:,}, so look less often",
    )
    found: dict[str, list[np.ndarray]] = {name: [] for name in measures}
    done = 0
    for number in numbers:
        learn(number - done)
        done = number
        look()
        require(
            finite(),
            f"the network's answers are not finite after {number} presentations: lower the "
            "learning rate",
        )
        for name, measure in measures.items():
            found[name].append(_as_array(measure()))
    return {name: np.array(values) for name, values in found.items()}


def _as_array(measured: Any) -> np.ndarray:
    """Return a value as an array, from any device."""
    return measured.numpy(force=True) if isinstance(measured, Tensor) else np.asarray(measured)

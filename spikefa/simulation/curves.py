"""Learning curves: learn, and measure now and then."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from spikefa.errors import require
from spikefa.simulation.evaluation import Evaluation


def follow(
    learn: Callable[[int], None],
    held_out: Evaluation,
    at: Sequence[int],
    measures: Mapping[str, Callable[[], Any]],
) -> dict[str, np.ndarray]:
    """Learn, and take every measure after so many presentations.

    Parameters
    ----------
    learn : callable
        Does so many presentations.
    held_out : Evaluation
        Is run before the measures are taken.
    at : sequence of int
        Numbers of presentations, ascending, counted from now; 0 is before the first.
    measures : mapping of str to callable
        Without arguments; each returns a number or an array.

    Returns
    -------
    dict of ndarray [len(at), ...]
        If a measure is taken of replicas, they come next.

    Raises
    ------
    SpikefaError
        If the network's answers stop being finite.
    """
    found: dict[str, list[np.ndarray]] = {name: [] for name in measures}
    done = 0
    for number in at:
        learn(number - done)
        done = number
        held_out.run()
        require(
            held_out.finite(),
            f"the network's answers are not finite after {number} presentations: lower the "
            "learning rate",
        )
        for name, measure in measures.items():
            found[name].append(_as_array(measure()))
    return {name: np.array(values) for name, values in found.items()}


def _as_array(measured: Any) -> np.ndarray:
    """Return what a measure found, from whatever device."""
    return measured.numpy(force=True) if isinstance(measured, Tensor) else np.asarray(measured)

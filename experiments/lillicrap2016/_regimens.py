"""Measures of figures s11 and s12: tr(A^T B E), tr(B W) and the error of a linear network."""

from typing import Any

import numpy as np

from spikefa.analysis.alignment import overlap, teaching_overlap
from spikefa.experiments.lillicrap2016._linear import Deterministic

Frozen = tuple[int, ...]
A_ALONE: Frozen = (1,)
W_ALONE: Frozen = (0,)
BOTH: Frozen = ()
"""Frozen projections: 0 is A, from the inputs; 1 is W, to the outputs."""

MEASURES = ("teaching", "overlap", "error")
LABELS = {"teaching": "tr(Aᵀ B E)", "overlap": "tr(B W)", "error": "|E|² / |T|²"}


def follow(net: Deterministic, phases: list[tuple[Frozen, float]], every: float) -> dict[str, Any]:
    """Train A and W in phases, given as frozen projections and duration; measure every `every`.

    Returns
    -------
    dict of ndarray [looks]
        One array for each of `MEASURES`, starting before the first phase.
    """
    rows = [_look(net)]
    for frozen, time in phases:
        for _ in range(round(time / every)):
            net.learn(every, frozen)
            rows.append(_look(net))
    return dict(zip(MEASURES, np.array(rows).T, strict=True))


def _look(net: Deterministic) -> list[float]:
    return [
        teaching_overlap(net.first, net.second, net.back, net.target),
        overlap(net.second, net.back),
        net.error(),
    ]

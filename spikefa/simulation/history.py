"""Rows of metrics, one per epoch; of several replicas as one, with mean and standard deviation."""

from collections.abc import Sequence
from statistics import fmean

from spikefa.utils.replicas import deviation

Row = dict[str, float]
SHARED = ("epoch", "images", "step", "weight_decay_factor", "wall_seconds")
"""Columns that all replicas have in common, beside those that begin with `SHARED_PREFIX`."""
SHARED_PREFIX = "learning_rate_factor"


def together(rows: Sequence[Row]) -> Row:
    """Return the rows of all replicas at one epoch as one.

    Every metric gives two columns, its mean under its own name and, as ``sd_<name>``, the standard
    deviation over the replicas (n - 1), nan of one alone.
    """
    means: Row = {}
    deviations: Row = {}
    for name in rows[0]:
        values = [row[name] for row in rows]
        if name in SHARED or name.startswith(SHARED_PREFIX):
            means[name] = values[0]
        else:
            means[name] = fmean(values)
            deviations[f"sd_{name}"] = deviation(values)
    return means | deviations

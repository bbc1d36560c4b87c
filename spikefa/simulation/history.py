"""Rows of metrics, one for each epoch, and their means and deviations over replicas."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from spikefa.network import Network
from spikefa.simulation.running_metrics import RunningMetrics
from spikefa.stimulus.answers import Score
from spikefa.utils.replicas import deviation
from spikefa.utils.scalars import real

Row = dict[str, float]
SHARED = ("epoch", "images", "step", "weight_decay_factor", "wall_seconds")
"""Columns that are the same for all replicas, as are those that begin with `SHARED_PREFIX`."""
SHARED_PREFIX = "learning_rate_factor"


class History:
    """The metrics at the end of each epoch.

    Parameters
    ----------
    network : Network
    metrics : RunningMetrics
        Cleared after each row.

    Attributes
    ----------
    seconds : float
        Spent in training, without validations.
    replicas : list of list of dict
        The rows of each replica; without replicas, a single list.
    shown : list of dict
        One row for each epoch. With replicas: their means, and as ``sd_<name>`` their standard
        deviations (n - 1).
    """

    def __init__(self, network: Network, metrics: RunningMetrics):
        self.network = network
        self.metrics = metrics
        self.seconds = 0.0
        self.replicas: list[list[Row]] = [[] for _ in network.each()]
        self.shown: list[Row] = [] if network.leading else self.replicas[0]

    def add(
        self, position: Mapping[str, float], score: Score | None, more: Mapping[str, float]
    ) -> None:
        """Add the row of the epoch that has just ended.

        Parameters
        ----------
        position : mapping of str to float
            Epoch, images and step.
        score : Score, optional
            The score of the validation, if there is one.
        more : mapping of str to float
            Further columns, such as the factors of schedules.
        """
        scores = (score and score.replicas) or [score]
        for number, single in enumerate(self.network.each()):
            own = scores[number] if score else None
            self.replicas[number].append(self._row(position, single, own, number) | dict(more))
        if self.network.leading:
            self.shown.append(together([rows[-1] for rows in self.replicas]))
        self.metrics.clear()

    def _row(
        self,
        position: Mapping[str, float],
        network: Network,
        score: Score | None,
        number: int,
    ) -> Row:
        """Return the row of a single network or of one replica."""
        row = dict(position)
        replica = number if self.network.leading else None
        measures = {"train": self.metrics.means(replica)}
        if score is not None:
            measures["validation"] = dict(score.measures)
        row |= {f"{when}_{name}": x for when, own in measures.items() for name, x in own.items()}
        row |= {f"rate_{name}": rate for name, rate in self.metrics.mean_rates(replica).items()}
        row |= {f"alignment_{name}": angle for name, angle in network.alignment().items()}
        return {name: float(real(value, f"the measure {name!r}")) for name, value in row.items()}

    def flat(self) -> list[Row]:
        """Return the rows of all replicas in one list, replica by replica."""
        return [row for rows in self.replicas for row in rows]

    def restore(self, rows: Sequence[Row], seconds: float) -> None:
        """Set the rows to those that `flat` returned, and the seconds to those of that time."""
        self.seconds = seconds
        epochs = len(rows) // len(self.replicas)
        for number, own in enumerate(self.replicas):
            own[:] = rows[number * epochs : (number + 1) * epochs]
        if self.network.leading:
            self.shown[:] = [together(each) for each in zip(*self.replicas, strict=True)]


def together(rows: Sequence[Row]) -> Row:
    """Combine the rows of all replicas at one epoch into one row.

    Every metric gives two columns: its mean under its own name and, as ``sd_<name>``, the standard
    deviation over the replicas (n - 1), nan for a single replica.
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

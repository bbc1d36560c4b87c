"""A line for each epoch: error, speed and the time that is left."""

import logging
import time
from dataclasses import dataclass, field

from spikefa.simulation.history import Row
from spikefa.utils.progress import clock, log_line, shown_as
from spikefa.utils.showing import Progress

LOG = logging.getLogger(__name__)


@dataclass
class EpochLines:
    """Says of each epoch what came out, to the logger and, where progress is a log, to the user.

    Parameters
    ----------
    progress : {"auto", "bar", "log", "none"} or bool
    last : int
        Number of the last epoch.
    """

    progress: bool | Progress
    last: int
    _started: float = field(default_factory=time.monotonic, init=False)
    _epochs: int = field(default=0, init=False)

    def write(self, epoch: int, headline: str, row: Row, speed: float) -> None:
        """Write the line of an epoch.

        Parameters
        ----------
        epoch : int
        headline : str
            The error in training, in words.
        row : Row
            The metrics of the epoch.
        speed : float
            Steps a second.
        """
        self._epochs += 1
        each = (time.monotonic() - self._started) / self._epochs
        parts = [f"epoch {epoch}/{self.last}", headline]
        if "validation_error_percent" in row:
            parts.append(f"validation {row['validation_error_percent']:.2f} %")
        parts += [f"{speed:.0f} steps/s", f"{clock(each * (self.last - epoch))} left"]
        line = "  ".join(filter(None, parts))
        LOG.info("%s", line)
        if shown_as(self.progress) == "log":
            log_line(line)

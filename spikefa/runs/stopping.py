"""What to do after Ctrl-C in a run."""

from collections.abc import Iterator
from contextlib import contextmanager

from spikefa.runs.directory import RunDirectory
from spikefa.simulation.interrupts import Stopped


@contextmanager
def stoppable(experiment: str, directory: RunDirectory | None = None) -> Iterator[None]:
    """Let a Ctrl-C in the block say how to go on, or that nothing was begun.

    Parameters
    ----------
    experiment : str
        Its name.
    directory : RunDirectory, optional
        The folder of the run, if there is one.

    Raises
    ------
    Stopped
        In place of any `KeyboardInterrupt`.
    """
    try:
        yield
    except KeyboardInterrupt as stop:
        if directory is None or not directory.config.is_file():
            raise Stopped("stopped before the run began: nothing was written") from stop
        way = f"spikefa run {experiment} --resume {directory.path}"
        raise Stopped(f"{str(stop) or 'stopped'}; go on with: {way}") from stop

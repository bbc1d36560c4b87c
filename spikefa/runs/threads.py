"""The number of threads of a run: what was asked for, what it began with, or a choice."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from spikefa.utils import notices
from spikefa.utils.threads import Threads, cores, wanted_by_user


def threads_of(settings: Any, choose: Callable[[], Threads]) -> Threads:
    """Return the number for a new run; `choose` is called if nobody wants a certain one.

    The reason is empty if the user has set the number outside of spikefa, and knows it.
    """
    if settings.threads is not None:
        return Threads(settings.threads, "it was asked for")
    processes = getattr(settings, "processes", 1)
    if processes > 1:
        return Threads(1, f"one for each of {processes} processes")
    set_outside = wanted_by_user()
    return choose() if set_outside is None else Threads(set_outside.number, "")


def threads_of_resumed(
    settings: Any, before: int | None, path: Path, choose: Callable[[], Threads]
) -> Threads:
    """Return the number for a run that goes on: that which it began with, unless one is given.

    Parameters
    ----------
    settings
        Those of the resumed run.
    before : int or None
        What the run began with; None if an older version began it.
    path : Path
        Its folder.
    choose : callable
        See `threads_of`.
    """
    given = settings.threads
    if before is None:
        return threads_of(settings, choose)
    if given in (None, before):
        fewer = f"; --threads {cores()} is all that this process may use" * (before > cores())
        return Threads(before, f"the run began with as many{fewer}")
    notices.warn(
        f"the run in {path} began with {before} threads and goes on with {given}: the last digits "
        "of its numbers may differ"
    )
    return Threads(given, "it was asked for")

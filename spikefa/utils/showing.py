"""How progress is shown: in words that the command line and Python share."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal, get_args

from spikefa.errors import SpikefaError
from spikefa.utils.printable import one_line

Progress = Literal["auto", "bar", "log", "none"]
WORDS: tuple[Progress, ...] = get_args(Progress)
PROGRESS = "bar, log (a line for each epoch or run), or none; auto: a bar on a terminal, else a log"
"""Help text of ``--progress``."""

_AUTO: ContextVar[Progress] = ContextVar("progress", default="auto")


def progress_word(given: bool | Progress) -> Progress:
    """Return the word for what was given: True is a bar, False is none.

    Raises
    ------
    SpikefaError
        If it is neither a word nor a bool.
    """
    if isinstance(given, bool):
        return "bar" if given else "none"
    if isinstance(given, str) and given in WORDS:
        return given
    raise SpikefaError(
        f"progress is {one_line(repr(given))}: give {', '.join(map(repr, WORDS))}, True (a bar) or "
        "False (none)"
    )


@contextmanager
def showing(progress: bool | Progress) -> Iterator[None]:
    """Say what "auto" means while the block runs, such as what the command line asks for."""
    before = _AUTO.set(progress_word(progress))
    try:
        yield
    finally:
        _AUTO.reset(before)


def resolved(progress: bool | Progress) -> Progress:
    """Return the word, with that of `showing` in the place of "auto"."""
    word = progress_word(progress)
    return _AUTO.get() if word == "auto" else word

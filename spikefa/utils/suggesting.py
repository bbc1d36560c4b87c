"""What the user may have meant by a name that is unknown."""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

MOST = 3
"""So many names are suggested."""
ALIKE, AS_ALIKE = 0.65, 0.05
"""How alike a name must be to be suggested, and how much less than the one most alike it may be."""


def did_you_mean(given: object, known: Iterable[object]) -> str:
    """Return what to put behind a name that is none of `known`: " (did you mean 'FA'?)", or "".

    Names that differ in a few letters, in case or in dashes come first; then those of which the
    given name is a part, or the initials, as ``lr`` is of ``learning-rate``. It is "" for a known
    name, at once, because messages are often made before it is known whether they are needed.
    """
    word, names = str(given), [str(each) for each in known]
    found = nearest(word, names) if word not in names else []
    if not found:
        return ""
    *others, last = map(repr, found)
    return f" (did you mean {', '.join(others)}{' or ' if others else ''}{last}?)"


def nearest(given: str, known: Iterable[str]) -> list[str]:
    """Return the names that are nearest to what was given, at most `MOST`."""
    wanted, names = _folded(given), {name: _folded(name) for name in known}
    if not wanted:
        return []
    alike = {name: SequenceMatcher(None, wanted, folded).ratio() for name, folded in names.items()}
    best = max(alike.values(), default=0.0)
    close = [name for name in names if alike[name] >= max(ALIKE, best - AS_ALIKE)]
    short = [name for name, folded in names.items() if len(wanted) > 1 and _short(wanted, folded)]
    parts = [name for name, folded in names.items() if len(wanted) > 2 and wanted in folded]
    return (sorted(close, key=alike.__getitem__, reverse=True) or short or parts)[:MOST]


def _folded(name: str) -> str:
    return name.lower().lstrip("-").replace("_", "-")


def _short(given: str, name: str) -> bool:
    """Return whether what was given are the initials of a name, or what follows a dot in it."""
    words = filter(None, re.split(r"[-.]", name))
    return given == "".join(word[0] for word in words) or name.endswith(f".{given}")

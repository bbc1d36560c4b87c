"""Names that users give to populations and variables."""

import re

from spikefa.errors import require

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def check_name(kind: str, name: object) -> None:
    """Check a name that becomes part of paths in recordings and checkpoints, and of columns.

    Raises
    ------
    SpikefaError
        If it is no text, or has other characters than these.
    """
    require(
        isinstance(name, str) and _NAME.fullmatch(name) is not None,
        f"the {kind} name {name!r:.120} cannot be used: give letters (A-Z, a-z), digits, "
        "'_', '-' and '.', and begin with a letter, a digit or '_'",
    )

"""Read tables that may be damaged or malicious."""

import csv

from spikefa.errors import SpikefaError, require
from spikefa.utils.printable import one_line

MOST_COLUMNS = 1000
"""Columns of a table. A figure draws some of them, each with an entry in its legend."""


def parse_table(text: str, what: object) -> list[dict[str, str]]:
    """Return the rows of a CSV text, each a mapping of the names in its first line to cells.

    Parameters
    ----------
    text : str
    what : object
        Where the text is from, for the message.

    Raises
    ------
    SpikefaError
        If it is not CSV, or a row has not one cell for each name.
    """
    try:
        head, *rows = [row for row in csv.reader(text.splitlines()) if row] or [[]]
    except csv.Error as error:
        raise SpikefaError(f"{what} is damaged: {one_line(error)}") from error
    require(
        len(set(head)) == len(head) <= MOST_COLUMNS,
        f"{what} is damaged: its {len(head):,} columns have not as many names, or are over "
        f"{MOST_COLUMNS:,}",
    )
    for number, row in enumerate(rows, start=1):
        require(
            len(row) == len(head),
            f"{what} is damaged: row {number} has {len(row)} cells, not {len(head)}",
        )
    return [dict(zip(head, row, strict=True)) for row in rows]

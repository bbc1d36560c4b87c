"""Small tables in HTML, which notebooks show for objects."""

from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from html import escape
from typing import Any

from spikefa.utils.printable import printable


def html_table(
    heading: object, rows: Iterable[Sequence[object]], columns: Sequence[str] = ()
) -> str:
    """Return a table with a heading; everything is escaped.

    Parameters
    ----------
    heading : object
        Stands above the table.
    rows : iterable of sequence
        The cells of each row.
    columns : sequence of str, optional
        What stands above the cells. Without it the first cell of each row says what the others are.
    """
    parts = [f"<div><strong>{_text(heading)}</strong></div>", "<table>"]
    if columns:
        parts.append(f"<thead>{_row(columns, 'th')}</thead>")
    body = "".join(_row(row, "td") if columns else _named(row) for row in rows)
    return "".join([*parts, f"<tbody>{body}</tbody></table>"])


def arguments(thing: object) -> list[tuple[str, Any]]:
    """Return the arguments of a dataclass object that its representation shows, with names."""
    if not is_dataclass(thing):
        return []
    shown = [item.name for item in fields(thing) if item.init and item.repr]
    return [(name, getattr(thing, name)) for name in shown if hasattr(thing, name)]


def _named(row: Sequence[object]) -> str:
    first, *others = row
    cells = "".join(f"<td>{_text(cell)}</td>" for cell in others)
    return f"<tr><th>{_text(first)}</th>{cells}</tr>"


def _row(cells: Iterable[object], kind: str) -> str:
    return f"<tr>{''.join(f'<{kind}>{_text(cell)}</{kind}>' for cell in cells)}</tr>"


def _text(cell: object) -> str:
    return escape(printable(cell))

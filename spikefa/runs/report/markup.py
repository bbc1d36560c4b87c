"""Build HTML safely: everything except `Markup` is escaped, so text cannot become markup."""

import base64
import html
from collections.abc import Iterable, Sequence


class Markup(str):
    """Text that is already HTML. Other modules obtain it from the functions in this module."""


Content = object
"""The content of an element: `Markup` is kept unchanged, anything else is escaped."""


def escaped(content: Content) -> Markup:
    """Return `content` as HTML. Characters that are not printable become U+FFFD."""
    if isinstance(content, Markup):
        return content
    text = "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in str(content))
    return Markup(html.escape(text))


def element(tag: str, *contents: Content, **attributes: str) -> Markup:
    """Return ``<tag attributes>contents</tag>``. `class_` sets the attribute ``class``."""
    given = "".join(f' {name.rstrip("_")}="{escaped(value)}"' for name, value in attributes.items())
    return Markup(f"<{tag}{given}>{joined(contents)}</{tag}>")


def joined(contents: Iterable[Content]) -> Markup:
    """Concatenate the contents."""
    return Markup("".join(escaped(content) for content in contents))


def pairs(rows: Iterable[tuple[str, Content]]) -> Markup:
    """Return a table of names and values."""
    return element(
        "table",
        *(
            element("tr", element("th", name, scope="row"), element("td", value))
            for name, value in rows
        ),
        class_="pairs",
    )


def grid(heads: Sequence[str], rows: Iterable[Sequence[Content]], kind: str = "numbers") -> Markup:
    """Return a table with a header row, which scrolls if it is too wide.

    Parameters
    ----------
    heads : sequence of str
    rows : iterable of sequences
    kind : str, default "numbers"
        What the cells hold: "numbers"; "words", which are at the left and may take several lines;
        or "runs", numbers behind two columns of words.
    """
    head = element("tr", *(element("th", name, scope="col") for name in heads))
    body = (element("tr", *(element("td", cell) for cell in row)) for row in rows)
    table = element("table", element("thead", head), element("tbody", *body), class_=f"grid {kind}")
    return element("div", table, class_="wide")


def picture(png: bytes, width: int, caption: str) -> Markup:
    """Return a figure whose image is embedded in the page, at most `width` pixels wide."""
    source = base64.b64encode(png).decode("ascii")
    source = f"data:image/png;base64,{source}"
    image = Markup(f'<img alt="{escaped(caption)}" width="{width:d}" src="{source}">')
    return element("figure", image, element("figcaption", caption))

"""HTML in which text cannot become markup: whatever is no `Markup` is escaped."""

import base64
import html
from collections.abc import Iterable, Sequence


class Markup(str):
    """Text that is HTML already. Only this module makes it from other text."""


Content = object
"""What can stand in an element: `Markup` as it is, anything else as its text, escaped."""


def escaped(content: Content) -> Markup:
    """Return `content` as HTML; characters that no text may hold become U+FFFD."""
    if isinstance(content, Markup):
        return content
    text = "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in str(content))
    return Markup(html.escape(text))


def element(tag: str, *contents: Content, **attributes: str) -> Markup:
    """Return ``<tag attributes>contents</tag>``; `class_` stands for the attribute ``class``."""
    given = "".join(f' {name.rstrip("_")}="{escaped(value)}"' for name, value in attributes.items())
    return Markup(f"<{tag}{given}>{joined(contents)}</{tag}>")


def joined(contents: Iterable[Content]) -> Markup:
    """Return the contents one behind the other."""
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


def grid(heads: Sequence[str], rows: Iterable[Sequence[Content]]) -> Markup:
    """Return a table with a head line, which scrolls if it is too wide."""
    head = element("tr", *(element("th", name, scope="col") for name in heads))
    body = (element("tr", *(element("td", cell) for cell in row)) for row in rows)
    table = element("table", element("thead", head), element("tbody", *body), class_="grid")
    return element("div", table, class_="wide")


def picture(png: bytes, width: int, caption: str) -> Markup:
    """Return a figure whose image is within the page, at most `width` pixels wide."""
    source = base64.b64encode(png).decode("ascii")
    source = f"data:image/png;base64,{source}"
    image = Markup(f'<img alt="{escaped(caption)}" width="{width:d}" src="{source}">')
    return element("figure", image, element("figcaption", caption))

"""What every page has: its head, its heading, and the file it is written to."""

from pathlib import Path

from spikefa import __version__
from spikefa.runs.report.markup import Content, Markup, element, escaped
from spikefa.runs.report.style import CSS
from spikefa.utils.files import written_whole

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""Stops the browser from running scripts or loading anything, should text become markup."""


def document(title: str, heading: Content, below: Content, body: Markup) -> str:
    """Return a page that loads nothing from elsewhere and contains no script.

    Parameters
    ----------
    title : str
        For the window of the browser.
    heading, below : Content
        The heading and the small line below it.
    body : Markup
    """
    header = element("header", element("h1", heading), element("p", below, class_="path"))
    foot = element("footer", f"Written by spikefa {__version__}.")
    main = element("main", header, body, foot)
    return "<!DOCTYPE html>\n" + element("html", _head(title), element("body", main), lang="en")


def _head(title: str) -> Markup:
    return Markup(
        '<head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escaped(title)}</title>"
        f"<style>{CSS}</style></head>"
    )


def titled(title: str, part: Content) -> Markup:
    """Return a section with a heading."""
    return element("section", element("h2", title), part)


def write_page(page: str, out: Path) -> None:
    """Write a page to a file, completely or not at all.

    Raises
    ------
    SpikefaError
        If `out` cannot be written.
    """
    with written_whole(out) as temporary:
        temporary.write_text(page, encoding="utf-8", errors="replace")

"""Read the site that Sphinx has built, as a reader would: every link and picture has to be there.

Run ``python docs/check_site.py docs/_build/html``; `make docs` does.
"""

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlparse

START = "index.html"


class Page(HTMLParser):
    """What a page links to and shows, and the places in it that can be linked to."""

    def __init__(self, path: Path):
        super().__init__()
        self.targets: set[str] = set()
        self.anchors: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the links, sources and ids of a tag."""
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.targets.add(value)
            if name in ("id", "name") and value:
                self.anchors.add(value)


def inside(target: str) -> bool:
    """Return whether a link leads to this site."""
    return not urlparse(target).scheme and not target.startswith("//")


def complaints(site: Path) -> Iterator[str]:
    """Yield a line for each link that leads nowhere, and each page that no link leads to."""
    files = [path for path in sorted(site.rglob("*.html")) if "_static" not in path.parts]
    pages = {path: Page(path) for path in files}
    reached, waiting = set(), [site / START]
    while waiting:
        path = waiting.pop()
        if path in reached:
            continue
        reached.add(path)
        for target in filter(inside, pages[path].targets):
            url = urlparse(target)
            file, anchor = unquote(url.path), unquote(url.fragment)
            there = (path.parent / file).resolve() if file else path
            there = there / START if there.is_dir() else there
            if not there.is_file():
                yield f"{path.relative_to(site)} links to {target}, which is not there"
            elif there in pages:
                waiting.append(there)
                if anchor and anchor not in pages[there].anchors:
                    yield f"{path.relative_to(site)} links to {target}, without that place"
    for path in sorted(pages.keys() - reached):
        yield f"no link leads to {path.relative_to(site)}"


if __name__ == "__main__":
    found = list(complaints(Path(sys.argv[1]).resolve()))
    print("\n".join(found) or "every link of the site leads somewhere, and to every page")
    sys.exit(bool(found))

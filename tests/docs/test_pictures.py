"""The pictures beside the pages are small, none is there twice, and text in them can be read."""

import hashlib
import re
from collections import defaultdict

import pytest
from PIL import Image

from spikefa.analysis.saving import DPI, PAGE_WIDTH
from tests.helpers.processes import REPOSITORY

DOCS = REPOSITORY / "docs"
BUILT = ("_build", "_site")
PICTURES = sorted(
    path
    for path in DOCS.rglob("*")
    if path.suffix in (".png", ".gif", ".jpg", ".svg") and not set(BUILT) & set(path.parts)
)
MOST_BYTES = 150_000


def named(path):
    return path.relative_to(DOCS).as_posix()


@pytest.mark.parametrize("path", PICTURES, ids=named)
def test_a_picture_is_sized_for_its_page(path):
    assert path.stat().st_size <= MOST_BYTES
    if path.suffix == ".png":
        with Image.open(path) as picture:
            assert picture.mode == "P"
            assert picture.width <= DPI * PAGE_WIDTH


def test_no_picture_is_there_twice():
    found = defaultdict(list)
    for path in PICTURES:
        found[hashlib.sha256(path.read_bytes()).hexdigest()].append(named(path))
    assert len(PICTURES) > 60
    assert [names for names in found.values() if len(names) > 1] == []


def test_every_picture_is_shown_on_a_page():
    pages = [*DOCS.glob("*.md"), REPOSITORY / "README.md"]
    shown = {
        (page.parent / picture).resolve()
        for page in pages
        for picture in re.findall(r"!\[[^\]]*\]\(([^)\s]+)\)", page.read_text("utf-8"))
    }
    assert {named(path) for path in PICTURES if path not in shown} == set()

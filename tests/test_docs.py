"""The code on the pages for readers runs as it stands."""

import re
from pathlib import Path

import pytest

import spikefa as sf

REPOSITORY = Path(__file__).resolve().parent.parent


def blocks(page):
    return re.findall(r"^```python\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S)


@pytest.mark.parametrize(
    "page", [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))], ids=str
)
def test_the_code_of_every_page_runs(page, tmp_path, monkeypatch, data_dir):
    """Pages that use all of MNIST get its first images: two minutes an epoch is not for a test."""
    if not blocks(page):
        pytest.skip("a page without Python code")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPIKEFA_DATA", str(data_dir))
    whole = sf.datasets.mnist
    monkeypatch.setattr(sf.datasets, "mnist", lambda *a: whole(*a).subset(300, 100))
    namespace = {"__name__": "__main__"}
    for block in blocks(page):
        exec(compile(block, str(page), "exec"), namespace)
    assert len(namespace) > 1


def test_pages_link_to_files_that_exist():
    pages = [REPOSITORY / "README.md", *(REPOSITORY / "docs").glob("*.md")]
    links = [
        (page, target)
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    ]
    assert links
    for page, target in links:
        assert (page.parent / target).exists(), f"{page.name} links to {target}"

"""The code on the pages for readers runs as it stands."""

import logging
import re
import shlex

import pytest

import spikefa as sf
from spikefa.cli import main
from tests.helpers.processes import REPOSITORY

PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]


def blocks(page):
    return re.findall(r"^```python\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S)


@pytest.fixture
def silent_again():
    """Leave the library's logger as it was: a page may add a file to it."""
    logger = logging.getLogger("spikefa")
    handlers, level = list(logger.handlers), logger.level
    yield
    for added in set(logger.handlers) - set(handlers):
        added.close()
    logger.handlers[:], logger.level = handlers, level


@pytest.mark.slow
@pytest.mark.usefixtures("silent_again")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_code_of_every_page_runs(page, tmp_path, monkeypatch, data_dir):
    """Pages that use all of MNIST get its first images: two minutes an epoch is not for a test."""
    if not blocks(page):
        pytest.skip("a page without Python code")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPIKEFA_DATA", str(data_dir))
    whole = sf.datasets.mnist
    monkeypatch.setattr(sf.datasets, "mnist", lambda *a: whole(*a).subset(300, 100))
    for name, text in files(page).items():
        (tmp_path / name).write_text(text)
    namespace = {"__name__": "__main__"}
    for block in blocks(page):
        exec(compile(block, str(page), "exec"), namespace)
    assert len(namespace) > 1


def files(page):
    """Return the blocks that a comment before them names as files."""
    text = page.read_text(encoding="utf-8")
    return dict(re.findall(r"^<!-- (\S+\.py) -->\n```python\n(.*?)^```$", text, re.M | re.S))


@pytest.mark.slow
def test_the_commands_on_your_own_rule_run(tmp_path, monkeypatch, capsys):
    page = REPOSITORY / "docs" / "your-own-rule.md"
    monkeypatch.chdir(tmp_path)
    for name, text in files(page).items():
        (tmp_path / name).write_text(text)
    (shell,) = re.findall(r"^```sh\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S)
    for command in shell.splitlines():
        assert main(shlex.split(command)[1:]) == 0
    said = capsys.readouterr().out
    assert "--rule.alpha ALPHA" in said
    assert "ThreeFactor" in said
    assert "alpha: 0.3" in (tmp_path / "runs" / "mine-again" / "config.yaml").read_text()


@pytest.mark.slow
def test_the_commands_on_your_own_data_run(tmp_path, monkeypatch, capsys):
    page = REPOSITORY / "docs" / "your-own-data.md"
    monkeypatch.chdir(tmp_path)
    exec(compile(blocks(page)[0], str(page), "exec"), {})
    (shell,) = re.findall(r"^```sh\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S)
    for command in shell.splitlines():
        assert main(shlex.split(command)[1:]) == 0
    assert len((tmp_path / "guesses.csv").read_text().splitlines()) == 101
    capsys.readouterr()


def test_pages_link_to_files_that_exist():
    links = [
        (page, target)
        for page in PAGES
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    ]
    assert links
    for page, target in links:
        assert (page.parent / target).exists(), f"{page.name} links to {target}"

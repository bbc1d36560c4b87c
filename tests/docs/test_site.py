"""The structure of the site; `make docs` builds it and follows its links."""

import ast
import importlib
import importlib.util
import inspect
import pkgutil
import re

import pytest

import spikefa
from tests.helpers.processes import REPOSITORY

pytest.importorskip("sphinx", reason="the extra docs is not installed")

DOCS = REPOSITORY / "docs"
WITHOUT_REFERENCE = {"runs.report", "runs.studies", "bench.peers"}
"""Rooms that serve the command line, whose names are not for users."""


def script(name):
    """Import a file of the site, which belongs to no package."""
    spec = importlib.util.spec_from_file_location(f"site_{name}", DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


public_names = script("public_names")


def in_toctrees(page):
    """Return the entries of the lists of pages, in order."""
    lists = re.findall(r"^```\{toctree\}\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)
    lines = "\n".join(lists).splitlines()
    return [line for line in lines if line and not line.startswith(":")]


def test_the_front_page_lists_every_page_once():
    pages = [path.relative_to(DOCS) for path in (*DOCS.glob("*.md"), *DOCS.glob("notebooks/*"))]
    named = [path.with_suffix("").as_posix() for path in pages if path.suffix in (".md", ".ipynb")]
    assert sorted(in_toctrees(DOCS / "index.md")) == sorted(set(named) - {"index"})


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.stem)
def test_a_page_begins_with_its_title_and_has_no_other(page):
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.M | re.S)
    assert text.startswith("# ")
    assert len(re.findall(r"^# ", text, re.M)) == 1


def test_the_reference_lists_every_module_that_is_documented():
    listed = re.findall(r"^   (spikefa\.\S+)$", (DOCS / "reference.md").read_text("utf-8"), re.M)
    rooms = [*public_names.ROOMS, *public_names.MODULES, *public_names.CHOSEN]
    assert listed == [f"spikefa.{room}" for room in rooms]


def test_every_room_that_exports_names_is_documented():
    exporting = set()
    for _, name, is_package in pkgutil.walk_packages(spikefa.__path__, "spikefa."):
        if is_package and hasattr(importlib.import_module(name), "__all__"):
            exporting.add(name.removeprefix("spikefa."))
    assert exporting - {*public_names.ROOMS, *public_names.CHOSEN} == WITHOUT_REFERENCE


def test_the_short_names_are_all_there():
    short = {name for name in spikefa.__all__ if not inspect.ismodule(getattr(spikefa, name))}
    assert set(public_names.short_names().values()) == {f"sf.{name}" for name in short}


def names_in_code(page):
    """Return what the Python blocks of a page import from spikefa, and their names after `sf.`."""
    blocks = re.findall(r"^```python\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)
    found = set()
    for node in (node for block in blocks for node in ast.walk(ast.parse(block))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("spikefa"):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Attribute) and re.fullmatch(r"sf(\.\w+)+", ast.unparse(node)):
            found.add(ast.unparse(node).replace("sf.", "spikefa.", 1))
    return found


def entries():
    """Return the names with an entry in the reference, long and short, and the modules."""
    modules = public_names.modules()
    kinds = {module: public_names.by_kind(module) for module in modules}
    names = {f"{at}.{name}" for at in modules for some in kinds[at].values() for name in some}
    short = {name.replace("sf.", "spikefa.", 1) for name in public_names.short_names().values()}
    return names | short, set(modules)


@pytest.mark.parametrize(
    "page", [REPOSITORY / "README.md", *sorted(DOCS.glob("*.md"))], ids=lambda page: page.stem
)
def test_a_name_in_the_code_of_a_page_stands_in_the_reference(page):
    names, modules = entries()
    for name in names_in_code(page) - names - modules:
        # a method or a field stands on the page of its class
        of_a_class = name.rpartition(".")[0] in names - modules
        assert of_a_class or name.startswith("spikefa.experiments."), name


@pytest.mark.parametrize("module", public_names.modules())
def test_every_public_name_has_a_docstring_of_its_own(module):
    room = importlib.import_module(module)
    for kind, names in public_names.by_kind(module).items():
        for name in names:
            if kind == "Data":
                assert public_names.docstring_of_data(module, name)
            else:
                value = getattr(room, name)
                assert value.__doc__, f"{module}.{name}"
                # dataclasses without a docstring get their signature
                assert not value.__doc__.startswith(f"{name}("), f"{module}.{name}"


def test_a_name_without_a_docstring_is_found():
    with pytest.raises(KeyError):
        public_names.docstring_of_data("spikefa.plasticity", "nothing")


def test_the_gallery_is_that_of_the_pictures_that_there_are():
    gallery = script("gallery")
    assert (DOCS / "gallery.md").read_text("utf-8") == gallery.page(), "run docs/gallery.py"
    shown = re.findall(r'<img src="([^"]+)"', gallery.page())
    files = (path for ending in ("png", "gif") for path in DOCS.rglob(f"*.{ending}"))
    pictures = [path.relative_to(DOCS).as_posix() for path in files]
    built = [name for name in pictures if name.startswith("_build")]
    assert sorted(shown) == sorted(set(pictures) - set(built))
    commands = re.findall(r"`(spikefa|python) (\S+)", gallery.page())
    assert {words[1] for words in commands} >= {"run", "figure", "raster", "bench", "-m"}


def test_a_link_that_leads_nowhere_is_found(tmp_path):
    check = script("check_site")
    (tmp_path / "index.html").write_text(
        '<a href="next.html#here">1</a><a href="next.html?v=1#there">2</a>'
        '<img src="no.png"><a href="https://example.org/">3</a><a href="#up">4</a>'
    )
    (tmp_path / "next.html").write_text('<p id="here">')
    (tmp_path / "alone.html").write_text("")
    assert sorted(check.complaints(tmp_path)) == [
        "index.html links to #up, without that place",
        "index.html links to next.html?v=1#there, without that place",
        "index.html links to no.png, which is not there",
        "no link leads to alone.html",
    ]

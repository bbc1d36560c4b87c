"""Inside `spikefa.recording` imports run one way."""

import ast
from pathlib import Path

import pytest

import spikefa.recording

ROOMS = ("plan", "format", "read", "write", "export")
ALLOWED = {
    "plan": set(),
    "format": {"plan"},
    "read": {"plan", "format"},
    "write": {"plan", "format", "read"},
    "export": {"plan", "format", "read"},
}
FOLDER = Path(spikefa.recording.__file__).parent
UPWARDS = {("read/exports.py", "export")}
"""`Recording.to_nwb` and its siblings call functions that take a Recording; they name the room in
a string and load it when they are called."""

OF_OTHERS = {"name", "argtypes", "restype", "swmr_mode"}
"""Attributes of objects of neo, ctypes and h5py."""


def modules(room):
    return sorted((FOLDER / room).glob("*.py"))


def imported(path):
    """Return the modules that a file imports anywhere, also inside functions, by full name."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            found.append(node.module)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            name = node.value.strip()
            if name.startswith("spikefa.") and name.replace(".", "").replace("_", "").isalpha():
                found.append(name)  # for import_module
    return found


def test_all_files_are_in_rooms():
    assert {path.name for path in FOLDER.glob("*.py")} == {"__init__.py"}
    assert {path.parent.name for path in FOLDER.glob("*/*.py")} == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_rooms_below_it(room):
    for path in modules(room):
        for name in imported(path):
            if not name.startswith("spikefa.recording"):
                continue
            other = name.split(".")[2] if name.count(".") > 1 else "the whole room"
            shortcut = (f"{room}/{path.name}", other) in UPWARDS
            assert other in ALLOWED[room] | {room} or shortcut, f"{path.name} imports {name}"


@pytest.mark.parametrize("room", ROOMS)
def test_modules_of_a_room_form_no_circle(room):
    prefix = f"spikefa.recording.{room}."
    arrows = {
        path.stem: {name.removeprefix(prefix) for name in imported(path) if name.startswith(prefix)}
        for path in modules(room)
        if path.stem != "__init__"
    }
    while arrows:
        free = {name for name, needs in arrows.items() if not needs & set(arrows)}
        assert free, f"these import each other: {sorted(arrows)}"
        arrows = {name: needs for name, needs in arrows.items() if name not in free}


@pytest.mark.parametrize("room", ROOMS)
def test_nothing_is_imported_for_type_checkers_alone(room):
    for path in modules(room):
        assert "TYPE_CHECKING" not in path.read_text(), path.name


@pytest.mark.parametrize("room", ROOMS)
def test_files_are_small(room):
    for path in modules(room):
        assert len(path.read_text().splitlines()) <= 300, path.name


@pytest.mark.parametrize("room", ROOMS)
def test_no_attribute_is_set_from_outside(room):
    """Attributes are set on `self` alone, or on objects of other libraries."""
    for path in modules(room):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                on_self = isinstance(node.value, ast.Name) and node.value.id == "self"
                assert on_self or node.attr in OF_OTHERS, f"{path.name}:{node.lineno}"

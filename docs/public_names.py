"""The names that the reference shows: what each room exports, and what the pages import besides."""

import ast
import importlib
import inspect
from types import ModuleType

from sphinx.pycode import ModuleAnalyzer

import spikefa

ROOMS = (
    *("network", "simulation", "feedback", "plasticity", "neurons", "synapses", "stimulus"),
    *("datasets", "models", "experiments", "recording", "recording.export", "nir", "analysis"),
    *("testing", "runs", "runs.sweeps", "backends", "distributed"),
)
"""In the order of the page `reference.md`."""

MODULES = ("errors", "datasets.examples", "datasets.functions", "datasets.distortions")
"""Modules that export no names by `__all__`, and that users import all the same."""

CHOSEN = {
    "analysis.delta_angles": ("delta_angles",),
    "analysis.expected_gradient": ("gradient_angles",),
    "analysis.alignment_terms": ("alignment_terms", "cosines"),
    "simulation.threads": ("use_threads",),
    "feedback.folded": ("Folded",),
    "runs.sweeps.table": ("rows",),
    "runs.tensorboard": ("TensorBoard",),
    "utils.seeding": ("generator",),
    "utils.tensors": ("CONSTANT",),
    "utils.ranges": ("Scale",),
    "utils.showing": ("showing",),
    "cli": ("main",),
}
"""Modules of which the pages name a few things only, which a room does not export."""


def members(module: ModuleType) -> list[str]:
    """Return the public names of a module: chosen ones, its `__all__`, or what it defines."""
    if (room := module.__name__.removeprefix("spikefa.")) in CHOSEN:
        return list(CHOSEN[room])
    if hasattr(module, "__all__"):
        return list(module.__all__)
    return [
        name
        for name, value in vars(module).items()
        if getattr(value, "__module__", None) == module.__name__ and not name.startswith("_")
        if inspect.isclass(value) or inspect.isfunction(value)
    ]


def kind(value: object) -> str:
    """Return what `value` is: "Modules", "Classes", "Functions" or "Data"."""
    if inspect.ismodule(value):
        return "Modules"
    if inspect.isclass(value):
        return "Classes"
    return "Functions" if inspect.isroutine(value) else "Data"


def by_kind(name: str) -> dict[str, list[str]]:
    """Return the public names of a module of spikefa, by what they are."""
    module = importlib.import_module(name)
    found: dict[str, list[str]] = {"Modules": [], "Classes": [], "Functions": [], "Data": []}
    for member in members(module):
        found[kind(getattr(module, member))].append(member)
    return found


def docstring_of_data(room: str, name: str) -> str:
    """Return the docstring below a constant or an alias of `room`, wherever it is made.

    Raises
    ------
    KeyError
        If there is none.
    """
    module = importlib.import_module(room)
    if room.removeprefix("spikefa.") in CHOSEN:
        return " ".join(ModuleAnalyzer.for_module(room).find_attr_docs()["", name]).strip()
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.ImportFrom) and name in [alias.name for alias in node.names]:
            comments = ModuleAnalyzer.for_module(node.module).find_attr_docs()
            return " ".join(comments["", name]).strip()
    raise KeyError(f"{room} does not import {name}")


def modules() -> list[str]:
    """Return the modules that the reference has a page for, the rooms first."""
    rooms = [f"spikefa.{room}" for room in (*ROOMS, *MODULES, *CHOSEN)]
    return rooms + [f"{room}.{name}" for room in rooms for name in by_kind(room)["Modules"]]


def addresses() -> dict[str, str]:
    """Return where each name stands in the reference: ``{"FA": "spikefa.feedback.FA"}``.

    `CHOSEN` is left out: `rows` or `main` in a docstring is rarely the function.
    """
    chosen = {f"spikefa.{room}" for room in CHOSEN}
    found = {}
    for module in modules():
        if module in chosen:
            continue
        for names in by_kind(module).values():
            found |= {name: f"{module}.{name}" for name in names}
    return found


def short_names() -> dict[str, str]:
    """Return what ``sf``, the whole package, offers: ``{"spikefa.feedback.FA": "sf.FA"}``."""
    names = [name for name in spikefa.__all__ if not inspect.ismodule(getattr(spikefa, name))]
    places = addresses()
    full = {name: getattr(spikefa, name).__name__ for name in names}
    return {places[full[name]]: f"sf.{name}" for name in names}

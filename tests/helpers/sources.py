"""The source files of spikefa: the room of each, and what it imports."""

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.helpers.processes import REPOSITORY

SPIKEFA = REPOSITORY / "spikefa"


@dataclass(frozen=True)
class Import:
    """A name imported from a module, or a module; `name` is empty then."""

    module: str
    name: str
    line: int
    in_function: bool


@dataclass(frozen=True, eq=False)
class Source:
    """A file of the package, parsed."""

    path: Path

    @cached_property
    def name(self) -> str:
        """Path inside the package, such as ``network/state.py``."""
        return self.path.relative_to(SPIKEFA).as_posix()

    @cached_property
    def module(self) -> str:
        """Dotted name, such as ``spikefa.network.state``."""
        parts = self.name.removesuffix(".py").split("/")
        return ".".join(["spikefa", *(part for part in parts if part != "__init__")])

    @cached_property
    def room(self) -> str:
        """Name of its room; of ``errors.py`` it is ``errors``, of ``__init__.py`` it is empty."""
        return self.module.partition(".")[2].split(".")[0].removeprefix("__main__")

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def lines(self) -> int:
        return self.text.count("\n")

    @cached_property
    def functions(self) -> list[ast.FunctionDef]:
        """All functions and methods."""
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef)]

    @cached_property
    def classes(self) -> list[ast.ClassDef]:
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef)]

    @cached_property
    def imports(self) -> list[Import]:
        """All imports, with those inside functions and those for type checkers alone."""
        return list(_imports(self.tree, False))

    @cached_property
    def origins(self) -> dict[str, str]:
        """Full names by local names of imports: ``{"FA": "spikefa.feedback.FA"}``."""
        found = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom):
                found |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
            elif isinstance(node, ast.Import):
                found |= {a.asname or a.name: a.name for a in node.names}
        return found


def _imports(node: ast.AST, in_function: bool) -> Iterator[Import]:
    in_function = in_function or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, "", child.lineno, in_function)
        elif isinstance(child, ast.ImportFrom):
            for alias in child.names:
                module = "." * child.level + (child.module or "")
                yield Import(module, alias.name, child.lineno, in_function)
        else:
            yield from _imports(child, in_function)


def sources() -> list[Source]:
    """Return all files of the package, with models and experiments, which are links."""
    return [
        Source(Path(folder) / name)
        for folder, _, names in os.walk(SPIKEFA, followlinks=True)
        for name in sorted(names)
        if name.endswith(".py")
    ]


def dotted(node: ast.AST) -> str:
    """Return ``a.b.C`` of an expression; nothing if it is none of names."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def classes_asked_for(node: ast.AST) -> list[str]:
    """Return the classes in ``isinstance(x, (A, B))``, ``type(x) in (A, B)``, ``case A():``."""
    if isinstance(node, ast.MatchClass):
        return [dotted(node.cls)]
    if isinstance(node, ast.Call) and dotted(node.func) in ("isinstance", "issubclass"):
        asked: list[ast.expr] = node.args[1:]
    elif isinstance(node, ast.Compare) and any(map(_is_type, [node.left, *node.comparators])):
        asked = [node.left, *node.comparators]
    else:
        return []
    names = (part for each in asked for part in ast.walk(each))
    return [dotted(part) for part in names if isinstance(part, ast.Name | ast.Attribute)]


def _is_type(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and dotted(node.func) == "type"


def compares_with_none(node: ast.AST, name: str) -> bool:
    """Return whether this is ``name is None``, ``x.name is not None`` and so on."""
    if not isinstance(node, ast.Compare) or dotted(node.left).split(".")[-1] != name:
        return False
    other = node.comparators[0]
    return isinstance(other, ast.Constant) and other.value is None


def is_table(function: ast.FunctionDef) -> bool:
    """Return whether a function only lists: calls and values, no decision and no loop."""
    flow = ast.If | ast.For | ast.While | ast.Try | ast.With
    return not any(isinstance(node, flow) for node in ast.walk(function))


def code_lines(function: ast.FunctionDef) -> int:
    """Return the number of lines of a function without its docstring."""
    lines = (function.end_lineno or 0) - function.lineno + 1
    if ast.get_docstring(function) is None:
        return lines
    return lines - ((function.body[0].end_lineno or 0) - function.body[0].lineno + 1)

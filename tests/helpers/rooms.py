"""The order of the rooms of spikefa, and what in them breaks the rules of the house.

``python -m tests.helpers.rooms`` prints the measures; ``python -m tests.helpers.rooms long_files``
prints the breaches of a rule too.
"""

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from tests.helpers.sources import (
    Import,
    Source,
    classes_asked_for,
    code_lines,
    compares_with_none,
    dotted,
    is_table,
    sources,
)

ORDER = (
    *("errors", "utils", "plugins"),
    *("plasticity", "neurons", "synapses", "feedback"),
    *("distributed", "network"),
    *("datasets", "stimulus"),
    *("backends", "recording", "nir"),
    "simulation",
    *("analysis", "models"),
    *("testing", "runs"),
    *("bench", "experiments"),
    "cli",
)
"""A room may import the rooms before it, and none behind it."""

SEAMS = {
    "plasticity": "PlasticityRule",
    "neurons": "Population",
    "synapses": "Synapses",
    "feedback": "FeedbackCircuit",
}
"""Rooms whose classes users can replace by their own, and the base class in each."""

OF_REPLICAS = ("utils/replicas.py", "network/replicas.py")
"""Where it is asked whether there are replicas."""

SLOW_OR_OPTIONAL = {
    *("bindsnet", "brian2", "snntorch", "triton"),
    *("PIL", "hdmf", "neo", "pandas", "pynapple", "pynwb", "quantities", "resource"),
    "safetensors",
    *("matplotlib", "pooch", "requests", "scipy", "sklearn"),
}
"""Packages that a function may import: not installed everywhere, or slow to import."""

ALLOWED_IN_FUNCTIONS = {
    ("cli/commands/run.py", "spikefa.utils.devices"),
    ("runs/several/frames.py", "spikefa.runs.studies.file"),
    ("utils/threads.py", "torch"),
    ("backends/__init__.py", "spikefa.backends.fused"),
    ("backends/__init__.py", "spikefa.backends.fused_deferred.backend"),
}
"""Besides these: torch where ``--help`` does without it; kernels, which need triton."""

MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 40

Breach = tuple[Source, int, str]
"""File, line, and what is wrong there."""


class House:
    """All files of the package; each method yields the breaches of one rule."""

    def __init__(self) -> None:
        self.sources = sources()
        self.modules = {source.module: source for source in self.sources}
        self.seam_classes = self._seam_classes()

    def arrows(self) -> set[tuple[str, str]]:
        """Return which room imports from which."""
        return {
            (source.room, room)
            for source in self.sources
            for each in source.imports
            if source.room and (room := self.room_of(each)) not in ("", source.room)
        }

    def room_of(self, each: Import) -> str:
        """Return the room that is imported, or nothing for other packages."""
        if each.module == "spikefa":
            return each.name if each.name in ORDER else ""
        return each.module.split(".")[1] if each.module.startswith("spikefa.") else ""

    def imports_upwards(self) -> Iterator[Breach]:
        for source in self.sources:
            for each in source.imports if source.room else ():
                room = self.room_of(each)
                if room and ORDER.index(room) > ORDER.index(source.room):
                    yield source, each.line, f"imports {room}"

    def imports_the_whole(self) -> Iterator[Breach]:
        """``import spikefa as sf`` is for users and for what is written as a user writes."""
        for source in self.sources:
            for each in source.imports if source.room not in ("", "bench", "experiments") else ():
                if each.module == "spikefa" and each.name != "__version__":
                    yield source, each.line, "imports the whole of spikefa"

    def imports_in_a_circle(self) -> Iterator[Breach]:
        """Between files, with imports inside functions and for type checkers."""
        graph = {module: self._imported(source) for module, source in self.modules.items()}
        del graph["spikefa"]  # which names all that is public
        while True:
            try:
                TopologicalSorter(graph).prepare()
            except CycleError as error:
                circle = error.args[1]
                source = self.modules[circle[-1]]
                yield source, 1, f"circle: {' <- '.join(circle)}".replace("spikefa.", "")
                graph[circle[1]].discard(circle[0])
            else:
                return

    def _imported(self, source: Source) -> set[str]:
        found = set()
        for each in source.imports:
            whole = f"{each.module}.{each.name}"
            found.add(whole if whole in self.modules else each.module)
        return found & set(self.modules) - {"spikefa", source.module}

    def imports_for_type_checkers(self) -> Iterator[Breach]:
        for source in self.sources:
            for node in ast.walk(source.tree):
                named = node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
                if named == "TYPE_CHECKING" and source.room:  # spikefa/__init__.py has to
                    yield source, node.lineno, "TYPE_CHECKING"  # type: ignore[attr-defined]

    def imports_in_functions(self) -> Iterator[Breach]:
        for source in self.sources:
            statements = {each.line: each for each in source.imports if each.in_function}
            for line, each in statements.items():
                allowed = (source.name, each.module) in ALLOWED_IN_FUNCTIONS
                if not allowed and each.module.split(".")[0] not in SLOW_OR_OPTIONAL:
                    yield source, line, f"imports {each.module} inside a function"

    def asks_for_classes(self) -> Iterator[Breach]:
        """``isinstance``, ``issubclass`` or ``type`` of what belongs to another room's seam."""
        for source in self.sources:
            for node in ast.walk(source.tree):
                for name in classes_asked_for(node):
                    found = self.seam_classes.get(self._full_name(name, source))
                    if found is not None and found != source.room:
                        line: int = node.lineno  # type: ignore[attr-defined]
                        yield source, line, f"asks whether it is a {name.split('.')[-1]}"

    def _full_name(self, name: str, source: Source) -> str:
        """Return the name of a class without the file in its room: ``feedback.FA``."""
        first, _, rest = name.partition(".")
        whole = source.origins.get(first, first) + (f".{rest}" if rest else "")
        parts = whole.split(".")
        return f"{parts[1]}.{parts[-1]}" if len(parts) > 2 else parts[-1]

    def _seam_classes(self) -> dict[str, str]:
        """Return the rooms of rules, neurons, synapses and circuits by ``room.Class``."""
        found: dict[str, str] = {}
        for room, base in SEAMS.items():
            classes = [c for s in self.sources if s.room == room for c in s.classes]
            known = {base}
            for _ in classes:
                known |= {c.name for c in classes if known & {dotted(b) for b in c.bases}}
            found |= {f"{room}.{name}": room for name in known} | dict.fromkeys(known, room)
        return found

    def constructors(self) -> Iterator[Breach]:
        """Constructors and representations by hand where dataclasses serve."""
        for source in self.sources:
            for function in source.functions if source.room in SEAMS else ():
                if function.name in ("__init__", "__repr__", "__eq__"):
                    yield source, function.lineno, f"{function.name} by hand"

    def asks_for_replicas(self) -> Iterator[Breach]:
        for source in self.sources:
            for node in ast.walk(source.tree) if source.name not in OF_REPLICAS else ():
                if compares_with_none(node, "replicas"):
                    yield source, node.lineno, "replicas is None"  # type: ignore[attr-defined]

    def long_files(self) -> Iterator[Breach]:
        for source in self.sources:
            if source.lines > MAX_FILE_LINES:
                yield source, 1, f"{source.lines} lines"

    def long_functions(self) -> Iterator[Breach]:
        for source in self.sources:
            for function in source.functions:
                length = code_lines(function)
                if length > MAX_FUNCTION_LINES and not is_table(function):
                    yield source, function.lineno, f"{function.name} has {length} lines of code"


RULES = (
    "imports_upwards",
    "imports_the_whole",
    "imports_in_a_circle",
    "imports_for_type_checkers",
    "imports_in_functions",
    "asks_for_classes",
    "asks_for_replicas",
    "constructors",
    "long_files",
    "long_functions",
)


def main(rules: list[str]) -> None:
    """Print the measures of the house; the breaches of these rules, or of none, one by one."""
    house = House()
    print(f"{'rooms':28}{len({source.room for source in house.sources if source.room}):6}")
    print(f"{'arrows between rooms':28}{len(house.arrows()):6}")
    print(f"{'files':28}{len(house.sources):6}")
    print(f"{'lines':28}{sum(source.lines for source in house.sources):6}")
    for rule in RULES:
        found = list(getattr(house, rule)())
        per_room = Counter(source.room for source, _, _ in found)
        counts = ", ".join(f"{room} {number}" for room, number in sorted(per_room.items()))
        print(f"{rule.replace('_', ' '):28}{len(found):6}   {counts}")
        for source, line, what in found if rule in rules else ():
            print(f"  spikefa/{source.name}:{line}: {what}")


if __name__ == "__main__":
    main(sys.argv[1:])

"""The order of the rooms, and the rules that hold in each; see docs/design.md."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from tests.helpers.processes import REPOSITORY
from tests.helpers.rooms import ORDER, RULES, House
from tests.helpers.sources import SPIKEFA

ROOMS = {folder.name for folder in SPIKEFA.iterdir() if (folder / "__init__.py").is_file()}


@pytest.fixture(scope="module")
def house():
    return House()


@pytest.fixture(scope="module")
def breaches(house):
    """What breaks each rule in each room."""
    found = {rule: defaultdict(list) for rule in RULES}
    for rule in RULES:
        for source, line, what in getattr(house, rule)():
            found[rule][source.room].append(f"spikefa/{source.name}:{line}: {what}")
    return found


@pytest.mark.parametrize("room", ORDER)
@pytest.mark.parametrize("rule", RULES)
def test_a_room_keeps_the_rules(rule, room, breaches):
    assert breaches[rule][room] == []


def test_nothing_lies_loose():
    files = {file.name for file in SPIKEFA.iterdir() if file.is_file()}
    assert files == {"__init__.py", "__main__.py", "errors.py", "py.typed"}
    assert set(ORDER) >= ROOMS


def test_the_design_page_lists_the_rooms_in_their_order():
    page = (REPOSITORY / "docs" / "design.md").read_text()
    listed = re.findall(r"^    (\w+)/? {2,}", page.split("## Rooms")[1].split("## ")[0], re.M)
    assert tuple(listed) == tuple(room for room in ORDER if room in {*ROOMS, "errors"})


def test_every_room_is_looked_at(house):
    """With models and experiments, which are links."""
    looked_at = {source.room for source in house.sources}
    assert looked_at >= {"models", "experiments", "network", "cli", "errors"}
    assert house.modules["spikefa.network.state"].room == "network"
    assert Path(house.modules["spikefa.models"].name) == Path("models/__init__.py")


def test_the_tests_stand_in_the_same_tree():
    tests = Path(__file__).resolve().parents[1]
    loose = {file.name for file in tests.glob("*.py")} - {"__init__.py", "conftest.py"}
    folders = {file.parent.relative_to(tests).parts[0] for file in tests.glob("*/**/test_*.py")}
    assert folders <= {*ORDER, "docs", "package", "pins", "proofs"}
    assert not loose

"""Every circuit has a diagram, which says of it what the circuit says, and can be read."""

import re
from inspect import isabstract, isclass
from itertools import combinations
from pathlib import Path

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from spikefa import feedback
from spikefa.analysis import circuit_diagrams
from spikefa.analysis.circuit_diagrams import DIAGRAMS
from spikefa.analysis.style import LIGHT

DOCS = Path(__file__).resolve().parents[2] / "docs"
SECTIONS = [
    (re.findall(r"circuits/(\w+)\.png", text), set(re.findall(r"= sf\.(\w+)\(", text)))
    for text in re.split(r"(?m)^## ", (DOCS / "circuits.md").read_text(encoding="utf-8"))
]
"""Of the page on circuits: the diagrams in each section, and the classes it names."""


def words(figure):
    """Return what is written on a figure, and where: boxes in pixels."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    texts = [text for text in figure.axes[0].texts if text.get_text()]
    return {text: text.get_window_extent(canvas.get_renderer()) for text in texts}


@pytest.mark.slow
@pytest.mark.parametrize("name", DIAGRAMS)
def test_all_words_are_on_the_picture_and_none_on_another(name):
    figure = DIAGRAMS[name]()
    placed = words(figure)
    assert len(placed) > 10
    for text, box in placed.items():
        assert figure.bbox.contains(box.x0, box.y0), text
        assert figure.bbox.contains(box.x1, box.y1), text
    for (text, box), (other, second) in combinations(placed.items(), 2):
        assert not box.overlaps(second), f"{text} on {other}"


def test_main_draws_into_a_new_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(circuit_diagrams, "DIAGRAMS", {"fa": DIAGRAMS["fa"]})
    circuit_diagrams.main(str(tmp_path / "new"))
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["fa.png"]


def test_every_diagram_is_in_the_folder_and_on_the_page():
    assert {path.stem for path in (DOCS / "figures" / "circuits").iterdir()} == set(DIAGRAMS)
    shown = [picture for pictures, _ in SECTIONS for picture in pictures]
    assert sorted(shown) == sorted(DIAGRAMS)


def test_every_circuit_is_on_the_page():
    offered = {name for name in feedback.__all__ if is_circuit(getattr(feedback, name))}
    assert {"FA", "PFA"} < offered
    assert offered <= set().union(*(classes for _, classes in SECTIONS))


@pytest.mark.slow
def test_diagrams_mark_those_that_read_forward_weights():
    marked = [section for section in SECTIONS if any(map(has_purple, section[0]))]
    reading = {name for _, classes in marked for name in classes}
    circuits = [name for name in feedback.__all__ if is_circuit(getattr(feedback, name))]
    assert reading == {name for name in circuits if getattr(feedback, name).reads_weights}


def is_circuit(what):
    return isclass(what) and issubclass(what, feedback.FeedbackCircuit) and not isabstract(what)


def has_purple(name):
    return any(text.get_color() == LIGHT.purple for text in DIAGRAMS[name]().axes[0].texts)

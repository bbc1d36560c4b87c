"""Every figure can be read under every Matplotlib style: ink and paper come from one source."""

import inspect

import matplotlib.pyplot as plt
import numpy as np
import pytest
from cycler import cycler
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex, to_rgb, to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.text import Text

import spikefa as sf
from spikefa import analysis
from spikefa.analysis.circuit_diagrams import DIAGRAMS
from spikefa.analysis.compared_curves import Curves, compared_curves
from spikefa.analysis.style import DARK, LIGHT, style
from tests.helpers.readable import check_readable

STYLES = ["default", "dark_background", "grayscale"]
"""Of the last, the paper is medium grey, on which few colours can be told from it."""

LEAST = 3
"""The contrast that WCAG 2 asks of graphics."""
LEAST_OF_TEXT = 4.5
"""The contrast that it asks of text."""

ROWS = [
    {
        "epoch": n,
        "images": 100 * n,
        "train_error_percent": 60 / n,
        "validation_error_percent": 50 / n,
        "rate_hidden1": 0.3,
        "rate_output": 0.5 / n,
        "alignment_hidden1": 90 - n,
        "alignment_output": 95 - 20 * n,
    }
    for n in range(1, 4)
]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A recording and a checkpoint of a short run."""
    folder = tmp_path_factory.mktemp("styles")
    net = sf.models.lillicrap2016.spiking_mnist(n_inputs=64, hidden=20, outputs=20)
    data = sf.datasets.digits().subset(60, 20)
    sim = sf.Simulation(net, data, batch_size=3, seed=1, progress=False)
    probes = [sf.Probe(name, "spikes", "all") for name in ("input", "hidden1", "output")]
    probes += [sf.Probe("hidden1", variable, 2, every=3) for variable in ("potential", "modulator")]
    probes += [sf.Probe("input", "label", "all")]
    windows = [sf.Window("early", 0, 30), sf.Window("late", 60, 80)]
    with sim:
        sim.record(folder / "run.h5", probes, windows)
        sim.train(1)
    sim.save(folder / "checkpoint.pt")
    return folder


def of_recording(draw, **options):
    def drawn(run):
        with sf.open(run / "run.h5") as recording:
            return draw(recording, **options)

    return drawn


FIGURES = {
    "learning_curve": lambda run: analysis.learning_curve(ROWS),
    "compared_curves": lambda run: compared_curves(
        [Curves(label=name, runs=[ROWS, ROWS], tests=[5, 6]) for name in ("FA", "DFA")]
    ),
    "alignment_figure": lambda run: analysis.alignment_figure(ROWS),
    "confusion_figure": lambda run: analysis.confusion_figure(np.ones((3, 3), int)),
    "receptive_fields": lambda run: analysis.receptive_fields(run / "checkpoint.pt", 9),
    "figure4": of_recording(analysis.figure4),
    "rates_figure": of_recording(analysis.rates_figure),
    "raster_figure": of_recording(analysis.raster_figure, steps="all"),
    "class_raster_figure": of_recording(analysis.class_raster_figure),
    "paths_figure": of_recording(analysis.paths_figure, population="hidden1"),
    "psth_figure": of_recording(analysis.psth_figure, population="hidden1", by="class", before=2),
    "triggered_images_figure": of_recording(
        analysis.triggered_images_figure, population="output", units=2
    ),
    "triggered_trace_figure": of_recording(
        analysis.triggered_trace_figure,
        population="output",
        trace=("input", "label", 0),
        before=2,
        after=3,
        units=2,
    ),
    "tuning_figure": of_recording(analysis.tuning_figure, population="hidden1", units=2),
}


COLOURS_OF_A_STYLE = (
    *("figure.facecolor", "figure.edgecolor", "axes.facecolor", "axes.edgecolor", "text.color"),
    *("axes.labelcolor", "xtick.color", "ytick.color", "legend.labelcolor", "grid.color"),
)


def colours_of(used):
    """Return all colours of a style in hexadecimal."""
    single = (used.ink, used.paper, used.grey, used.pale, used.accent, used.blue, used.purple)
    return [to_hex(colour) for colour in (*single, *used.palette)]


def contrast(a, b):
    """Return the contrast of two colours, by the formula of WCAG 2."""

    def luminance(colour):
        values = np.array(to_rgb(colour))
        linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def inks(figure):
    """Yield what is drawn in one colour, with that colour."""
    for artist in figure.findobj(lambda each: each.get_visible()):
        if isinstance(artist, Text) and artist.get_text().strip():
            yield f"text {artist.get_text()!r}", artist.get_color()
        elif isinstance(artist, Line2D) and len(artist.get_xdata()) > 0:
            if artist.get_linestyle() != "None":
                yield "line", artist.get_color()
            if artist.get_marker() not in ("None", "", None):
                yield "marker", artist.get_markeredgecolor()
        elif isinstance(artist, FancyArrowPatch | FancyBboxPatch):
            yield "edge", artist.get_edgecolor()
        elif isinstance(artist, PathCollection):
            for colour in (*artist.get_facecolor(), *artist.get_edgecolor()):
                yield "dot", colour


def papers(figure):
    """Return the backgrounds on which something is written or drawn."""
    found = [figure.get_facecolor(), *(axes.get_facecolor() for axes in figure.axes)]
    boxes = figure.findobj(FancyBboxPatch)
    fills = [box.get_facecolor() for box in boxes if box.get_facecolor()[3] == 1]
    return {tuple(to_rgba(colour)) for colour in found}, {tuple(to_rgba(c)) for c in fills}


def check(figure):
    figure.draw_without_rendering()  # makes the ticks
    behind, fills = papers(figure)
    assert len(behind) == 1  # one paper
    (paper,) = behind
    guides = {to_rgba(LIGHT.pale), to_rgba(DARK.pale), paper}  # behind the data, or an empty dot
    drawn = list(inks(figure))
    assert len(drawn) > 3
    for what, colour in drawn:
        assert to_rgba(colour)[3] == 1
        if what.startswith("text") or to_rgba(colour) not in guides:
            least = LEAST_OF_TEXT if what.startswith("text") else LEAST
            assert contrast(colour, paper) >= least, (what, colour, paper)
            for fill in fills:
                assert contrast(colour, fill) >= LEAST, (what, colour, fill)


@pytest.mark.slow
@pytest.mark.parametrize("used", STYLES)
@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_can_be_read_under_every_style(run, name, used):
    """Also after the style is left: notebooks draw a figure after the block that made it."""
    with plt.style.context(used):
        figure = FIGURES[name](run)
    check(figure)
    paper = "black" if used == "dark_background" else "white"
    assert contrast(figure.get_facecolor(), paper) == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_laid_out_to_be_read(run, name):
    check_readable(FIGURES[name](run))


@pytest.mark.slow
@pytest.mark.parametrize("name", DIAGRAMS)
def test_every_diagram_is_laid_out_to_be_read(name):
    check_readable(DIAGRAMS[name]())


def test_no_colour_is_of_the_style_in_use(run):
    """A style gave its paper, and the rest came from here."""
    odd = dict.fromkeys(COLOURS_OF_A_STYLE, "#12e3a7") | {"axes.prop_cycle": cycler(color=["g"])}
    with plt.rc_context(odd):
        figure = FIGURES["learning_curve"](run)
        figure.draw_without_rendering()
    assert {to_hex(colour) for _, colour in inks(figure)} <= set(colours_of(LIGHT))
    assert {to_hex(axes.get_facecolor()) for axes in figure.axes} == {LIGHT.paper}


@pytest.mark.parametrize("used", STYLES)
def test_a_figure_drawn_under_the_style(run, used):
    with plt.style.context(used):
        check(FIGURES["learning_curve"](run))


@pytest.mark.slow
@pytest.mark.parametrize("name", DIAGRAMS)
def test_every_diagram_can_be_read_under_a_dark_style(name):
    with plt.style.context("dark_background"):
        check(DIAGRAMS[name]())


@pytest.mark.parametrize("used", STYLES)
def test_rasters_of_marks_can_be_read_under_every_style(run, monkeypatch, used):
    monkeypatch.setattr("spikefa.analysis.raster_panels.DENSE", 2)
    with plt.style.context(used):
        check(FIGURES["raster_figure"](run))


def test_dark_paper_gets_light_ink():
    with plt.style.context("dark_background"):
        assert style() == DARK
    assert style() == LIGHT
    light = ["#fdf6e3", "0.75", "none", (0, 0, 0, 0)]
    for paper, expected in [*((each, LIGHT) for each in light), ("#1e1e1e", DARK), ("0.3", DARK)]:
        with plt.rc_context({"figure.facecolor": paper}):
            assert style() == expected
    for colours in (LIGHT, DARK):
        for colour in (colours.ink, colours.grey, colours.accent, colours.blue, colours.purple):
            assert contrast(colour, colours.paper) >= LEAST_OF_TEXT
        for colour in colours.palette:
            assert contrast(colour, colours.paper) >= LEAST
        for fill in colours.fills.values():
            assert contrast(colours.ink, fill) >= 7


def test_a_file_has_the_paper_of_its_figure(tmp_path):
    """A setting of its own gave dark ink on dark paper."""
    with plt.rc_context({"savefig.facecolor": "black"}):
        analysis.save_figure(analysis.learning_curve(ROWS), tmp_path / "curve.png")
    np.testing.assert_array_equal(plt.imread(tmp_path / "curve.png")[0, 0], 1)


def test_the_style_in_use_is_left_as_it_was(run):
    with plt.style.context("ggplot"):
        before = dict(plt.rcParams)
        analysis.learning_curve(ROWS)
        assert dict(plt.rcParams) == before


def test_every_figure_is_here():
    functions = [getattr(analysis, name) for name in analysis.__all__]
    drawing = {
        function.__name__
        for function in functions
        if inspect.isfunction(function) and inspect.signature(function).return_annotation is Figure
    }
    assert drawing <= set(FIGURES)

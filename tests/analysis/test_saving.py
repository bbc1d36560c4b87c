"""A picture as PNG is small and looks the same; PDF and SVG stay sharp, and text stays text."""

import io

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from spikefa.analysis import save_figure
from spikefa.analysis.saving import DPI

pytestmark = pytest.mark.usefixtures("all_dots")


@pytest.fixture
def figure():
    """Many colours: a hundred thin lines and an image."""
    figure = Figure(figsize=(2, 1.5))
    axes = figure.subplots()
    random = np.random.default_rng(0)
    axes.plot(random.normal(size=(20, 100)).cumsum(0), linewidth=0.4, alpha=0.5)
    axes.imshow(random.normal(size=(20, 20)), extent=(0, 19, -9, 9), aspect="auto", alpha=0.4)
    axes.set_xlabel("Zeit")
    return figure


def pixels(source):
    return np.asarray(Image.open(source).convert("RGB")).astype(int)


def test_png_has_a_palette_and_looks_the_same(figure, tmp_path):
    whole = io.BytesIO()
    figure.savefig(whole, dpi=DPI, format="png")
    save_figure(figure, tmp_path / "x.png")
    saved = tmp_path / "x.png"
    assert saved.stat().st_size < 0.5 * len(whole.getvalue())
    with Image.open(saved) as picture:
        assert picture.mode == "P"
        assert picture.size == (2 * DPI, 1.5 * DPI)
        assert picture.info["dpi"] == pytest.approx((DPI, DPI), abs=0.1)
    difference = np.abs(pixels(saved) - pixels(whole)).max(2)
    assert difference.mean() < 4  # of 255
    assert (difference > 48).mean() < 0.002


def test_few_colours_are_kept_exactly(tmp_path):
    figure = Figure(figsize=(2, 1))
    colours = np.random.default_rng(1).integers(0, 256, (8, 16, 3), dtype=np.uint8)
    figure.figimage(colours.repeat(20, 0).repeat(20, 1))
    whole = io.BytesIO()
    figure.savefig(whole, dpi=DPI, format="png")
    save_figure(figure, tmp_path / "x.png")
    np.testing.assert_array_equal(pixels(tmp_path / "x.png"), pixels(whole))


def test_pdf_and_svg_are_vector_graphics_with_their_text(tmp_path):
    figure = Figure(figsize=(4, 3))
    figure.subplots().plot([0, 1])
    figure.text(0.5, 0.5, "Zeit")
    save_figure(figure, tmp_path / "x.pdf")
    written = (tmp_path / "x.pdf").read_bytes()
    assert b"/FontFile2" in written  # TrueType, embedded
    assert b"/Subtype /Image" not in written
    save_figure(figure, tmp_path / "x.svg")
    written = (tmp_path / "x.svg").read_text()
    assert "Zeit" in written
    assert "<image" not in written


def test_pictures_of_the_same_figure_are_the_same_bytes(tmp_path):
    """Else a gallery that is drawn again looks changed."""
    for name in "ab":
        figure = Figure(figsize=(2, 1))
        figure.subplots().plot([0, 1, 0])
        save_figure(figure, tmp_path / f"{name}.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()

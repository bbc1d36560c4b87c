"""The frames of an animation: the image shown, the populations as cells, and the guess."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator

from spikefa.analysis.panels import (
    MISSING,
    SILENT,
    SPIKE,
    SPIKE_OF_CLASS,
    Excerpt,
    cell_colours,
)
from spikefa.analysis.style import plain, quiet, style, styled

INCHES = 1.22
"""Width of the panel of a population."""


@dataclass(frozen=True)
class Cast:
    """The spikes of some units of one population, as cells in rows and columns.

    Attributes
    ----------
    population : str
    shape : (int, int)
        Rows and columns.
    steps : ndarray of int64, shape [T]
        The steps that were read.
    cells : ndarray of uint8, shape [T, n_units]
        Values of cells, see `spikefa.analysis.panels`.
    classes : ndarray of int64, shape [n_units], or None
        The class that each output unit stands for.
    """

    population: str
    shape: tuple[int, int]
    steps: np.ndarray
    cells: np.ndarray
    classes: np.ndarray | None

    def at(self, step: int) -> np.ndarray:
        """Return the cells at a step, uint8 [rows, columns]; grey if it was not read."""
        row = int(np.searchsorted(self.steps, step))
        read = row < len(self.steps) and self.steps[row] == step
        shown = self.cells[row] if read else np.full(self.cells.shape[1], MISSING, np.uint8)
        whole = np.full(self.shape[0] * self.shape[1], SILENT, np.uint8)
        whole[: len(shown)] = shown
        return whole.reshape(self.shape)

    def counts(self, start: int, step: int, n_classes: int) -> np.ndarray:
        """Return the spikes of each class from step `start` to `step`, int64 [n_classes]."""
        assert self.classes is not None
        first, last = np.searchsorted(self.steps, (start, step + 1))
        spikes = np.isin(self.cells[first:last], (SPIKE, SPIKE_OF_CLASS)).sum(axis=0)
        return np.bincount(self.classes, weights=spikes, minlength=n_classes).astype(np.int64)


def make_cast(excerpt: Excerpt, population: str, units: np.ndarray) -> Cast:
    """Return the cells of some units; an input of all pixels has the shape of the image."""
    described = excerpt.recording.populations[population]
    spikes = excerpt.recording.raster(population, units.tolist(), excerpt.span)
    cells = spikes.astype(np.uint8) * SPIKE
    classes = described.classes(units) if described.n_classes else None
    shape = _grid(len(units))
    if classes is not None:
        cells[spikes & excerpt.is_of_class(population, units)] = SPIKE_OF_CLASS
        sizes = np.bincount(classes)
        if len(set(sizes.tolist())) == 1:
            shape = len(sizes), int(sizes[0])
    pixels = next(iter(excerpt.recording.images.values()), np.zeros((0, 0)))
    if described.role == "input" and pixels.size == len(units):
        shape = pixels.shape[0], pixels.shape[1]
    return Cast(population, shape, excerpt.steps(population), cells, classes)


class Film:
    """A figure that shows one step of an excerpt after the other.

    Parameters
    ----------
    excerpt : Excerpt
    casts : list of Cast
        The populations, input first.

    Attributes
    ----------
    figure : Figure
        Its panels have the labels ``"image"``, ``"cells/<population>"`` and ``"guess"``.
    steps : list of int
        The steps of the frames: those at which one of the populations was read.
    """

    @styled
    def __init__(self, excerpt: Excerpt, casts: list[Cast]) -> None:
        self._casts = casts
        self._shown = excerpt.presentations()
        _, seen = excerpt.recording.known_presentations(excerpt.span, excerpt.stream)
        self._came: list[int] = seen.start.tolist()
        self._images = excerpt.recording.images
        self.steps: list[int] = np.unique(np.concatenate([each.steps for each in casts])).tolist()
        outputs = [each for each in casts if _guessing(each)]
        self._output = outputs[-1] if outputs else None
        widths = [1.0, *(1.0 for _ in casts), *([0.8] * len(outputs[-1:]))]
        figure = Figure(figsize=(INCHES * (sum(widths) + 0.3), 2.35), layout="constrained")
        panels = figure.subplots(1, len(widths), width_ratios=widths, squeeze=False)[0].tolist()
        self.figure = figure
        self._picture, self._answer = self._draw_image(panels[0], excerpt)
        self._cells = [
            _draw_cells(axes, excerpt, cast) for axes, cast in zip(panels[1:], casts, strict=False)
        ]
        self._bars = None if self._output is None else self._draw_guess(panels[-1], self._output)
        self._title = figure.suptitle("", fontsize=9, x=0.01, ha="left")
        self.show(self.steps[0])
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # so that nothing moves between frames

    def show(self, step: int) -> None:
        """Change everything to what it was at a step."""
        number = next(n for n, each in enumerate(self._shown) if each[0] <= step < each[1])
        start, _, image, label = self._shown[number]
        if image in self._images:
            self._picture.set_data(self._images[image])
        for drawn, cast in zip(self._cells, self._casts, strict=True):
            drawn.set_data(cast.at(step))
        since = step - self._came[number] + 1
        self._title.set_text(f"step {step:,}   ·   step {since:,} of this image")
        self._answer.set_text(f"shown: {label}\n{self._guess(start, step, label)}")

    def _guess(self, start: int, step: int, label: int) -> str:
        """Return what the outputs say so far, and draw it as bars."""
        if self._output is None or self._bars is None:
            return ""
        counts = self._output.counts(start, step, len(self._bars))
        guess = int(counts.argmax())  # the lower class of two that are equal, as in the readout
        for number, (bar, count) in enumerate(zip(self._bars, counts, strict=True)):
            bar.set_width(count)
            bar.set_color(style().accent if number == label else style().grey)
        if not counts.any():
            return "no guess yet"
        return f"guess: {guess}, {'right' if guess == label else 'wrong'}"

    def _draw_image(self, axes: Axes, excerpt: Excerpt) -> tuple[AxesImage, Text]:
        axes.set_label("image")
        brightest = max((pixels.max() for pixels in self._images.values()), default=1)
        first = next(iter(self._images.values()), np.zeros((1, 1)))
        picture = axes.imshow(first, cmap=style().pixels, vmin=0, vmax=brightest)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set_color(style().pale)
        axes.set_title("image" if self._images else "no image kept", fontsize=9)
        answer = axes.text(
            *(0, -0.12, "shown\nguess"), transform=axes.transAxes, va="top", fontsize=9
        )
        return picture, answer

    def _draw_guess(self, axes: Axes, cast: Cast) -> BarContainer:
        """Draw a bar for each class, as long as the most spikes that it ever has."""
        assert cast.classes is not None
        n_classes = int(cast.classes.max()) + 1
        axes.set_label("guess")
        bars = axes.barh(np.arange(n_classes), np.zeros(n_classes), color=style().grey)
        most = [cast.counts(start, stop - 1, n_classes).max() for start, stop, *_ in self._shown]
        axes.set_xlim(0, max(1, *most))
        axes.set_ylim(n_classes - 0.5, -0.5)
        axes.set_yticks(np.arange(n_classes), [f"{number}" for number in range(n_classes)])
        axes.xaxis.set_major_locator(MaxNLocator(3, integer=True))
        axes.set_title("votes", fontsize=9)
        axes.set_xlabel("spikes so far", fontsize=8)
        axes.set_ylabel("class", fontsize=8)
        quiet(axes)
        axes.tick_params(axis="y", labelsize=7, length=0)
        return bars


def _grid(count: int) -> tuple[int, int]:
    """Return rows and columns of a grid, without empty cells if it can be about square."""
    least = int(np.ceil(np.sqrt(count)))
    columns = next((n for n in range(least, 2 * least) if count % n == 0), least)
    return -(-count // columns), columns


def _guessing(cast: Cast) -> bool:
    """Return whether the classes have the same number of units, as a guess needs."""
    return cast.classes is not None and len(set(np.bincount(cast.classes).tolist())) == 1


def _draw_cells(axes: Axes, excerpt: Excerpt, cast: Cast) -> AxesImage:
    axes.set_label(f"cells/{cast.population}")
    drawn = axes.imshow(
        np.zeros(cast.shape, np.uint8),
        cmap=cell_colours(),
        vmin=SILENT,
        vmax=MISSING,
        aspect="equal" if cast.classes is None else "auto",
        interpolation="nearest",
    )
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_color(style().pale)
    size = excerpt.recording.populations[cast.population].size
    count = cast.cells.shape[1]
    units = f"{count:,}{f' of {size:,}' if count < size else ''} units"
    axes.set_title(f"{plain(cast.population)}\n{units}", fontsize=9)
    return drawn

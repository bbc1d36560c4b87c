"""Spike-triggered averages of images and of traces."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from spikefa.errors import SpikefaError, require
from spikefa.recording import Recording, Series, Steps, Units
from spikefa.utils.numbers import whole_number


@dataclass(frozen=True)
class TriggeredImages:
    """Averages of the images shown when units spiked.

    Attributes
    ----------
    average : ndarray of float64, shape [n_units, height, width]
        nan for a unit without spikes.
    mean : ndarray of float64, shape [height, width]
        Mean image of all steps. ``average - mean`` shows what drives a unit.
    spikes : ndarray of int64, shape [n_units]
        Number of spikes in the average.
    """

    average: np.ndarray
    mean: np.ndarray
    spikes: np.ndarray


def triggered_images(
    recording: Recording,
    population: str,
    units: Units = None,
    steps: Steps = None,
    lag: int = 0,
    images: Mapping[int, np.ndarray] | np.ndarray | None = None,
) -> TriggeredImages:
    """Return the mean of the images shown `lag` steps before the spikes of each unit.

    ``a_i = sum_t s_i(t) p(t - lag) / sum_t s_i(t)`` (de Boer and Kuyper 1968; Chichilnisky 2001),
    over the steps t for which it is known what was shown at step ``t - lag``, since something was
    recorded then. The pixels of natural images are
    correlated, so a pixel may stand out without driving the unit.

    Parameters
    ----------
    recording : Recording
    population : str
    units : selection, optional
        Recorded units, in the order wanted, see `Recording`; by default all.
    steps : str or slice, optional
        The label of a window or absolute steps; by default all.
    lag : int
        0 is the image of the same step, since layers transmit spikes within a step.
    images : mapping or ndarray of uint8, [index, height, width], optional
        By default the thumbnails in the file.

    Raises
    ------
    SpikefaError
        If the images or the spikes were not recorded.
    """
    lag = whole_number(lag, "lag", 0)
    series = recording.series(population)
    series.some_rows(steps)
    pictures = recording.images if images is None else images
    require(len(pictures) > 0, f"{recording.path} keeps no images: give them as `images`")
    first = next(iter(pictures.values())) if isinstance(pictures, Mapping) else pictures[0]
    shape = np.shape(first)
    n_units = len(series.some_units(units))
    sums = np.zeros((n_units + 1, int(np.prod(shape))))
    spikes = np.zeros(n_units + 1, np.int64)
    for part, raster in series.blocks(units, steps):
        known, image = _shown_before(recording, population, series.steps[part] - lag)
        # An additional unit that spikes in every step collects the mean image.
        spiked = np.column_stack([raster[known], np.ones(len(image), bool)])
        distinct, place = np.unique(image, return_inverse=True)
        counts = np.zeros((len(distinct), n_units + 1))
        np.add.at(counts, place, spiked)
        sums += counts.T @ _pixels(recording, pictures, distinct, sums.shape[1])
        spikes += spiked.sum(axis=0)
    with np.errstate(invalid="ignore"):
        averages = (sums / spikes[:, None]).reshape(-1, *shape)
    return TriggeredImages(averages[:-1], averages[-1], spikes[:-1])


def _shown_before(
    recording: Recording, population: str, wanted: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return for which of the steps `wanted`, ascending, something was recorded, and the images.

    They are those that the stream of the population saw.
    """
    stream = recording.stream_of((population, "spikes"))
    between = slice(max(0, int(wanted[0])), max(0, int(wanted[-1]) + 1))
    steps, shown = recording.known_presentations(between, stream)
    known = np.isin(wanted, steps)
    image = shown.image.repeat(np.diff(shown.edges))
    return known, image[np.searchsorted(steps, wanted[known])]


def _pixels(
    recording: Recording, images: Mapping[int, np.ndarray] | np.ndarray, index: np.ndarray, n: int
) -> np.ndarray:
    """Return the images of `n` pixels as float64 [index, n]."""
    try:
        chosen = [images[int(number)] for number in index]
    except LookupError as error:
        raise SpikefaError(
            f"{recording.path} shows an image that was not given: {error}"
        ) from error
    return np.asarray(chosen, dtype=np.float64).reshape(-1, n)


def triggered_trace(
    recording: Recording,
    population: str,
    trace: tuple[str, str, int],
    before: int,
    after: int,
    units: Units = None,
    steps: Steps = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean course of a trace around the spikes of each unit.

    ``a_i(l) = sum_t s_i(t) x(t + l) / sum_t s_i(t)`` for the lags ``-before <= l <= after``. A
    spike counts only if all steps around it lie within `steps` and the trace was read at each, so
    that all lags are averaged over the same spikes.

    Parameters
    ----------
    recording : Recording
    population : str
        The population whose spikes trigger.
    trace : (str, str, int)
        Population, variable and unit of x, such as ``("hidden2", "potential", 17)``.
    before, after : int
        Steps around a spike.
    units, steps
        As in `triggered_images`.

    Returns
    -------
    average : ndarray of float64, shape [n_units, before + 1 + after]
        Lag 0 is in column `before`; nan for a unit without spikes.
    spikes : ndarray of int64, shape [n_units]
        Number of spikes in the average.

    Raises
    ------
    SpikefaError
        If the trace or the spikes were not recorded, they are of different streams, or there is no
        step of the spikes with all steps of the trace around it.
    """
    before, after = whole_number(before, "before", 0), whole_number(after, "after", 0)
    recording.check_one_stream((population, "spikes"), trace[:2])
    series, traced = recording.series(population), recording.series(*trace[:2])
    series.some_rows(steps)
    n_units = len(series.some_units(units))
    width, complete = before + 1 + after, 0
    sums, spikes = np.zeros((n_units, width)), np.zeros(n_units, np.int64)
    for part, raster in series.blocks(units, steps):
        at = series.steps[part]
        near = _within(series.span(steps), int(at[0]) - before, int(at[-1]) + after + 1)
        centre, courses = _courses(traced, trace[2], near, before, after)
        place = np.minimum(np.searchsorted(at, centre), len(at) - 1)
        read = at[place] == centre
        chosen = raster[place[read]]
        sums += chosen.T.astype(np.float64) @ courses[read]
        spikes += chosen.sum(axis=0, dtype=np.int64)
        complete += len(chosen)
    require(
        complete > 0 or series.channel.clock == traced.channel.clock,
        f"{recording.path} holds no step with {series.name}, read {series.when}, and with "
        f"{traced.name}, read {traced.when}, from {before} steps before to {after} after it: "
        "record both at every step of the same windows",
    )
    with np.errstate(invalid="ignore"):
        return sums / spikes[:, None], spikes


def _within(span: slice | None, start: int, stop: int) -> slice:
    """Return the steps from `start` to `stop` that lie in `span`."""
    lowest = 0 if span is None or span.start is None else span.start
    highest = stop if span is None or span.stop is None else span.stop
    return slice(max(0, lowest, start), min(highest, stop))


def _courses(
    traced: Series, unit: int, near: slice, before: int, after: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the steps around which a trace was read without a gap, and its courses there.

    They are int64 [n] and float64 [n, before + 1 + after].
    """
    width = before + 1 + after
    held = traced.steps[traced.rows(near)]
    if len(held) < width:
        return np.zeros(0, np.int64), np.zeros((0, width))
    values = traced.values([unit], near)[:, 0].astype(np.float64)
    # Steps ascend, so there is no gap in a course if its ends are as far apart as its rows.
    whole = np.flatnonzero(held[width - 1 :] - held[: len(held) - width + 1] == width - 1)
    return held[whole] + before, np.lib.stride_tricks.sliding_window_view(values, width)[whole]

"""Spike-triggered averages of images and of traces."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from spikefa.analysis.blockwise import some_rows, some_units
from spikefa.errors import SpikefaError, require
from spikefa.recording import Recording, Steps, Units
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
    over the steps t for which step ``t - lag`` was recorded too. The pixels of natural images are
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
    some_rows(recording, steps)
    pictures = recording.images if images is None else images
    require(len(pictures) > 0, f"{recording.path} keeps no images: give them as `images`")
    first = next(iter(pictures.values())) if isinstance(pictures, Mapping) else pictures[0]
    shape = np.shape(first)
    n_units = len(some_units(recording, population, units))
    sums = np.zeros((n_units + 1, int(np.prod(shape))))
    spikes = np.zeros(n_units + 1, np.int64)
    for part, raster in recording.blocks(population, units, steps):
        known, image = _shown_before(recording, population, part, lag)
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
    recording: Recording, population: str, rows: slice, lag: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return for which rows the step `lag` steps before was recorded, and the images then."""
    wanted = recording.steps[rows] - lag
    where = np.searchsorted(recording.steps, wanted)  # never after `rows`
    known = recording.steps[where] == wanted
    if not known.any():
        return known, np.zeros(0, np.int64)
    first, last = int(where[known][0]), int(where[known][-1])
    image = recording.stimulus_of(population, rows=slice(first, last + 1))["image"]
    return known, image[where[known] - first].astype(np.int64)


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
    spike counts only if all steps around it lie within `steps` and were recorded, so that all lags
    are averaged over the same spikes.

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
        If the trace or the spikes were not recorded, or they are of different streams.
    """
    before, after = whole_number(before, "before", 0), whole_number(after, "after", 0)
    recording.check_one_stream((population, "spikes"), trace[:2])
    rows = some_rows(recording, steps)
    n_units = len(some_units(recording, population, units))
    sums, spikes = np.zeros((n_units, before + 1 + after)), np.zeros(n_units, np.int64)
    for part, raster in recording.blocks(population, units, steps):
        first, last = max(rows.start, part.start - before), min(rows.stop, part.stop + after)
        at = recording.steps[first:last]
        values = recording.trace(*trace, slice(int(at[0]), int(at[-1]) + 1)).astype(np.float64)
        require(len(values) == len(at), f"{recording.path} does not hold {trace} at every step")
        if len(at) < before + 1 + after:
            continue
        # Steps ascend, so there is no gap around a row if the ends are as far apart as their rows.
        ends = at[before + after :] - at[: len(at) - before - after]
        whole = np.flatnonzero(ends == before + after)
        around = np.lib.stride_tricks.sliding_window_view(values, before + 1 + after)
        centre = whole + before + first - part.start
        inside = (centre >= 0) & (centre < len(raster))
        chosen = raster[centre[inside]]
        sums += chosen.T.astype(np.float64) @ around[whole[inside]]
        spikes += chosen.sum(axis=0, dtype=np.int64)
    with np.errstate(invalid="ignore"):
        return sums / spikes[:, None], spikes

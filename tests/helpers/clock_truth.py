"""What measures must return for a variable of a clock: NumPy at the steps of that clock."""

import numpy as np

import spikefa as sf
from tests.helpers.clock_table import SPIKES, TOTAL, N


def spikes(real, clock, population="hidden1"):
    return real.values[population, "spikes"][real.steps(clock)].astype(float)


def rates(real, clock):
    return spikes(real, clock).mean(axis=0)


def mean_rates(real, clock):
    return {name: spikes(real, clock, name).mean() for name in SPIKES}


def window_rates(real, clock):
    held = real.values["hidden1", "spikes"]
    if clock == "every":
        return {"always": rates(real, clock)}
    return {label: held[list(span)].mean(axis=0) for label, span in real.windows(clock).items()}


def class_rates(real, clock, settle=0):
    """Steps count from `settle` steps after the image came; no image comes twice in a row."""
    held = real.values["hidden1", "spikes"]
    found = np.full((10, 20), np.nan)
    for label in range(10):
        rows = [
            held[step]
            for step in real.steps(clock).tolist()
            if real.label[step] == label and step % N >= settle
        ]
        if rows:
            found[label] = np.mean(rows, axis=0)
    return found


def population_rate(real, clock, width=7):
    steps = real.steps(clock)
    bins = np.unique(steps // width)
    active = spikes(real, clock)
    return bins * width, [active[steps // width == each].mean() for each in bins]


def correlation(real, clock):
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.corrcoef(spikes(real, clock).T)


def spectrum(real, clock):
    return np.linalg.eigvalsh(np.cov(spikes(real, clock).T))[::-1]


def synchrony(real, clock):
    held = spikes(real, clock)
    return np.sqrt(held.mean(axis=1).var() / held.var(axis=0).mean())


def selective(real, clock):
    held = class_rates(real, clock)
    held = held[~np.isnan(held[:, 0])]
    most = held.max(axis=0)
    others = (held.sum(axis=0) - most) / (len(held) - 1)
    with np.errstate(invalid="ignore"):
        return (most - others) / (most + others)


def images_before(real, clock, lag=2):
    """Images are known wherever anything was recorded."""
    known, pictures = set(real.known(clock).tolist()), pixels()
    steps = [step for step in real.steps(clock).tolist() if step - lag in known]
    spiked = real.values["hidden1", "spikes"][steps].astype(float)
    seen = pictures[real.image[[step - lag for step in steps]]].astype(float)
    with np.errstate(invalid="ignore"):
        return np.tensordot(spiked.T, seen, 1) / spiked.sum(axis=0)[:, None, None]


def pixels():
    return sf.datasets.digits().subset(200, 50).train.pixels.reshape(200, 8, 8)


def course(real, clock, of, before, after, trace=("hidden1", "potential"), column=1):
    """The mean course of a trace, read by the clock `of`, around spikes of `clock`."""
    held, values = set(real.steps(of).tolist()), real.values[trace][:, column]
    lags = range(-before, after + 1)
    rows = [s for s in real.steps(clock).tolist() if all(s + lag in held for lag in lags)]
    spiked = real.values["output", "spikes"][rows].astype(float)
    around = np.array([[values[step + lag] for lag in lags] for step in rows])
    with np.errstate(invalid="ignore"):
        return spiked.T @ around / spiked.sum(axis=0)[:, None] if rows else None


def confused(real, clock):
    """Whole images; the guess is the class with most spikes in the last step."""
    held, found = set(real.steps(clock).tolist()), np.zeros((10, 10), int)
    for first in range(0, TOTAL, N):
        if clock != "every" and all(first + n in held for n in range(N)):
            groups = real.values["output", "spikes"][first + N - 1].reshape(10, 2).sum(axis=1)
            found[real.label[first], groups.argmax()] += 1
    return found


def whole_images(real, clock, before=0, after=N - 1):
    """The first steps of the images around which all steps were read."""
    held = set(real.steps(clock).tolist())
    lags = range(-before, after + 1)
    return [s for s in range(0, TOTAL, N) if all(s + lag in held for lag in lags)]


def psth(real, clock, before, after):
    """The mean spikes around the beginning of an image [steps, units], and the number of images."""
    first = whole_images(real, clock, before, after)
    held = real.values["hidden1", "spikes"].astype(float)
    return np.mean([held[s - before : s + after + 1] for s in first], axis=0), len(first)


def window_counts(real, clock, start, stop):
    """The spikes in a window of each whole image [images, units], and the classes."""
    first = whole_images(real, clock)
    held = real.values["hidden1", "spikes"].astype(int)
    return np.array([held[s + start : s + stop].sum(axis=0) for s in first]), real.label[first]


def spike_steps(real, clock, population):
    """The steps of the spikes of each unit."""
    steps, held = real.steps(clock), real.values[population, "spikes"]
    return [steps[held[steps, unit]].tolist() for unit in range(held.shape[1])]


def near(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def same_by_name(found, expected):
    assert list(found) == list(expected)
    for name, values in expected.items():
        near(found[name], values)

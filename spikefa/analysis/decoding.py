"""Decoding: how well a classifier tells the class that is shown from spike counts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from spikefa.analysis.responses import window_edges
from spikefa.analysis.trials import Trials, counts_of, find_trials
from spikefa.errors import SpikefaError, require
from spikefa.recording import Recording, Steps, Units
from spikefa.utils.memory import require_room
from spikefa.utils.numbers import whole_number


@dataclass(frozen=True)
class Decoding:
    """What a classifier that never saw an image says of it.

    Attributes
    ----------
    classes : ndarray of int64, shape [classes]
        Those that were shown, ascending.
    accuracy : ndarray of float64, shape [folds]
        The share of right answers in each fold.
    chance : float
        The share of right answers if the most frequent class is always said.
    confusion : ndarray of int64, shape [classes, classes]
        Presentations of all folds by the class shown (rows) and the class said (columns).
    images : int
        Number of different images.
    """

    classes: np.ndarray
    accuracy: np.ndarray
    chance: float
    confusion: np.ndarray
    images: int


def decode(
    recording: Recording,
    population: str,
    window: slice | None = None,
    units: Units = None,
    steps: Steps = None,
    folds: int = 5,
    classifier: Any = None,
    seed: int = 0,
) -> Decoding:
    """Decode the class shown from the spike counts of units, cross-validated.

    The spikes of each unit in a window of a complete presentation are counted, and a classifier of
    scikit-learn learns the class from these counts. Images, not presentations, are divided into
    folds: all presentations of an image are in the same fold, so a classifier cannot recognise an
    image that it has learned. Each class is in all folds. The counts are scaled by what was learned
    with.

    In a network that learns meanwhile, and whose potentials are not reset, presentations that
    follow each other are not independent; `window` leaves out the steps with most of the previous
    image.

    Parameters
    ----------
    recording : Recording
    population : str
    window : slice, optional
        Steps of a presentation whose spikes count, such as ``slice(1, 5)``; by default all.
    units : selection, optional
        Recorded units, see `Recording`; by default all.
    steps : str or slice, optional
        The label of a window of the recording or absolute steps; by default all.
    folds : int, default 5
    classifier : optional
        Of scikit-learn, with `fit` and `predict`; it is cloned for each fold. By default logistic
        regression of standardised counts.
    seed : int, default 0
        Deals the images out to the folds.

    Raises
    ------
    SpikefaError
        If fewer than two classes were shown, or fewer images of a class than there are folds.
    """
    folds = whole_number(folds, "folds", 2)
    trials = find_trials(recording, population, steps)
    edges = window_edges(window, trials.length)
    fold = _folds(recording, trials, folds, whole_number(seed, "seed", 0, 2**32 - 1))
    counts = _counts(recording, population, trials, units, edges)
    said = np.empty(len(trials), np.int64)
    for rows, answer in _answers(counts, trials.label, fold, classifier):
        said[rows] = answer
    right = said == trials.label
    classes, place, shown = np.unique(trials.label, return_inverse=True, return_counts=True)
    require(
        bool(np.isin(said, classes).all()), "the classifier answers with classes that it never saw"
    )
    confusion = np.zeros((len(classes), len(classes)), np.int64)
    np.add.at(confusion, (place, np.searchsorted(classes, said)), 1)
    return Decoding(
        classes,
        np.bincount(fold, weights=right) / np.bincount(fold),
        float(shown.max() / len(trials)),
        confusion,
        len(np.unique(trials.image)),
    )


def _folds(recording: Recording, trials: Trials, folds: int, seed: int) -> np.ndarray:
    """Return the fold of each trial, int64: that of its image, with each class in all folds."""
    from sklearn.model_selection import StratifiedKFold

    images, first, place = np.unique(trials.image, return_index=True, return_inverse=True)
    label = trials.label[first]
    classes, held = np.unique(label, return_counts=True)
    require(
        len(classes) >= 2,
        f"{recording.path} shows {len(classes)} class in the complete presentations there: "
        "decoding needs at least two",
    )
    fewest = int(held.argmin())
    require(
        int(held[fewest]) >= folds,
        f"{recording.path} shows {held[fewest]} different images of class {classes[fewest]} in "
        f"complete presentations there, too few for {folds} folds: record more presentations, or "
        "lower `folds`",
    )
    fold = np.empty(len(images), np.int64)
    split = StratifiedKFold(folds, shuffle=True, random_state=seed).split(images, label)
    for number, (_, tested) in enumerate(split):
        fold[tested] = number
    return fold[place]


def _counts(
    recording: Recording, population: str, trials: Trials, units: Units, edges: np.ndarray
) -> np.ndarray:
    """Return the spikes of each unit in each trial, float64 [trials, n_units]."""
    n_units = len(recording.series(population).some_units(units))
    require_room(
        {f"the counts of {population!r}": 3 * 8 * len(trials) * n_units},  # two scaled copies
        mend="give fewer units or steps",
    )
    counts = np.empty((len(trials), n_units))
    for part, found in counts_of(recording, population, trials, units, edges):
        counts[part] = found[:, 0]
    return counts


def _answers(
    counts: np.ndarray, label: np.ndarray, fold: np.ndarray, classifier: Any
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the trials of each fold, and what a classifier that learned without them says."""
    from sklearn.base import clone
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if classifier is None:
        classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    for number in range(int(fold.max()) + 1):
        tested = np.flatnonzero(fold == number)
        learner = _made(clone, classifier)
        learner.fit(counts[fold != number], label[fold != number])
        yield tested, np.asarray(learner.predict(counts[tested]))


def _made(clone: Any, classifier: Any) -> Any:
    try:
        return clone(classifier)
    except TypeError as error:
        raise SpikefaError(
            f"the classifier is a {type(classifier).__name__}: give one of scikit-learn, such as "
            "sklearn.svm.LinearSVC()"
        ) from error

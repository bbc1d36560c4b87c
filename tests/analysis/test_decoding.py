"""Decoding, against scikit-learn; what was learned with never comes back in a test."""

import numpy as np
import pytest
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import accuracy_score, confusion_matrix
from sklearn.neighbors import KNeighborsClassifier

from spikefa import analysis
from spikefa.errors import SpikefaError
from spikefa.recording import Probe, Recorder, Window, open_recording
from tests.helpers.trial_truth import trials


def presented(truth, window=slice(None)):
    """Spike counts, labels and images of the whole presentations."""
    found = list(trials(truth))
    counts = np.array([truth.hidden[rows[window]].sum(axis=0) for *_, rows in found])
    return counts, *(np.array([each[n] for each in found]) for n in (1, 2))


class Noting(ClassifierMixin, BaseEstimator):
    """Answers class 0, and notes what it learned and what it was asked."""

    calls: list = []  # noqa: RUF012 - shared with its clones

    def fit(self, x, y):
        self.calls.append((x.copy(), y.copy()))
        return self

    def predict(self, x):
        self.calls.append(x.copy())
        return np.zeros(len(x), int)


def test_the_counts_are_those_of_the_window(run):
    recording, truth = run
    Noting.calls.clear()
    found = analysis.decode(recording, "hidden1", slice(1, 4), folds=3, classifier=Noting())
    counts, label, image = presented(truth, slice(1, 4))
    learned, asked = Noting.calls[::2], Noting.calls[1::2]
    assert len(asked) == 3
    everything = np.concatenate(asked)
    assert sorted(everything.tolist()) == sorted(counts.tolist())
    for (x, y), tested in zip(learned, asked, strict=True):
        both = np.concatenate([x, tested])
        assert sorted(both.tolist()) == sorted(counts.tolist())
        assert set(y) == set(label)  # each class is learned in each fold
    assert found.images == len(set(image.tolist()))
    assert found.chance == np.bincount(label).max() / len(label)
    np.testing.assert_array_equal(found.confusion[:, 0], np.bincount(label))


def test_accuracy_and_confusion_are_those_of_scikit_learn(recording, recorded):
    """With the folds that the decoder says, learned and asked by hand."""
    counts, label, image = presented(recorded[1])
    found = analysis.decode(recording, "hidden1", folds=4, classifier=LinearDiscriminantAnalysis())
    from sklearn.model_selection import StratifiedKFold

    images = np.unique(image)
    accuracy, said = [], np.empty_like(label)
    for _, tested in StratifiedKFold(4, shuffle=True, random_state=0).split(images, images % 5):
        test = np.isin(image, images[tested])
        learner = LinearDiscriminantAnalysis().fit(counts[~test], label[~test])
        said[test] = learner.predict(counts[test])
        accuracy.append(accuracy_score(label[test], said[test]))
    np.testing.assert_allclose(found.accuracy, accuracy)
    np.testing.assert_array_equal(found.confusion, confusion_matrix(label, said))
    assert found.classes.tolist() == list(range(5))


def test_units_that_prefer_classes_tell_them_and_those_of_chance_do_not(recording):
    found = analysis.decode(recording, "hidden1", folds=3)
    assert found.accuracy.mean() > found.chance + 0.2
    silent = analysis.decode(recording, "hidden1", units=[3, 8], folds=3)  # silent and always on
    assert silent.accuracy.mean() <= silent.chance + 1e-12


def record(path, image, label, spikes):
    """Record presentations of two steps; spikes are [presentations, n]."""
    n = spikes.shape[1]
    variables = {"input": {"spikes": torch.zeros(1, 1)}, "hidden1": {"spikes": torch.zeros(1, n)}}
    variables["output"] = {"spikes": torch.zeros(1, 1)}
    windows = [Window("all", 0, 2 * len(image))]
    probes = [Probe("hidden1", "spikes", "all")]
    with Recorder.create(path, probes, windows, variables, {"seed": 0}) as recorder:
        for step in range(2 * len(image)):
            number = step // 2
            values = torch.from_numpy(spikes[number].astype(np.float32))
            variables["hidden1"]["spikes"][0] = values
            recorder.observe(step, int(image[number]), int(label[number]), start=2 * number)
    return open_recording(path)


def test_images_that_come_back_do_not_leak(tmp_path):
    """Spikes that name the image and say nothing of its class: only a leak would help."""
    random = np.random.default_rng(5)
    image = np.concatenate([random.permutation(60) for _ in range(4)])  # four epochs
    names = random.random((60, 40)) < 0.5
    label = random.permutation(np.arange(60) % 2)[image]
    nearest = KNeighborsClassifier(1)
    with record(tmp_path / "a.h5", image, label, names[image]) as recording:
        found = analysis.decode(recording, "hidden1", classifier=nearest)
    assert found.images == 60
    assert found.accuracy.mean() < 0.75  # 1.0 with presentations dealt out
    counts = 2 * names[image]
    leaky = nearest.fit(counts[::2], label[::2]).score(counts[1::2], label[1::2])
    assert leaky > 0.85


def test_too_few_images_of_a_class_are_said(recording, tmp_path):
    with pytest.raises(SpikefaError, match=r"different images of class \d .* too few for 7 folds"):
        analysis.decode(recording, "hidden1", folds=7)
    with pytest.raises(SpikefaError, match="folds is 1"):
        analysis.decode(recording, "hidden1", folds=1)
    spikes = np.ones((8, 3), bool)
    with (
        record(tmp_path / "one.h5", np.arange(8), np.zeros(8, int), spikes) as one,
        pytest.raises(SpikefaError, match=r"shows 1 class .* at least two"),
    ):
        analysis.decode(one, "hidden1")


def test_what_is_no_classifier_is_refused(recording):
    with pytest.raises(SpikefaError, match="the classifier is a str: give one of scikit-learn"):
        analysis.decode(recording, "hidden1", folds=3, classifier="svm")


def test_counts_that_do_not_fit_are_refused(recording, monkeypatch):
    monkeypatch.setattr("spikefa.utils.memory.free_bytes", lambda device: 1000)
    with pytest.raises(SpikefaError, match="the counts of 'hidden1' would take"):
        analysis.decode(recording, "hidden1", folds=3)

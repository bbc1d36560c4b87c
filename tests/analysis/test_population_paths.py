"""Paths in principal components, against scikit-learn."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from spikefa import analysis
from spikefa.errors import SpikefaError
from tests.helpers.trial_truth import by_group, trials


@pytest.mark.parametrize("before", [0, 2])
def test_paths_are_those_of_scikit_learn(run, before):
    recording, truth = run
    found = analysis.population_paths(recording, "hidden1", 4, before=before)
    groups = by_group(trials(truth, before), "class")
    mean = np.array([np.mean([truth.hidden[r] for r in rows], axis=0) for rows in groups.values()])
    pca = PCA(4, svd_solver="full")
    path = pca.fit_transform(mean.reshape(-1, 13)).reshape(*mean.shape[:2], 4)
    sign = np.sign((pca.components_ * found.axis).sum(axis=1))
    np.testing.assert_allclose(found.path, path * sign, atol=1e-10)
    np.testing.assert_allclose(found.axis, pca.components_ * sign[:, None], atol=1e-10)
    np.testing.assert_allclose(found.share, pca.explained_variance_ratio_, atol=1e-12)
    assert (found.axis.max(axis=1) == np.abs(found.axis).max(axis=1)).all()
    assert found.step.tolist() == list(range(-before, 5))
    assert found.group.tolist() == list(groups)


def test_what_cannot_be_drawn_is_said(recording):
    with pytest.raises(SpikefaError, match=r"9 components .* at most 3"):
        analysis.population_paths(recording, "hidden1", 9, [0, 1, 2])
    with pytest.raises(SpikefaError, match="the same in all groups and steps"):
        analysis.population_paths(recording, "hidden1", 1, [3, 8])

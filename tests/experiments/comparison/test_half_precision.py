"""The experiment on copies in half precision compares backends, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from spikefa.errors import SpikefaError
from spikefa.experiments.comparison import half_precision
from spikefa.runs.studies.claims import judge_all

SHORT = {"train_images": 30, "epochs": 1, "hidden": 10, "outputs": 10}


def test_a_short_run_ends_with_a_score_for_each_circuit_and_copy():
    settings = half_precision.Settings(**(half_precision.EXPERIMENT.quick | SHORT))
    found = half_precision.once(settings, 0)
    shape = len(half_precision.CIRCUITS), len(half_precision.READS)
    assert found["error"].shape == found["summed"].shape == shape
    runs = {name: values[None] for name, values in found.items()}
    measures = half_precision.EXPERIMENT.measures(settings, runs)
    assert len(judge_all(half_precision.CLAIMS, measures)) == 8
    worse = found["summed"][1, 2] - found["summed"][1, 0]
    np.testing.assert_allclose(measures.worse["DFA", "float16"], [worse])


def test_it_chooses_the_backends_itself():
    settings = replace(half_precision.Settings(), backend="eager")
    with pytest.raises(SpikefaError, match="compares backends, so leave it out"):
        half_precision.once(settings, 0)

"""Repeats of an experiment: each is made once, alone or side by side."""

import numpy as np
import pytest

from spikefa.experiments.lillicrap2016 import fig2, fig3cd
from spikefa.runs.studies.grid import Grid, load_runs
from spikefa.runs.studies.repeats import _quietly, repeat
from spikefa.utils.progress import shown_as


@pytest.mark.slow
@pytest.mark.parametrize(
    ("figure", "settings"),
    [
        (fig2, fig2.Settings(examples=60, every=20)),
        (fig3cd, fig3cd.Settings(updates=40, every=20)),
    ],
    ids=["fig2", "fig3cd"],
)
def test_repeats_side_by_side_are_the_repeats(figure, settings, tmp_path):
    for name, together in (("alone", None), ("together", figure.together)):
        (tmp_path / name).mkdir()
        repeat(figure.once, settings, Grid(tmp_path / name, range(3)), 1, together)
    alone, together = (load_runs(tmp_path / name, range(3)) for name in ("alone", "together"))
    assert set(alone) == set(together)
    for name in set(alone) - {"seconds", "commit"}:
        np.testing.assert_allclose(together[name], alone[name], rtol=1e-9, err_msg=name)


def test_seeds_that_are_there_are_not_repeated(tmp_path):
    made = []

    def together(settings, seeds):
        made.append(list(seeds))
        return [{"seed": seed} for seed in seeds]

    repeat(None, None, Grid(tmp_path, range(2)), 1, together)
    repeat(None, None, Grid(tmp_path, range(5)), 1, together)
    assert made == [[0, 1], [2, 3, 4]]
    assert load_runs(tmp_path, range(5))["seed"].tolist() == [0, 1, 2, 3, 4]


def test_other_processes_leave_the_progress_to_this_one():
    assert shown_as("bar") == "bar"
    seen = []
    assert _quietly(lambda job: seen.append(shown_as("auto")) or job, 3) == 3
    assert seen == ["none"]
    assert shown_as("auto") != "none"

"""The picture of every study can be read: drawn from made-up runs, in the shapes of quick ones.

quick_shapes.json holds, for each study (and cell), the arrays of a quick run: shape, least and
largest value, and whether they rise along the last axis, as epochs do.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from spikefa.analysis.saving import PAGE_WIDTH
from spikefa.analysis.style import on_white
from spikefa.runs.catalogue import experiment_names
from spikefa.runs.loading import load_experiment
from spikefa.runs.parsing import parse_settings
from spikefa.runs.studies.study import Study
from tests.helpers.readable import check_readable

SHAPES = json.loads((Path(__file__).parent / "quick_shapes.json").read_text(encoding="utf-8"))
RUNS = 2
ONCE_UNREADABLE = {
    *("chu2024.fig1", "chu2024.fig3", "li2024.fig2", "lillicrap2016.fig5", "lillicrap2016.n9"),
    *("panjehpour2022.fig6", "strategies.t4"),
}
"""The others are drawn by the same functions, and checked in the long part."""


def some_long(names):
    return [
        name if name in ONCE_UNREADABLE else pytest.param(name, marks=pytest.mark.long)
        for name in names
    ]


def made_up(shape, low, high, kind):
    """Return the array of two runs: rising, or falling towards its least value with some noise."""
    random = np.random.default_rng(len(shape) + int(abs(high)))
    if not shape:
        return random.uniform(low, high, RUNS)
    if kind == "up":
        return np.broadcast_to(np.linspace(low, high, shape[-1]), (RUNS, *shape)).copy()
    time = np.linspace(0, 1, shape[1] if len(shape) > 2 else shape[0])
    course = np.exp(-4 * time).reshape(-1, *(1,) * (len(shape) - 1 - (len(shape) > 2)))
    noise = random.uniform(0.9, 1.0, (RUNS, *shape))
    return low + (high - low) * np.broadcast_to(course, shape) * noise


def made(arrays):
    return {name: made_up(*told) for name, told in arrays.items()}


def drawn(name, cells=None):
    study = load_experiment(name)
    quick = parse_settings(name, study.settings, ["--quick", "--repeats", str(RUNS)]).settings
    told = SHAPES[name]
    runs = {cell: made(told[cell]) for cell in list(told)[:cells]} if study.cells else made(told)
    with on_white():
        return study.picture(study.completed(quick), runs)


@pytest.mark.slow
@pytest.mark.parametrize("name", some_long(SHAPES))
def test_the_picture_of_a_study_can_be_read(name):
    figure = drawn(name)
    assert figure.get_figwidth() <= PAGE_WIDTH
    check_readable(figure)


@pytest.mark.parametrize("name", some_long(name for name in SHAPES if load_experiment(name).cells))
def test_a_table_of_which_one_cell_was_run_can_be_read(name):
    """Panels without a run had axes from 95 to 105 epochs."""
    check_readable(drawn(name, cells=1))


def test_every_study_is_here():
    names = {name for name in experiment_names() if isinstance(load_experiment(name), Study)}
    others = {"comparison.half_precision", "events.nmnist", "events.saccades", "events.shd"}
    assert names - set(SHAPES) == others

"""A network is the same on 1, 2, 3 and 4 ranks: weights, measures, tests, and recordings."""

import numpy as np
import pytest
import torch

import spikefa as sf
from tests.helpers.rank_cases import CASES, NETWORKS
from tests.helpers.started_ranks import run_cases

GRIDS = {"2 ranks": (2, 1), "3 ranks": (3, 1), "2 groups": (2, 2), "2 groups of 2": (4, 2)}
IN_FLOAT64 = [name for name in NETWORKS if name not in ("float32", "exact float32", "softmax")]
RUNS = {
    "2 ranks": [
        *IN_FLOAT64,
        "augmented",
        "float32",
        "exact float32",
        "recorded",
        "saved",
        "diverging",
    ],
    "3 ranks": ["PFA", "KP", "recorded", "resumed"],
    "2 groups": ["FA", "augmented", "PFAo", "ungated KP", "softmax", "recurrent"],
    "2 groups of 2": ["DFA", "PFA", "resumed"],
}
"""What each grid of ranks runs; every start takes some seconds."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("ranks")


@pytest.fixture(scope="module")
def alone(folder):
    """What each case finds without ranks, once for all tests."""
    found = {}

    def of(name):
        if name not in found:
            own = folder / "alone"
            own.mkdir(exist_ok=True)
            found[name] = CASES[name](None, own)
        return found[name]

    return of


@pytest.fixture(scope="module")
def ran(folder):
    """Where each grid of ranks has written what it found, once for all tests."""
    places = {}

    def on(grid):
        if grid not in places:
            place = places[grid] = folder / grid.replace(" ", "_")
            place.mkdir()
            if "resumed" in RUNS[grid]:  # from the checkpoint of other ranks
                before = on("2 ranks") / "checkpoint.pt"
                (place / "checkpoint.pt").write_bytes(before.read_bytes())
            run_cases(*GRIDS[grid], RUNS[grid], place)
        return places[grid]

    return on


def found_by_each(place, name, ranks):
    return [torch.load(place / f"{name}.{rank}.pt", weights_only=False) for rank in range(ranks)]


def check_same(found, truth, tolerance=1e-12):
    assert found["weights"].keys() == truth["weights"].keys()
    for name, each in truth["weights"].items():
        assert torch.allclose(found["weights"][name], each, rtol=0, atol=tolerance), name
    assert found["row"] == pytest.approx(truth["row"], abs=max(1e-9, tolerance), nan_ok=True)
    assert found["test"] == truth["test"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("grid", "name"),
    [
        (grid, name)
        for grid, names in RUNS.items()
        for name in names
        if name in [*IN_FLOAT64, "softmax", "augmented"]
    ],
)
def test_all_ranks_find_what_one_process_finds(grid, name, ran, alone):
    """In float64, to rounding."""
    for found in found_by_each(ran(grid), name, GRIDS[grid][0]):
        check_same(found, alone(name))


@pytest.mark.slow
def test_in_float32_the_bits_are_the_same_where_sums_are_not_rounded(ran, alone):
    """And with others to rounding: a product over fewer columns may add in another order."""
    for name, tolerance in (("exact float32", 0), ("float32", 1e-5)):
        for found in found_by_each(ran("2 ranks"), name, 2):
            check_same(found, alone(name), tolerance)


def test_learning_changes_what_is_compared(alone):
    network = NETWORKS["FA"]()
    network.initialise(3)
    before, after = network.tensors(), alone("FA")["weights"]
    changed = [name for name in before if not torch.equal(before[name], after[name])]
    assert len(changed) == 6  # three weights and three biases


@pytest.mark.slow
@pytest.mark.parametrize("grid", ["3 ranks", "2 groups of 2"])
def test_a_checkpoint_of_two_ranks_goes_on_with_others(grid, ran, alone):
    for found in found_by_each(ran(grid), "resumed", GRIDS[grid][0]):
        check_same(found, alone("through"))


def test_a_checkpoint_of_two_ranks_goes_on_without_ranks(ran, alone):
    check_same(CASES["resumed"](None, ran("2 ranks")), alone("through"))


@pytest.mark.parametrize("grid", ["2 ranks", "3 ranks"])
def test_the_files_of_all_ranks_are_one_recording(grid, ran, alone, folder):
    check_same(found_by_each(ran(grid), "recorded", 2)[0], alone("recorded"))
    with (
        sf.open(ran(grid) / "recording.h5") as found,
        sf.open(folder / "alone" / "recording.h5") as truth,
    ):
        assert found.populations == truth.populations
        assert found.windows == truth.windows
        assert np.array_equal(found.steps, truth.steps)
        assert np.array_equal(found.stimulus, truth.stimulus)
        for population in truth.populations:
            for variable in truth.variables(population):
                _check_variable(found, truth, population, variable)
        every = [each.raster("hidden2", stream="all") for each in (found, truth)]
        assert np.array_equal(*every)
        assert every[0].shape == (14, 21, 41)


def _check_variable(found, truth, population, variable):
    where = population, variable
    assert np.array_equal(found.units(*where), truth.units(*where))
    if variable == "spikes":
        assert np.array_equal(found.raster(population), truth.raster(population))
        assert np.array_equal(found.events(population), truth.events(population))
        assert truth.raster(population).any()
    else:
        assert np.allclose(found.trace(*where), truth.trace(*where), rtol=0, atol=1e-6)


def test_the_file_of_a_rank_can_be_read_alone_and_a_missing_one_is_named(ran, tmp_path):
    place = ran("2 ranks")
    with sf.open(place / "recording.rank1.h5") as own:
        assert own.populations["hidden2"].size == 41 - 24
    (tmp_path / "recording.h5").write_bytes((place / "recording.h5").read_bytes())
    with pytest.raises(sf.SpikefaError, match=r"recording\.rank1\.h5 is missing"):
        sf.open(tmp_path / "recording.h5")


def test_files_that_were_not_written_together_are_refused(ran, tmp_path):
    for name, source in (("recording.h5", "2 ranks"), ("recording.rank1.h5", "3 ranks")):
        (tmp_path / name).write_bytes((ran(source) / name).read_bytes())
    with pytest.raises(sf.SpikefaError, match=r"recording\.rank1\.h5 is no part of the same"):
        sf.open(tmp_path / "recording.h5")


def test_what_diverges_on_one_rank_is_said_by_all(ran):
    said = [each["said"] for each in found_by_each(ran("2 ranks"), "diverging", 2)]
    assert said[0] == said[1]
    assert "NaN or infinite" in said[0]
    assert "(rank 1)" in said[0]

import numpy as np
import pytest
import torch

from spikefa.errors import SpikefaError
from spikefa.recording import Probe, Window, figure_windows
from spikefa.recording.plan.channels import draw_units, resolve
from spikefa.recording.plan.windows import check_windows

STATE = {"input": {"spikes": torch.zeros(2, 8)}, "output": {"spikes": torch.zeros(2, 6)}}


def test_traced_neurons_are_among_the_raster_units():
    few = draw_units(3, "hidden1", 1500, seed=4)
    many = draw_units(50, "hidden1", 1500, seed=4)
    assert set(few) < set(many)
    assert len(set(many)) == 50
    assert (np.diff(many) > 0).all()
    assert many.max() < 1500


def test_units_follow_from_seed_and_population_alone():
    once, again = (draw_units(50, "hidden1", 1500, seed=4) for _ in range(2))
    np.testing.assert_array_equal(once, again)
    for population, seed in (("hidden2", 4), ("hidden1", 5)):
        assert not np.array_equal(once, draw_units(50, population, 1500, seed))


@pytest.mark.parametrize(
    ("probe", "answer"),
    [
        (Probe("hidden", "spikes", 1), "input, output"),
        (Probe("input", "potential", 1), "it has spikes"),
        (Probe("input", "spikes", 9), "from 1 to 8"),
        (Probe("input", "spikes", 0), "from 1 to 8"),
        (Probe("input", "spikes", [2, 8]), "have no 8: they are 0 to 7"),
        (Probe("input", "spikes", [-9]), "have no -9: they are 0 to 7"),
        (Probe("input", "spikes", [7, -1]), "have 7 more than once"),
        (Probe("input", "spikes", 2.0), "give a list of whole numbers"),
        (Probe("input", "spikes", True), "give a list of whole numbers"),
        (Probe("input", "spikes", np.zeros(8, bool)), "none of 8"),
        (Probe("input", "spikes", []), "none of 8"),
        (Probe("input", "spikes", "some"), "'all'"),
        (Probe("input", "spikes", 1, stream=2), "from -2 to 1"),
    ],
)
def test_a_wrong_probe_is_answered_with_what_there_is(probe, answer):
    with pytest.raises(SpikefaError, match=answer):
        resolve([probe], STATE, seed=1)


def test_two_probes_of_one_variable_are_refused():
    with pytest.raises(SpikefaError, match="two probes"):
        resolve([Probe("input", "spikes", 1), Probe("input", "spikes", 2)], STATE, seed=1)


def test_names_that_would_be_paths_are_refused():
    with pytest.raises(SpikefaError, match="cannot be used"):
        resolve([Probe("a/b", "spikes", 1)], {"a/b": STATE["input"]}, seed=1)


@pytest.mark.parametrize("steps_per_image", [1, 5, 7, 50, 80])
@pytest.mark.parametrize("shown", [1, 2, 3, 4, 29, 30, 31, 1000])
@pytest.mark.parametrize("rest", [0, 1])
def test_figure_windows_hold_whole_images_and_do_not_overlap(steps_per_image, shown, rest):
    total = shown * steps_per_image + min(rest, steps_per_image - 1)
    windows = figure_windows(total, steps_per_image)
    check_windows(windows)
    assert [w.label for w in windows] == {1: ["early"], 2: ["early", "late"]}.get(
        shown, ["early", "middle", "late"]
    )
    assert windows[0].start == 0
    for window in windows:
        assert window.start % steps_per_image == window.stop % steps_per_image == 0
        assert window.stop <= total
    if shown >= 2:
        assert windows[-1].stop == shown * steps_per_image
    if shown == 1000:
        length = {1: 50, 5: 10, 7: 8, 50: 3, 80: 3}[steps_per_image]
        assert {w.stop - w.start for w in windows} == {length * steps_per_image}
        assert abs(windows[1].start + windows[1].stop - total) <= 2 * steps_per_image


def test_a_run_shorter_than_an_image_is_recorded():
    assert figure_windows(3, 5) == (Window("early", 0, 3),)


@pytest.mark.parametrize(
    ("make_windows", "answer"),
    [
        (lambda: [], "at least one window"),
        (lambda: [Window("a", 0, 5), Window("b", 4, 8)], "overlap"),
        (lambda: [Window("a", 3, 3)], "start < stop"),
        (lambda: [Window("a", -1, 3)], "start < stop"),
        (lambda: [Window("a", 0, 1), Window("a", 1, 2)], "share a label"),
        (lambda: [Window("x" * 33, 0, 1)], "32 bytes"),
    ],
)
def test_wrong_windows_are_refused(make_windows, answer):
    with pytest.raises(SpikefaError, match=answer):
        check_windows(make_windows())

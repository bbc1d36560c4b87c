"""The kernels of fused-deferred, captured: bit for bit what they do when started one by one."""

from functools import partial

import h5py
import numpy as np
import pytest

import spikefa as sf
from spikefa.backends import make_backend
from spikefa.backends.graph import Graph
from spikefa.recording import Always, Probe
from tests.helpers.graph_pairs import agree, simulate

pytestmark = pytest.mark.usefixtures("triton", "captured")

PROBES = [
    Probe("hidden1", "spikes", "all", stream=0),
    Probe("hidden2", "modulator", 3, stream=0),
    Probe("hidden2", "factor", 3, stream=0),
]


def started(tiny, circuit=None, rule=None, backend="fused-deferred", **options):
    return simulate(tiny, backend, circuit, rule, steps=3, **options)


def pair(make):
    """Return a simulation that starts kernel after kernel, and one that captures them."""
    from spikefa.backends.fused_deferred.backend import FusedDeferred  # needs triton

    both = [make(), make()]
    one = both[0].runner
    name = one.backend.name
    one.backend = make_backend(name, one.network, one.state, 2, "train", 3, capture=False)
    assert type(one.backend) is FusedDeferred
    assert type(both[1].runner.backend) is Graph
    return both


def side_by_side(make, presentations):
    both = pair(make)
    for number in range(presentations):
        # A graph of one step leaves nothing waiting, and where decay is due they are of one step.
        single = number % 3 == 2 or not both[1].runner.backend.can_run(3)
        for each in both:
            for _ in each.present(each=single):
                each.runner.flush()
        agree(*both)
    return both[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("circuit", "batch", "backend"),
    [
        (sf.FA, 11, "fused-deferred-fp16"),
        pytest.param(sf.FA, 1, "fused-deferred", marks=pytest.mark.long),
    ],
)
def test_whole_images_and_single_steps(tiny, circuit, batch, backend):
    graph = side_by_side(lambda: started(tiny, circuit(), batch=batch, backend=backend), 3)
    assert {key[0] for key in graph.runner.backend.captured} == {"step", (3, None)}
    assert graph.runner.backend.inner.waiting == 0


@pytest.mark.long
@pytest.mark.parametrize("batch", [1, 3, 17])
@pytest.mark.parametrize("backend", ["fused-deferred", "fused-deferred-fp16"])
@pytest.mark.parametrize("circuit", [sf.FA, sf.DFA, sf.PFA, sf.PFAo, sf.KP])
def test_40_images(tiny, circuit, batch, backend):
    side_by_side(lambda: started(tiny, circuit(), batch=batch, backend=backend), 40)


@pytest.mark.long
def test_frozen_projections_and_decay_that_comes_due_within_an_image(tiny):
    schedule = {
        "hidden1": sf.Piecewise({0: 1, 1: 0, 3: 2}),
        "hidden2": sf.WarmUpAnneal(8, 2),
        "output": sf.Piecewise({0: 1, 2: 2}),
    }
    rule = sf.ThreeFactor(1e-2, weight_decay=3e-5)
    options = {"rule": rule, "schedule": schedule, "backend": "fused-deferred-fp16", "batch": 11}
    graph = side_by_side(partial(started, tiny, **options), 4)
    assert len({key[1:] for key in graph.runner.backend.captured}) > 1


@pytest.mark.long
def test_a_recording_is_the_same(tiny, tmp_path):
    files = []
    for number, simulation in enumerate(pair(partial(started, tiny, batch=11))):
        files.append(tmp_path / f"{number}.h5")
        with simulation:
            simulation.record(files[-1], PROBES, Always())
            simulation.train(1)
    with h5py.File(files[0]) as one, h5py.File(files[1]) as other:
        names = []
        one.visit(lambda name: names.append(name) if hasattr(one[name], "dtype") else None)
        assert names
        for name in names:
            np.testing.assert_array_equal(one[name][:], other[name][:], err_msg=name)


@pytest.mark.long
def test_stopped_and_resumed(tiny, tmp_path):
    make = partial(started, tiny, backend="fused-deferred-fp16", batch=11)
    whole, halved = pair(make)
    whole.train(2)
    halved.train(1)
    halved.save(tmp_path / "c.pt")
    resumed = make()
    for _ in resumed.present(each=False):  # has captured, and got to somewhere else
        pass
    resumed.restore(tmp_path / "c.pt")
    resumed.train(1)
    agree(whole, resumed)


@pytest.mark.long
def test_other_factors_do_not_go_on_with_a_checkpoint(tiny, tmp_path):
    rounded = started(tiny, backend="fused-deferred-fp16", batch=11)
    rounded.save(tmp_path / "c.pt")
    with pytest.raises(sf.SpikefaError, match="is fused-deferred-fp16, here it is fused-deferred"):
        started(tiny, batch=11).restore(tmp_path / "c.pt")

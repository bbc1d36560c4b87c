"""Names of users are refused at the door, or change nothing: they never meet internal names."""

import string
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

import spikefa as sf
from spikefa.datasets import Dataset, Images
from spikefa.datasets.examples import Examples
from spikefa.errors import SpikefaError
from spikefa.recording import Always
from spikefa.stimulus.encodings import RateCode

TAKEN = (
    "stimulus spikes feedback feedback.error1 error1 input output 0 1 00 hidden1 Hidden1 train "
    "test validation weights weight bias synapses network runner state traces step rate_output "
    "sd_output learning_rate_factor __class__ replica each populations load metrics optimiser "
    "value packed node_ids until images label a.b a..b . .. a/b /a a\\b _ -a a: potential "
    "modulator raster trace clocks epochs"
).split()
ODD = [
    "",
    " ",
    "a b",
    "\u00e9",
    "\U0001f642",
    "a\nb",
    "a\0b",
    "\ud800",
    "$x$",
    "a,b",
    '"',
    "x" * 101,
]
NAMES = st.one_of(
    st.sampled_from([*TAKEN, *ODD]),
    st.text(string.ascii_letters + string.digits + "_.-", min_size=1, max_size=12),
    st.text(max_size=6),
)


def data():
    random = np.random.default_rng(1)
    images = Images(
        random.integers(0, 256, (8, 3, 3), dtype=np.uint8),
        np.arange(8, dtype=np.uint8) % 2,
        n_classes=2,
    )
    return Dataset("few", images, images)


DATA = data()


def simulate(names, replicas=None):
    populations = {
        name: sf.StochasticBinary(size) for name, size in zip(names, (5, 4), strict=True)
    }
    feedback = sf.FA(scale=0.5, phi_delta="spiking")
    net = sf.Network(9, populations, feedback, sf.STDP(learning_rate=1e-2), replicas=replicas)
    seed = 3 if replicas is None else [3, 4]
    return sf.Simulation(net, DATA, steps_per_image=2, batch_size=3, seed=seed, progress=False)


def train(names, folder, replicas=None):
    """Train, record, save, restore into another and train that; return what came of it."""
    sim = simulate(names, replicas)
    # The neurons draw from streams with their names, so that without noise all runs are equal.
    for population in sim.runner.state.populations:
        population.uniforms.fill_(0.5)
    for _, source in sim.runner.random._drawn.pop("spikes"):
        assert source.partition("spikes/")[2] in names
    probes = [sf.Probe(name, "spikes", "all") for name in ("input", *names)]
    probes += [sf.Probe(name, "potential", "all") for name in names]
    with sim:
        sim.record(folder / "r.h5", probes, Always())
        sim.train(1)
    sim.save(folder / "c.pt")
    again = simulate(names, replicas)
    again.restore(folder / "c.pt")
    own, restored = sim.tensors(), again.tensors()
    assert own.keys() == restored.keys()
    assert all(torch.equal(tensor, restored[name]) for name, tensor in own.items())
    states = again.runner.random.states()
    assert all(
        torch.equal(state, states[name]) for name, state in sim.runner.random.states().items()
    )
    with sf.open(folder / "r.h5") as recording:
        assert [*recording.populations] == ["input", *names]
        rows = [recording.raster(name) for name in ("input", *names)]
        rows += [recording.trace(name, "potential") for name in names]
    metrics = {key: value for key, value in sim.history[-1].items() if key != "wall_seconds"}
    return list(own.values()), rows, metrics


def refused(names):
    allowed = set(string.ascii_letters + string.digits + "_.-")
    return any(
        not name or set(name) - allowed or name[0] in ".-" or name == "input" or len(name) > 100
        for name in names
    )


@cache
def train_with_usual_names(replicas):
    with TemporaryDirectory() as folder:
        return train(["first", "second"], Path(folder), replicas)


@pytest.mark.slow
@pytest.mark.parametrize("replicas", [None, 2])
@given(names=st.lists(NAMES, min_size=2, max_size=2, unique=True))
@example(names=["stimulus", "output"])
@example(names=["Output", "output"])
@example(names=["a", "a.weight"])
@example(names=["0", "1"])
@example(names=["error1", "error2"])
@settings(max_examples=15, deadline=None)
def test_a_name_is_refused_at_the_door_or_changes_nothing(replicas, names):
    if refused(names):
        with pytest.raises(SpikefaError, match="population") as error:
            simulate(names, replicas)
        assert "\n" not in str(error.value)
        return
    with TemporaryDirectory() as folder:
        tensors, rows, metrics = train(names, Path(folder), replicas)
        usual = train_with_usual_names(replicas)
    assert all(torch.equal(a, b) for a, b in zip(tensors, usual[0], strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(rows, usual[1], strict=True))
    assert len(metrics) == len(usual[2])
    assert list(metrics.values()) == pytest.approx(list(usual[2].values()), nan_ok=True)


def test_a_name_that_is_no_text_is_refused():
    with pytest.raises(SpikefaError, match="population name 3 cannot be used"):
        sf.Network(9, {3: sf.StochasticBinary(4)}, sf.FA(), sf.ThreeFactor())


def test_two_parts_of_a_rate_network_never_share_a_random_stream():
    populations = {"error1": sf.Rate(4, noise=0.1), "output": sf.Rate(2)}
    net = sf.Network(3, populations, sf.FA(phi_delta="spiking"), sf.ThreeFactor())
    examples = Examples(torch.zeros(4, 3), torch.zeros(4, 2))
    with pytest.raises(SpikefaError, match="'feedback/error1' and 'spikes/error1' would draw"):
        sf.Simulation(net, sf.ExampleStimulus(examples), batch_size=2)


class Declares(sf.StochasticBinary):
    def __init__(self, size, name):
        super().__init__(size)
        self.name = name

    def variables(self, state):
        return {self.name: state.gain}


class Traces(sf.PlasticityRule):
    traces: ClassVar = {}

    def update(self, pre, post, modulator, state):
        return sf.Outer(pre, 0.0 * modulator)


def rule(**traces):
    return type("Traced", (Traces,), {"traces": traces})(learning_rate=1e-2)


class Code(RateCode):
    def state(self, batch, n_pixels, device, dtype):
        state = super().state(batch, n_pixels, device, dtype)
        return {**state, "label": state["probability"].clone()}


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"population": Declares(5, "potential")}, "Declares.variables declares .*'potential'"),
        ({"population": Declares(5, "label")}, "Declares.variables declares .*'label'"),
        ({"rule": rule(probability="pre")}, "ImageStimulus.variables declares .*'probability'"),
        (
            {"rule": rule(spikes="post", rule_spikes="post")},
            "Traced.traces declares .*'rule_spikes'",
        ),
        (
            {"population": Declares(5, "m"), "rule": rule(m="post")},
            "Traced.traces declares the variable 'm' of population 'hidden1', which is taken",
        ),
        ({"encoding": Code()}, "Code.state declares .*'label'"),
    ],
)
def test_a_variable_that_would_hide_another_is_refused(parts, message):
    populations = {
        "hidden1": parts.get("population", sf.StochasticBinary(5)),
        "output": sf.StochasticBinary(4),
    }
    net = sf.Network(9, populations, sf.FA(), parts.get("rule", sf.ThreeFactor()))
    with pytest.raises(SpikefaError, match=message):
        sf.Simulation(net, DATA, batch_size=2, encoding=parts.get("encoding"))


@pytest.mark.parametrize("name", ["train", "train/spikes", ""])
def test_a_test_never_gets_the_random_numbers_of_the_training(name):
    sim = simulate(["first", "second"])
    with pytest.raises(SpikefaError, match="test"):
        sim.test(name=name)

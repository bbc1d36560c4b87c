"""The estimate of a network's memory is what it takes, and it comes before the memory is taken."""

import pytest
import torch

import spikefa as sf
from spikefa.datasets.functions import linear
from spikefa.models.lillicrap2016 import spiking_mnist
from spikefa.network import memory
from spikefa.plugins.classes import SEAMS, built_in
from spikefa.utils.memory import NotEnoughMemory
from spikefa.utils.replicas import visit_tensors

CIRCUITS = built_in(SEAMS["feedback"])
DRAWN = "the random numbers for the largest of the synapses"


def taken(*trees):
    """Return the bytes of all tensors, views counted once, of the real thing."""
    found = {}

    def note(tensor):
        storage = tensor.untyped_storage()
        found[storage.data_ptr()] = storage.nbytes()

    visit_tensors(trees, note)
    return sum(found.values())


@pytest.fixture
def needs(monkeypatch):
    """What the estimates say from now on."""
    seen = {}
    monkeypatch.setattr(memory, "require_room", lambda given, *_: seen.update(given))
    return seen


@pytest.mark.parametrize("name", CIRCUITS)
def test_the_estimate_is_what_a_network_takes(name, needs):
    network = spiking_mnist(50, 2, 20, 30, feedback=CIRCUITS[name]())
    assert needs.pop(DRAWN) == 50 * 50 * 4 + 50 * 4
    assert sum(needs.values()) == pytest.approx(taken(network.synapses, network.feedback), abs=64)


def test_an_optimiser_is_counted(needs):
    network = sf.Network(
        30, {"output": sf.Rate(20)}, sf.FA(), sf.ThreeFactor(), optimiser=torch.optim.Adam
    )
    optimiser = network.optimiser
    real = taken(optimiser.gradients, optimiser.tensors())
    assert needs["the optimiser"] == pytest.approx(real, abs=64)
    assert real > 2 * 30 * 20 * 4


def test_replicas_are_counted(needs):
    spiking_mnist(10, 1, 5, 20, replicas=3)
    assert needs["the synapses onto hidden1"] == 4 * (20 * 10 + 10) * 4  # the first is copied


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden": 10_000_000}, "the synapses onto|the feedback circuit"),
        ({"feedback": lambda: sf.PFA(neurons=10_000_000)}, "the feedback circuit"),
        ({"outputs": 10_000_000, "hidden": 1_000_000}, "the synapses onto output|the feedback"),
    ],
)
def test_too_large_a_network_is_refused_before_it_is_made(options, message):
    given = {name: value() if callable(value) else value for name, value in options.items()}
    with pytest.raises(NotEnoughMemory, match=f"({message}).* would take .* are free: lower"):
        spiking_mnist(**{"hidden": 1_000_000} | given)


def test_too_many_streams_are_refused_before_weights_are_drawn(monkeypatch):
    network = spiking_mnist(100_000, 1, 10, 4)
    monkeypatch.setattr(type(network), "initialise", lambda *_: pytest.fail("weights were drawn"))
    task = linear(4, 10, 0)
    with pytest.raises(NotEnoughMemory, match="the state of 1,000,000 streams would take"):
        sf.Simulation(network, sf.FunctionStimulus(task), batch_size=1_000_000)
    with pytest.raises(NotEnoughMemory, match="the state of 1,000,000 streams would take"):
        network.state(1_000_000)


def test_the_state_is_what_the_estimate_says(monkeypatch):
    said = []
    monkeypatch.setattr("spikefa.utils.memory.require_room", lambda given, *_: said.append(given))
    network = spiking_mnist(50, 2, 20, 30, rule=sf.Eligibility())
    state = network.state(7)
    assert sum(said[-1].values()) == pytest.approx(taken(state), abs=200)


def test_a_circuit_that_reads_its_tensors_is_not_counted_but_works():
    class Reading(sf.FA):
        def connect(self, forward, device, dtype):
            super().connect(forward, device, dtype)
            self.first = float(forward[0].weight[0, 0])

    assert spiking_mnist(10, 1, 5, 20, feedback=Reading()).feedback.first == 0

"""Events are captured too, bit for bit as eager, from rest and without a pause; and foreseen."""

import pytest
import torch

import spikefa as sf
from spikefa.backends import Backend
from spikefa.simulation.foresight import Foresight
from tests.helpers.fused_pairs import DEVICE
from tests.helpers.graph_pairs import agree
from tests.helpers.small_events import EVENTS, OUTPUTS, UNITS

CIRCUITS = {"FA": sf.FA, "reward": sf.Reward}


def simulate(name, circuit, backend, **options):
    populations = {"hidden1": sf.StochasticBinary(6), "output": sf.StochasticBinary(OUTPUTS)}
    rule = sf.ThreeFactor(0.05)
    net = sf.Network(UNITS, populations, CIRCUITS[circuit](), rule, device=DEVICE, **options)
    stimulus = EVENTS[name]()
    given = {"batch_size": 2, "seed": 3, "progress": False}
    return sf.Simulation(net, stimulus, test=stimulus, backend=backend, **given)


CASES = [
    ("events, counted", "FA", None),
    ("events, targets", "FA", None),
    ("events, longer", "reward", 2),
    ("frames of bytes", "FA", None),
]


@pytest.mark.usefixtures("captured")
@pytest.mark.parametrize(("name", "circuit", "replicas"), CASES)
def test_training_is_that_of_eager(name, circuit, replicas):
    eager, graph = (
        simulate(name, circuit, backend, replicas=replicas) for backend in ("eager", "graph")
    )
    assert graph.backend == "graph"
    for number in range(4):
        for each in (eager, graph):
            for _ in each.present(each=number == 2):
                pass
        agree(eager, graph)
    for each in (eager, graph):
        each.set_learning_rates(0.5)
        each.learn(2)
    agree(eager, graph)
    assert eager.test() == graph.test()


@pytest.mark.usefixtures("captured")
@pytest.mark.parametrize("name", ["events, longer"])
def test_a_captured_presentation_of_deferred_changes_is_the_same(name):
    one, other = (simulate(name, "FA", backend) for backend in ("eager", "deferred"))
    assert type(other.runner.backend).__name__ == "Graph"
    for each in (one, other):
        each.learn(6)
    for path, tensor in one.network.tensors().items():
        torch.testing.assert_close(other.network.tensors()[path], tensor, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", [name for name in EVENTS if "targets" not in name])
def test_all_steps_can_be_foreseen(name):
    class Foreseeing(Backend):
        foresees = True

        def __init__(self):
            pass

        def foresee(self, inputs):
            self.inputs = inputs.clone()

    stimulus, backend = EVENTS[name](), Foreseeing()
    state = stimulus.state(2, OUTPUTS, torch.device("cpu"), torch.float32)
    for items in ([0, 3], [4, 1]):
        stimulus.load(state, 0, torch.tensor(items), {})
        stimulus.show(state)
        Foresight(stimulus, state, state.inputs).foresee(backend, lambda: None)
        stimulus.show(state)
        for inputs in backend.inputs:
            stimulus.step(state)
            assert inputs.equal(state.inputs)

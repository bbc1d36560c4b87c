"""Rate networks are captured too, bit for bit as eager: examples, changed examples, functions."""

import pytest

import spikefa as sf
from spikefa.datasets.functions import linear
from spikefa.models import rate_network
from spikefa.recording import Always, Probe
from tests.helpers.fused_pairs import DEVICE
from tests.helpers.graph_pairs import agree
from tests.helpers.small_examples import examples, jitter

pytestmark = pytest.mark.usefixtures("captured")


STIMULI = {
    "examples": lambda: sf.ExampleStimulus(examples()),
    "changed examples": lambda: sf.ExampleStimulus(examples(), change=jitter),
    "augmented examples": lambda: sf.ExampleStimulus(
        examples(), augmentation=sf.CropAndFlip((2, 2), crop=1)
    ),
    "function": lambda: sf.FunctionStimulus(linear(4, 3, 0), tests=20, epoch=24),
}
NETWORKS = {
    "FA": {"circuit": lambda: sf.FA(0.5, tau=1.0)},
    "Backprop": {"circuit": lambda: sf.Backprop(tau=1.0), "output": "softmax"},
    "noise": {"circuit": lambda: sf.NodePerturbation(tau=1.0), "noise": 0.3},
    "dropout": {"circuit": lambda: sf.KP(0.5, tau=1.0), "dropout": 0.2},
    "replicas": {"circuit": lambda: sf.DFA(0.5, tau=1.0), "replicas": 2},
}


def simulate(stimulus, network, backend):
    given = dict(NETWORKS[network])
    net = rate_network(
        (4, 5, 3), given.pop("circuit")(), 0.02, weight_scale=0.3, device=DEVICE, **given
    )
    shown = STIMULI[stimulus]()
    test = None if stimulus == "function" else sf.ExampleStimulus(examples(7, seed=1))
    return sf.Simulation(net, shown, test=test, batch_size=5, seed=3, backend=backend)


@pytest.mark.slow
@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("stimulus", STIMULI)
def test_training_is_that_of_eager(stimulus, network):
    eager, graph = (simulate(stimulus, network, backend) for backend in ("eager", "graph"))
    assert graph.backend == "graph"
    for number in range(12):
        for each in (eager, graph):
            for _ in each.present(each=number % 3 == 0):
                pass
        agree(eager, graph)
    for each in (eager, graph):
        each.learn(300)  # a new block of the function's examples begins in between
        each.freeze(0)
        each.learn(5)
    agree(eager, graph)
    assert eager.test() == graph.test()


def test_curves_and_recordings_are_those_of_eager(tmp_path):
    found = []
    for backend in ("eager", "graph"):
        simulation = simulate("examples", "FA", backend)
        with simulation:
            simulation.record(tmp_path / backend, [Probe("hidden1", "activity", "all")], Always())
            curve = simulation.follow([0, 7, 30], {"loss": simulation.held_out.answers.loss})
        with sf.open(tmp_path / backend) as recording:
            found.append((curve["loss"], recording.trace("hidden1", "activity")))
    for eager, graph in zip(*found, strict=True):
        assert (eager == graph).all()


def test_another_circuit_is_captured_anew():
    pair = [simulate("function", "FA", backend) for backend in ("eager", "graph")]
    for each in pair:
        each.learn(20)
        each.switch(sf.Backprop(tau=1.0))
        each.learn(20)
    agree(*pair)

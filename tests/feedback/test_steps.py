"""What holds of every step of these circuits: no waiting, nothing moved, and it can be resumed."""

import pytest
import torch
from torch._subclasses.fake_tensor import DataDependentOutputException, FakeTensorMode

import spikefa as sf
from spikefa.utils.tensors import named_tensors
from tests.helpers.driving import BATCH, N_IN, drive, network

CIRCUITS = {
    "PFA": lambda **kw: sf.PFA(2, **kw),
    "PFAo": lambda **kw: sf.PFAo(**kw),
    "PFA leaky": lambda **kw: sf.PFA(2, middle_tau=0.5, middle_phi_delta="spiking", **kw),
    "s1": lambda **kw: sf.Mixed("s1", **kw),
    "s2": lambda **kw: sf.Mixed("s2", "tanh", **kw),
    "s3": lambda **kw: sf.Mixed("s3", "sum", **kw),
    "Auxiliary": lambda **kw: sf.Auxiliary(**kw),
    "Auxiliary s3": lambda **kw: sf.Auxiliary("s3", guess="softmax", **kw),
    "PseudoBackprop": lambda **kw: sf.PseudoBackprop(4, **kw),
    "NodePerturbation": lambda **kw: sf.NodePerturbation(**kw),
    "Reward": lambda **kw: sf.Reward(),
    "DRTP": lambda **kw: sf.DRTP(**kw),
    "DKP": lambda **kw: sf.DKP(**kw),
    "FDFA": lambda **kw: sf.FDFA(**kw),
    "Shallow": lambda **kw: sf.Shallow(**kw),
}


@pytest.fixture(params=CIRCUITS)
def circuit(request):
    return CIRCUITS[request.param]


@pytest.mark.slow
def test_no_step_decides_on_data(circuit):
    """A tensor without data tells at once who looks into it; on a GPU they would wait."""
    feedback = circuit(phi_delta="spiking")
    if isinstance(feedback, sf.PseudoBackprop):
        feedback.learn = lambda state, layers: None  # looks at its age, which is on the CPU
    net = network(feedback)
    state = net.state(BATCH)
    with FakeTensorMode(allow_non_fake_inputs=True):
        x = torch.zeros(BATCH, N_IN, dtype=torch.float64)
        for _ in range(2):
            net.forward(state, x)
            net.feed_back(state, torch.zeros(BATCH, net.n_outputs, dtype=torch.float64))
            net.learn(state, x)


def test_a_step_that_decides_on_data_is_noticed():
    """What the test above rests on: with such tensors a look at data is an error."""
    feedback = sf.FA()
    whole = feedback.step
    feedback.step = lambda state, error, forward: whole(state, error, forward) or bool(error.any())
    net = network(feedback)
    state = net.state(BATCH)
    with FakeTensorMode(allow_non_fake_inputs=True):
        net.forward(state, torch.zeros(BATCH, N_IN, dtype=torch.float64))
        target = torch.zeros(BATCH, net.n_outputs, dtype=torch.float64)
        with pytest.raises(DataDependentOutputException):
            net.feed_back(state, target)


@pytest.mark.parametrize("phi_delta", ["identity", "spiking"])
def test_every_tensor_stays_where_it_is(circuit, phi_delta):
    net = network(circuit(phi_delta=phi_delta), decay=1e-3)
    places = {}

    def look(state, target):
        tensors = {**net.tensors(), **named_tensors({"state": state.feedback})}
        now = {name: tensor.data_ptr() for name, tensor in tensors.items()}
        assert (places or now) == now
        places.update(now)

    drive(net, 4, each=look)


def test_a_resumed_run_is_the_uninterrupted_one(circuit, tiny, tmp_path):
    def simulation():
        feedback = circuit(phi_delta="spiking")
        net = sf.models.lillicrap2016.spiking_mnist(
            6, 2, 4, n_inputs=12, feedback=feedback, rule=sf.ThreeFactor(0.01, weight_decay=1e-3)
        )
        return sf.Simulation(net, tiny, steps_per_image=3, batch_size=4, seed=1)

    straight, halved, resumed = simulation(), simulation(), simulation()
    straight.train(epochs=2)
    halved.train(epochs=1)
    halved.save(tmp_path / "half.pt")
    resumed.restore(tmp_path / "half.pt")
    resumed.train(epochs=1)
    for name, tensor in straight.network.tensors().items():
        assert tensor.equal(resumed.network.tensors()[name]), name

"""What every circuit must do: serve any network, change state in place, go on after a stop."""

from functools import partial

import pytest
import torch

import spikefa as sf
from spikefa.utils.tensors import named_tensors
from tests.helpers.driven_network import network, run

CIRCUITS = {
    "FA": sf.FA,
    "FA procedural": partial(sf.FA, procedural=True, sparsity=0.3),
    "DFA": sf.DFA,
    "uSF": sf.SF,
    "brSF": partial(sf.SF, "brSF"),
    "frSF": partial(sf.SF, "frSF"),
    "KP": sf.KP,
    "WM": partial(sf.WM, every=3),
    "PAL": sf.PAL,
    "DKP": sf.DKP,
    "FDFA": sf.FDFA,
}
POPULATIONS = {
    "spiking": sf.StochasticBinary,
    "rate": partial(sf.Rate, activation="tanh", noise=0.1),
}
ON_CIRCUITS = pytest.mark.parametrize("circuit", CIRCUITS.values(), ids=CIRCUITS)


@ON_CIRCUITS
@pytest.mark.parametrize("population", POPULATIONS.values(), ids=POPULATIONS)
@pytest.mark.parametrize("phi", ["identity", "tanh", "logistic", "spiking"])
@pytest.mark.parametrize("gated", [False, True])
def test_every_hidden_synapse_learns(circuit, population, phi, gated):
    net = network(circuit(phi_delta=phi, gated=gated), population=population)
    before = [synapses.weight.clone() for synapses in net.synapses.values()]
    state = run(net)
    for synapses, weight in zip(net.synapses.values(), before, strict=True):
        assert not torch.equal(synapses.weight, weight)
    assert all(torch.isfinite(each).all() for each in named_tensors(state).values())


@ON_CIRCUITS
@pytest.mark.parametrize("hidden", [(), (4,), (4, 3, 8, 5)])
@pytest.mark.parametrize("batch", [1, 2])
def test_any_number_of_layers_and_streams(circuit, hidden, batch):
    net = network(circuit(), hidden)
    state = run(net, batch)
    shapes = [tuple(each.shape) for each in state.feedback.modulators]
    assert shapes == [(batch, population.size) for population in net.populations.values()]


@ON_CIRCUITS
def test_tensors_stay_where_they_are(circuit):
    """Probes and checkpoints take a reference once."""
    net = network(circuit())
    state = net.state(2)
    held = named_tensors([state, net.tensors(), net.feedback.layer_matrices()])
    places = {name: tensor.data_ptr() for name, tensor in held.items()}
    for _ in range(3):
        net.step(
            state,
            torch.rand(2, net.n_inputs, dtype=net.dtype),
            torch.zeros(2, net.n_outputs, dtype=net.dtype),
        )
    now = named_tensors([state, net.tensors(), net.feedback.layer_matrices()])
    assert {name: tensor.data_ptr() for name, tensor in now.items()} == places


@pytest.mark.slow
@ON_CIRCUITS
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_stopped_run_goes_on_bit_for_bit(circuit, dtype, tmp_path):
    digits = sf.datasets.digits()

    def simulation():
        net = sf.models.lillicrap2016.spiking_mnist(
            hidden=12, hidden_layers=2, outputs=20, n_inputs=64, feedback=circuit(), dtype=dtype
        )
        return sf.Simulation(net, digits, steps_per_image=2, batch_size=10, seed=1)

    def present(sim, images):
        for _ in range(images):
            for _ in sim.present():
                pass

    whole, first, second = simulation(), simulation(), simulation()
    present(whole, 5)
    present(first, 2)
    first.save(tmp_path / "stopped.pt")
    second.restore(tmp_path / "stopped.pt")
    present(second, 3)
    for name, tensor in whole.tensors().items():
        assert torch.equal(tensor, second.tensors()[name]), name


@ON_CIRCUITS
def test_it_says_how_it_was_made(circuit):
    made = circuit(phi_delta="tanh", gated=True, tau=0.5)
    assert repr(made).startswith(f"{type(made).__name__}(")
    assert "phi_delta='tanh', gated=True, tau=0.5" in repr(made)

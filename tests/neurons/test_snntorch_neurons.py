"""snnTorch neurons as populations, against snnTorch itself, step by step."""

import subprocess
import sys
from functools import partial

import pytest
import snntorch
import torch
from snntorch import surrogate

import spikefa as sf
from spikefa.errors import SpikefaError
from spikefa.recording import Probe, Window
from spikefa.simulation.runner import Runner

SIZE, BATCH, STEPS = 12, 5, 50
BETAS = torch.linspace(0.3, 0.95, SIZE)

KINDS = {
    "leaky": partial(snntorch.Leaky, beta=0.9),
    "leaky, a beta for each": partial(snntorch.Leaky, beta=BETAS, threshold=0.7),
    "leaky, a threshold for each": partial(snntorch.Leaky, beta=0.8, threshold=0.5 + BETAS),
    "leaky, graded spikes": partial(snntorch.Leaky, beta=0.8, graded_spikes_factor=0.4),
    "leaky, reset at once": partial(snntorch.Leaky, beta=0.9, reset_delay=False),
    "lapicque": partial(snntorch.Lapicque, beta=0.9, threshold=0.1),
    "synaptic": partial(snntorch.Synaptic, alpha=0.6, beta=0.8),
    "synaptic, reset at once": partial(snntorch.Synaptic, alpha=0.6, beta=0.8, reset_delay=False),
    "alpha": partial(snntorch.Alpha, alpha=0.8, beta=0.5),
    "rleaky": partial(snntorch.RLeaky, beta=0.7, V=0.4, all_to_all=False),
    "rleaky, reset at once": partial(
        snntorch.RLeaky, beta=0.7, V=0.4, all_to_all=False, reset_delay=False
    ),
    "rsynaptic": partial(snntorch.RSynaptic, alpha=0.6, beta=0.7, V=-0.3, all_to_all=False),
}
SURROGATES = {
    "atan": surrogate.atan(),
    "fast_sigmoid": surrogate.fast_sigmoid(slope=5),
    "sigmoid": surrogate.sigmoid(slope=4),
    "straight_through": surrogate.straight_through_estimator(),
}


pytestmark = pytest.mark.filterwarnings("ignore:.*will not learn")  # RLeaky learns V by default


def drives(dtype=torch.float64):
    random = torch.Generator().manual_seed(4)
    return 0.9 * torch.randn(STEPS, BATCH, SIZE, generator=random, dtype=dtype) + 0.35


def by_itself(neuron, inputs):
    """Run the neuron as snnTorch's users do: spikes and hidden states after each step."""
    recurrent = isinstance(neuron, snntorch.RLeaky | snntorch.RSynaptic)
    hidden, rows = [], []
    for given in inputs:
        spikes, *states = neuron(given, *hidden)
        hidden = [spikes, *states] if recurrent else states
        rows.append([spikes, *(state.clone() for state in states)])
    return rows


@pytest.mark.parametrize("reset", ["subtract", "zero", "none"])
@pytest.mark.parametrize("kind", KINDS)
def test_fifty_steps_are_those_of_snntorch_itself(kind, reset):
    neuron = KINDS[kind](reset_mechanism=reset)
    population = sf.SnnTorch(neuron, SIZE)
    state = population.state(BATCH, torch.device("cpu"), torch.float64)
    inputs = drives()
    addresses = [tensor.data_ptr() for tensor in (state.potential, state.spikes, state.gain)]
    with torch.no_grad():
        expected = by_itself(neuron, inputs)
    spikes_seen = 0
    for given, (spikes, *states) in zip(inputs, expected, strict=True):
        state.drive.copy_(given)
        population.step(state)
        torch.testing.assert_close(state.spikes, spikes.double(), rtol=0, atol=0)
        torch.testing.assert_close(state.potential, states[-1].double(), rtol=0, atol=1e-12)
        for current, hidden in zip(state.currents.values(), states[:-1], strict=True):
            torch.testing.assert_close(current, hidden.double(), rtol=0, atol=1e-12)
        spikes_seen += int((spikes > 0).sum())
    assert 0.02 < spikes_seen / inputs.numel() < 0.98
    here = [tensor.data_ptr() for tensor in (state.potential, state.spikes, state.gain)]
    assert here == addresses, "state is updated in place"


@pytest.mark.parametrize("name", SURROGATES)
@pytest.mark.parametrize("at_once", [False, True])
def test_the_gain_is_the_surrogate_derivative_at_the_membrane(name, at_once):
    """Of a step whose input reaches the membrane with slope 1, d spike / d input is Psi."""
    neuron = snntorch.Leaky(beta=0.9, spike_grad=SURROGATES[name], reset_delay=not at_once)
    population = sf.SnnTorch(neuron, SIZE)
    state = population.state(BATCH, torch.device("cpu"), torch.float64)
    membrane = torch.zeros(BATCH, SIZE, dtype=torch.float64)
    for given in drives()[:20]:
        leaf = given.clone().requires_grad_()
        spikes, membrane = neuron(leaf, membrane)
        spikes.sum().backward()
        state.drive.copy_(given)
        population.step(state)
        assert leaf.grad.abs().max() > 1e-3, "the test would see nothing"
        torch.testing.assert_close(state.gain, leaf.grad, rtol=0, atol=1e-12)
        membrane = membrane.detach()


def test_nothing_is_kept_for_autograd():
    population = sf.SnnTorch(snntorch.Leaky(beta=0.9, learn_beta=True), SIZE)
    state = population.state(BATCH, torch.device("cpu"), torch.float32)
    for given in drives(torch.float32)[:3]:
        state.drive.copy_(given)
        population.step(state)
    for tensor in (state.potential, state.spikes, state.gain):
        assert not tensor.requires_grad
        assert tensor.grad_fn is None
    assert not any(parameter.requires_grad for parameter in population.neuron.parameters())


def test_what_would_not_learn_is_said_and_the_neuron_given_is_left_alone():
    neuron = snntorch.Leaky(beta=0.9, learn_beta=True, reset_delay=False)
    with pytest.warns(UserWarning, match="beta of Leaky will not learn: only synapses do"):
        sf.SnnTorch(neuron, 3)
    assert neuron.beta.requires_grad
    assert neuron.reset_delay is False
    assert neuron.mem.numel() == 0


def neuron_with_a_graph():
    neuron = snntorch.Leaky(beta=0.9, learn_beta=True)
    neuron(torch.ones(1, 3))
    return neuron


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: torch.nn.ReLU(), "ReLU cannot be a population.*one of Leaky, Lapicque"),
        (lambda: snntorch.SLSTM(3, 3), "SLSTM cannot be a population"),
        (lambda: snntorch.RLeaky(0.9, linear_features=3), "matrix of recurrent synapses"),
        (lambda: snntorch.Leaky(0.9, init_hidden=True), "leave init_hidden out"),
        (lambda: snntorch.Leaky(0.9, inhibition=True), "leave inhibition out"),
        (lambda: snntorch.Leaky(0.9, surrogate_disable=True), "no surrogate derivative"),
        (lambda: snntorch.Leaky(0.9, spike_grad=surrogate.SSO()), "random numbers of its own"),
        (lambda: snntorch.Leaky(torch.full((4,), 0.9)), "do not fit 3 neurons: give one value"),
        (neuron_with_a_graph, "reset_mem"),
    ],
)
def test_what_does_not_fit_is_said_at_once(make, message):
    with pytest.raises(SpikefaError, match=message):
        sf.SnnTorch(make(), 3)


@pytest.mark.slow
@pytest.mark.parametrize("circuit", [sf.FA, sf.DFA])
def test_a_leaky_network_learns_digits_online(circuit):
    def population(n):
        return sf.SnnTorch(snntorch.Leaky(beta=0.5, spike_grad=surrogate.fast_sigmoid(1)), n)

    net = sf.Network(
        64,
        {"hidden1": population(100), "hidden2": population(100), "output": population(20)},
        feedback=circuit(scale=0.3, phi_delta="tanh"),
        rule=sf.ThreeFactor(1e-2, weight_decay=0),
        synapses=partial(sf.Dense, scale=0.2),
    )
    simulation = sf.Simulation(net, sf.datasets.digits(), batch_size=20, seed=0)
    chance = simulation.test().error_percent_summed
    first = net.synapses["hidden1"].weight.clone()
    simulation.train(epochs=4)
    assert chance > 80
    assert simulation.test().error_percent_summed < 20
    assert not first.equal(net.synapses["hidden1"].weight)


def test_currents_are_in_the_checkpoint_and_a_resumed_run_is_bit_identical(tiny, tmp_path):
    def simulation():
        neuron = partial(snntorch.Synaptic, alpha=0.5, beta=0.6)
        net = sf.Network(
            12,
            {"hidden1": sf.SnnTorch(neuron(), 6), "output": sf.SnnTorch(neuron(), 4)},
            feedback=sf.FA(),
            rule=sf.ThreeFactor(0.05),
        )
        return sf.Simulation(net, tiny, batch_size=3, seed=1)

    whole, first, second = simulation(), simulation(), simulation()
    whole.train(epochs=2)
    first.train(epochs=1)
    first.save(tmp_path / "checkpoint")
    assert "runner.state.populations.0.currents.syn" in first.tensors()
    second.restore(tmp_path / "checkpoint")
    second.train(epochs=1)
    for name, tensor in whole.tensors().items():
        assert tensor.equal(second.tensors()[name]), name


def test_currents_can_be_recorded(tiny, tmp_path):
    neuron = snntorch.Alpha(alpha=0.8, beta=0.5)
    net = sf.Network(12, {"output": sf.SnnTorch(neuron, 4)}, sf.FA(), sf.ThreeFactor())
    simulation = sf.Simulation(net, tiny, batch_size=2, steps_per_image=3)
    probes = [Probe("output", "syn_exc", "all"), Probe("output", "spikes", "all")]
    with simulation:
        simulation.record(tmp_path / "run.h5", probes, [Window("start", 0, 9)])
        simulation.train(epochs=1)
    with sf.open(tmp_path / "run.h5") as recording:
        current = recording.trace("output", "syn_exc")
        assert current.shape == (9, 4)
        assert abs(current).max() > 0


def test_the_stream_draws_nothing_for_neurons_that_need_nothing(tiny):
    net = sf.Network(12, {"output": sf.SnnTorch(snntorch.Leaky(0.9), 4)}, sf.FA(), sf.ThreeFactor())
    net.initialise(0)
    runner = Runner(net, sf.ImageStimulus(tiny.train), 2, 0, "train")
    before = runner.random.states()["spikes/output"]
    runner.load(0, torch.zeros(2, dtype=torch.int64))
    for _ in runner.learn():
        pass
    assert runner.random.states()["spikes/output"].equal(before)


def test_it_works_where_pandas_cannot_be_imported():
    """snnTorch declares no dependencies, and its spikeplot imports pandas."""
    code = (
        "import sys\n"
        "for name in ('pandas', 'celluloid', 'nir', 'nirtorch', 'tqdm'): sys.modules[name] = None\n"
        "import snntorch, spikefa as sf\n"
        "print(sf.SnnTorch(snntorch.Leaky(beta=0.9, threshold=1.0), 5))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "SnnTorch(neuron=Leaky(), size=5)", done.stderr

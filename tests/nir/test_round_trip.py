"""What is written to a NIR file comes back bit for bit, and other libraries read the same."""

import json
import warnings
from functools import partial

import h5py
import numpy as np
import pytest
import snntorch
import torch

import spikefa as sf
from spikefa.errors import SpikefaError

DENSE = partial(sf.Dense, scale=1.0)
STEPS = 100


def lif(size, beta=0.9, threshold=1.0, mechanism="zero", delay=False):
    neuron = snntorch.Leaky(beta, threshold, reset_mechanism=mechanism, reset_delay=delay)
    return sf.SnnTorch(neuron, size)


def cuba_lif(size):
    neuron = snntorch.Synaptic(0.6, 0.8, 1.5, reset_mechanism="zero", reset_delay=False)
    return sf.SnnTorch(neuron, size)


def by_neuron(size):
    return lif(size, torch.linspace(0.2, 0.95, size), torch.linspace(0.5, 2.0, size))


def network(*neurons, feedback=None, rule=None, synapses=DENSE, **options):
    populations = {f"layer{n}": each for n, each in enumerate(neurons)}
    circuit, rule = feedback or sf.FA(0.3), rule or sf.ThreeFactor(1e-3)
    net = sf.Network(12, populations, circuit, rule, synapses, **options)
    net.initialise(3)
    for each in net.synapses.values():
        each.constrain()
        each.bias.uniform_(-0.1, 0.1, generator=torch.Generator().manual_seed(5))
    return net


def inputs(dtype=torch.float32):
    drawn = torch.rand(STEPS, 2, 12, generator=torch.Generator().manual_seed(1))
    return (drawn < 0.4).to(dtype)


def run(net):
    """Return potentials and activities of all populations in every step."""
    state, seen = net.state(2), []
    uniforms = torch.Generator().manual_seed(2)
    for step in inputs(net.dtype)[:40]:
        for each in state.populations:
            each.uniforms.uniform_(generator=uniforms)
        net.forward(state, step)
        seen += [each.clone() for own in state.populations for each in (own.potential, own.spikes)]
    return seen


def same(one, other):
    return all(a.equal(b) for a, b in zip(run(one), run(other), strict=True))


CASES = {
    "LIF": lambda: network(lif(10), lif(5, 0.5)),
    "CubaLIF": lambda: network(cuba_lif(10), cuba_lif(5)),
    "constants by neuron": lambda: network(by_neuron(10), lif(5)),
    "reset by subtraction": lambda: network(lif(10, mechanism="subtract", delay=True), lif(5)),
    "no reset": lambda: network(lif(10, mechanism="none", delay=True), lif(5)),
    "stochastic": lambda: network(sf.StochasticBinary(10), sf.StochasticBinary(5, tau=0.5)),
    "rates": lambda: network(sf.Rate(10, "relu", tau=0.7), sf.Rate(5, "linear", dropout=0.2)),
    "holes": lambda: network(lif(10), lif(5), synapses=partial(sf.Masked, scale=1.0, sparsity=0.4)),
    "norm": lambda: network(lif(10), lif(5), synapses=partial(sf.Dense, scale=1.0, norm=1.7)),
    "float64": lambda: network(sf.Rate(10, "linear", tau=0.3), sf.Rate(5), dtype=torch.float64),
    "PFA": lambda: network(lif(10), lif(5), feedback=sf.PFA(2.0, scale=[0.3]), rule=sf.BCM(1e-2)),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("dt", "unit_resistance"), [(1e-4, False), (0.25, True)])
def test_the_network_comes_back_bit_for_bit(tmp_path, case, dt, unit_resistance):
    net, path = CASES[case](), tmp_path / "a.nir"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sf.nir.write(net, path, dt=dt, unit_resistance=unit_resistance)
    back = sf.nir.read(path)
    for name, tensor in net.tensors().items():
        if name.startswith("synapses."):
            assert tensor.equal(back.tensors()[name]), name
    assert same(net, back)
    assert repr(back.feedback) == repr(net.feedback)
    assert repr(back.rule) == repr(net.rule)
    assert (back.output_error, back.dtype) == (net.output_error, net.dtype)


def test_a_network_that_was_read_learns(tmp_path):
    sf.nir.write(network(lif(10), lif(4)), tmp_path / "a.nir")
    back = sf.nir.read(tmp_path / "a.nir")
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (20, 3, 4)).astype(np.uint8)
    images = sf.datasets.Images(pixels, (np.arange(20) % 2).astype(np.uint8), n_classes=2)
    before = back.synapses["layer0"].weight.clone()
    sim = sf.Simulation(back, sf.ImageStimulus(images), batch_size=4, progress=False)
    sim.train(1)
    assert not before.equal(back.synapses["layer0"].weight)


@pytest.mark.parametrize("case", ["LIF", "CubaLIF", "constants by neuron"])
def test_what_others_read_in_full_is_not_warned_of(tmp_path, case):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sf.nir.write(CASES[case](), tmp_path / "a.nir")


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("reset by subtraction", "'subtract'"),
        ("no reset", "'none'"),
        ("stochastic", "StochasticBinary"),
        ("rates", "relu"),
    ],
)
def test_what_others_do_not_see_is_warned_of(tmp_path, case, said):
    with pytest.warns(UserWarning, match=said):
        sf.nir.write(CASES[case](), tmp_path / "a.nir")


# -- other libraries ---------------------------------------------------------------------------


@pytest.fixture
def nir():
    return pytest.importorskip("nir", reason="nir is not installed")


@pytest.mark.parametrize("case", ["LIF", "CubaLIF", "stochastic", "holes"])
@pytest.mark.filterwarnings("ignore:other programs")
def test_the_file_is_one_of_nirs_own(nir, tmp_path, case):
    """Its library reads it, checks the sizes, and writes a file that comes back the same."""
    net = CASES[case]()
    sf.nir.write(net, tmp_path / "a.nir")
    graph = nir.read(tmp_path / "a.nir")
    kinds = [type(graph.nodes[name]).__name__ for _, name in graph.edges]
    assert kinds[0] == "Affine"
    weight = graph.nodes["layer0_synapses"].weight
    assert np.array_equal(weight, net.synapses["layer0"].weight.numpy().T)
    nir.write(tmp_path / "b.nir", graph)  # packed with gzip
    assert same(sf.nir.read(tmp_path / "b.nir"), net)


@pytest.mark.parametrize(
    "neurons", [[partial(lif, beta=0.5)], [lif, partial(lif, beta=0.5)], [cuba_lif]]
)
def test_snntorch_spikes_alike(nir, tmp_path, neurons):
    pytest.importorskip("nirtorch", reason="nirtorch is not installed")
    from snntorch.import_nir import import_from_nir

    net = network(
        *(make(10) for make in neurons), lif(5) if neurons[0] is not cuba_lif else cuba_lif(5)
    )
    sf.nir.write(net, tmp_path / "a.nir")
    module = import_from_nir(nir.read(tmp_path / "a.nir"))
    _compare(net, module)


@pytest.mark.parametrize("neurons", [lif, cuba_lif])
def test_norse_spikes_alike(nir, tmp_path, neurons):
    """Its import ignores the resistance of LIF, and takes the step from its caller."""
    norse = pytest.importorskip("norse.torch", reason="norse is not installed")
    net = network(neurons(10), neurons(5))
    sf.nir.write(net, tmp_path / "a.nir", unit_resistance=True)
    _compare(net, norse.from_nir(nir.read(tmp_path / "a.nir"), dt=1e-4))


def _compare(net, module):
    """Check that all output spikes of all steps are the same, and that there are some."""
    state, own, spikes = net.state(2), None, 0
    for step in inputs():
        net.forward(state, step)
        with torch.no_grad():
            found, own = module(step, own)
        assert found.float().equal(state.populations[-1].spikes)
        spikes += int(found.sum())
    assert 20 < spikes < 980


@pytest.mark.parametrize("kind", ["LIF", "CubaLIF", "LI", "IF", "Threshold"])
def test_equations_of_nir_by_a_loop(nir, tmp_path, kind):
    """Euler steps of NIR's equations, in NumPy, of constants that nobody here would write."""
    random, n, dt = np.random.default_rng(4), 6, 1e-3

    def draw(low, high):
        return random.uniform(low, high, n)

    p = {"r": draw(0.5, 3), "v_leak": draw(-0.2, 0.2), "v_reset": draw(-0.5, 0), "w_in": draw(1, 3)}
    p |= {"tau": draw(2e-3, 9e-3), "tau_syn": draw(2e-3, 9e-3), "v_threshold": draw(0.2, 0.4)}
    p["tau_mem"], p["threshold"] = p["tau"], draw(0.1, 0.6)
    if kind == "CubaLIF":
        p["v_leak"] = p["v_reset"]
    if kind == "LI":
        p["tau"][:] = 4e-3
    if kind == "IF":
        p["r"] *= 100
    made = getattr(nir, kind)
    known = [name for name in made.__dataclass_fields__ if name in p]
    weight, bias = random.normal(size=(n, 12)), draw(-0.3, 0.3)
    graph = nir.NIRGraph.from_list(
        nir.Affine(weight, bias), made(**{name: p[name] for name in known})
    )
    nir.write(tmp_path / "a.nir", graph)
    net = sf.nir.read(tmp_path / "a.nir", feedback=sf.FA(), rule=sf.ThreeFactor(), dt=dt)
    state, v, current = net.state(2), np.zeros((2, n)) + p["v_reset"], np.zeros((2, n))
    if kind in ("LI", "Threshold"):
        v[:] = 0
    spikes = 0
    for step in inputs():
        net.forward(state, step)
        drive = step.numpy() @ weight.T + bias
        v, current, sent = _euler(kind, p, dt, v, current, drive)
        found = state.populations[0].spikes.numpy()
        assert np.allclose(found, sent, atol=1e-4), kind
        spikes += sent.sum()
    assert kind == "LI" or 50 < spikes < 1150


def _euler(kind, p, dt, v, current, drive):
    if kind == "Threshold":
        return v, current, (drive > p["threshold"]) * 1.0
    if kind == "LI":
        v = v + dt / p["tau"] * (p["v_leak"] - v + p["r"] * drive)
        return v, current, v
    if kind == "IF":
        v = v + dt * p["r"] * drive
    elif kind == "LIF":
        v = v + dt / p["tau"] * (p["v_leak"] - v + p["r"] * drive)
    else:
        current = current + dt / p["tau_syn"] * (p["w_in"] * drive - current)
        v = v + dt / p["tau_mem"] * (p["v_leak"] - v + p["r"] * current)
    sent = v > p["v_threshold"]
    return np.where(sent, p["v_reset"], v), current, sent * 1.0


# -- what cannot be written --------------------------------------------------------------------


class Own(sf.Rate):
    pass


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: network(Own(4)), "NIR has no neurons for 'layer0'.*Rate, SnnTorch"),
        (lambda: network(sf.SnnTorch(snntorch.Alpha(0.9, 0.8, 0.7), 4)), "Alpha neurons"),
        (lambda: network(lif(4, beta=1.0)), r"decays in \[0, 1\)"),
        (lambda: network(lif(4), lif(3), replicas=2), "network.replica"),
        (lambda: sf.Network(3, {"output": lif(2)}, sf.FA(), sf.ThreeFactor()), "draw them first"),
    ],
)
def test_what_nir_has_not_is_refused(tmp_path, make, said):
    with pytest.raises(SpikefaError, match=said):
        sf.nir.write(make(), tmp_path / "a.nir")
    assert not (tmp_path / "a.nir").exists()


def test_a_file_is_not_replaced_by_accident(tmp_path):
    path = tmp_path / "a.nir"
    path.write_text("mine")
    with pytest.raises(SpikefaError, match="overwrite"):
        sf.nir.write(network(lif(4)), path)
    assert path.read_text() == "mine"
    sf.nir.write(network(lif(4)), path, overwrite=True)
    assert h5py.is_hdf5(path)


def test_parts_of_the_user_are_named_when_reading(tmp_path):
    class OwnRule(sf.ThreeFactor):
        pass

    sf.nir.write(network(lif(4), rule=OwnRule(1e-3)), tmp_path / "a.nir")
    with pytest.raises(SpikefaError, match=r"rule=sf\.ThreeFactor"):
        sf.nir.read(tmp_path / "a.nir")
    given = sf.nir.read(tmp_path / "a.nir", rule=OwnRule(2e-3))
    assert type(given.rule) is OwnRule
    assert json.loads(_noted(tmp_path / "a.nir"))["rule"] is None


def _noted(path):
    with h5py.File(path) as file:
        return file["node/metadata/spikefa"][()].decode()

"""Each kernel against float64, from fresh random numbers, within what rounding explains.

The compiler has been wrong before (docs/deferred-backend.md), so that the same tests run on a GPU
too, at the sizes in use: ``pytest -m gpu tests/backends/fused_deferred``.
"""

import numpy as np
import pytest
import torch

import spikefa as sf
from tests.helpers.drawn_matrix import chances
from tests.helpers.near import Near

pytestmark = pytest.mark.usefixtures("triton")

SMALL = {  # n_pre, n_post, streams, earlier steps, replicas: sizes that no tile divides
    "odd": (17, 130, 3, 2, 1),
    "one neuron": (1, 1, 2, 1, 1),
    "nothing waits": (150, 18, 5, 0, 1),
    "more streams than a tile": (33, 20, 70, 2, 1),
    "overlaps that float16 cannot hold": (2100, 16, 2, 1, 1),
    "replicas": (19, 12, 3, 2, 2),
    "one stream": (150, 21, 1, 3, 1),
    "one stream, many steps": (9, 16, 1, 11, 1),
    "one stream, replicas": (19, 13, 1, 2, 3),
}
IN_USE = {
    f"{n_pre}-{n_post}, batch {batch}": (n_pre, n_post, batch, 4, 1)
    for n_pre, n_post in [(784, 1500), (1500, 1000), (1501, 997), (5000, 130)]
    for batch in (1, 100)
} | {"replicas, batch 20": (800, 801, 20, 4, 3)}
SHAPES = [pytest.param(shape, "cpu", id=name) for name, shape in SMALL.items()] + [
    pytest.param(shape, "cuda", id=f"{name}, GPU", marks=pytest.mark.gpu)
    for name, shape in (SMALL | IN_USE).items()
]
every_shape = pytest.mark.parametrize(("shape", "device"), SHAPES)
FACTORS = [  # float32 is quick in test_runs.py too
    pytest.param(False, id="float32", marks=pytest.mark.long),
    pytest.param(True, id="float16"),
]
both = pytest.mark.parametrize("half", FACTORS)
DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]


def hop(shape, device, half, **options):
    from tests.helpers.hop_truth import Hop  # needs triton

    n_pre, n_post, batch, earlier, replicas = shape
    return Hop(n_pre, n_post, batch, earlier, replicas, half, device=device, **options)


def check_neurons(of, neurons, before, uniforms):
    """Check a forward population; return which neurons have fired."""
    from tests.helpers.hop_truth import TAU, leaked

    shape = of.replicas, of.batch, of.n_post
    state = neurons.state
    v = leaked(of.drive(), before.view(shape), TAU)
    p = v.through(torch.sigmoid, 0.25, 16)
    v.check(state.potential.view(shape), "the potential")
    slope = p.through(lambda p: p - p * p, 1.0, 4)
    if state.dropout is not None:
        kept = state.dropout.kept.view(shape)
        p, slope = p * kept, slope * kept
    p.check(state.probability.view(shape), "the probability")
    slope.check(state.gain.view(shape), "the gain")
    fired = state.spikes.view(shape)
    assert ((fired == 0) | (fired == 1)).all()
    margin = uniforms.view(shape).double() - p.value
    sure = margin.abs() > p.error
    assert (fired.bool() == (margin < 0))[sure].all()
    assert of.of_step(neurons.sent).float().equal(fired)
    bits = np.packbits(state.spikes.cpu().bool().numpy(), axis=-1, bitorder="little")
    assert (neurons.packed.cpu().numpy() == bits).all()
    return fired


def check_errors(of, errors, arrived, before, gain):
    """Check an error population that was driven by `arrived`."""
    from tests.helpers.hop_truth import ERROR_TAU, ETA, leaked, phi_truth

    u = leaked(arrived, before, ERROR_TAU)
    phi = phi_truth(u, errors.phi)
    factor = phi * gain
    u.check(errors.potential, "the potential")
    phi.check(errors.activity, "the activity")
    if errors.trace is not None:
        (factor * -ETA).check(errors.trace, "the trace")
    for rows, truth, name in ((errors.sent, phi, "phi"), (errors.factor, factor, "the factor")):
        if rows is not None:
            stored = truth.halved() if of.half else truth
            stored.check(of.of_step(rows), f"{name} of the row")


@every_shape
@both
def test_spikes(shape, device, half):
    of = hop(shape, device, half)
    neurons = of.neurons()
    before, uniforms = neurons.state.potential.clone(), neurons.state.uniforms
    clock = torch.zeros(1, dtype=torch.int64, device=device)
    of.kernels.spikes(of.link, neurons, of.moment, clock, philox=False)
    check_neurons(of, neurons, before, uniforms)


@every_shape
@both
def test_spikes_of_a_population_of_which_a_part_is_silenced(shape, device, half):
    of = hop(shape, device, half)
    neurons = of.neurons(sf.Dropout(0.4))
    before, uniforms = neurons.state.potential.clone(), neurons.state.uniforms
    clock = torch.zeros(1, dtype=torch.int64, device=device)
    of.kernels.spikes(of.link, neurons, of.moment, clock, philox=False)
    fired = check_neurons(of, neurons, before, uniforms)
    assert not fired[neurons.state.dropout.kept.view(fired.shape) == 0].any()


@every_shape
@both
def test_spikes_of_a_population_whose_drive_was_foreseen(shape, device, half):
    """One product for all steps, of which this step takes its rows."""
    if shape[2] == 1:
        pytest.skip("a single stream foresees nothing")
    of = hop(shape, device, half)
    neurons = of.neurons()
    before, uniforms = neurons.state.potential.clone(), neurons.state.uniforms
    clock = torch.zeros(1, dtype=torch.int64, device=device)
    of.kernels.foresee(of.link, of.earlier + 1, learns=True)
    of.kernels.spikes(of.link, neurons, of.moment, clock, False, foreseen=True)
    check_neurons(of, neurons, before, uniforms)


@every_shape
@both
def test_the_output_and_its_error(shape, device, half):
    check_output(hop(shape, device, half), "identity", True)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("batch", [1, 5])
@both
def test_the_error_of_probabilities(device, batch, half):
    check_output(hop((20, 30, batch, 2, 1), device, half), "tanh", False)


def check_output(of, phi, of_spikes):
    """Step the output, and check it and the population beside it."""
    neurons, output = of.neurons(), of.output(phi, of_spikes)
    before, own = neurons.state.potential.clone(), output.errors.potential.clone()
    clock = torch.zeros(1, dtype=torch.int64, device=of.device)
    of.kernels.spikes(of.link, neurons, of.moment, clock, False, output)
    fired = check_neurons(of, neurons, before, neurons.state.uniforms)
    answer = fired if of_spikes else neurons.state.probability.view_as(fired)
    arrived = Near.exactly(answer) - Near.exactly(output.target)
    arrived.check(output.error, "the error")
    gain = Near.exactly(neurons.state.gain.view_as(fired)).rounded()
    check_errors(of, output.errors, arrived, own, gain)


@every_shape
@both
@pytest.mark.parametrize("plastic", [False, True], ids=["fixed", "plastic"])
def test_errors(shape, device, half, plastic):
    check_hop(hop(shape, device, half, spikes=False, plastic=plastic))


@pytest.mark.parametrize(
    ("shape", "device"), [each for each in SHAPES if "-" in each.id or "odd" in each.id]
)
@both
@pytest.mark.parametrize("kind", ["uniform", "sign"])
def test_errors_through_a_matrix_that_is_drawn(shape, device, half, kind):
    check_hop(hop(shape, device, half, spikes=False, plastic=False, kind=kind))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("batch", [1, 5])
@pytest.mark.parametrize("phi", ["tanh", "logistic"])
@both
def test_errors_of_neurons_that_are_not_linear(device, batch, phi, half):
    check_hop(hop((20, 300, batch, 2, 1), device, half, spikes=False), phi)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("kind", ["uniform", "sign"])
@pytest.mark.parametrize("batch", [1, 5])
def test_matrices_of_replicas_are_drawn_from_their_seeds(device, batch, kind):
    check_hop(hop((20, 30, batch, 2, 3), device, False, spikes=False, plastic=False, kind=kind))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("early", [16, 64, 256])
@both
def test_weights_that_are_fetched_before_the_wait(device, early, half):
    """A part, more than a tile, and more than all of them."""
    from spikefa.backends.fused_deferred.tiling import DriveTiles  # needs triton

    tiles = {"drive": DriveTiles(pre=32, post=16, early=early)}
    check_hop(hop((150, 21, 1, 2, 1), device, half, spikes=False, tiles=tiles))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("parts", [1, 3])
@both
def test_other_tiles(device, parts, half):
    """Tiles of streams, parts that are cut unequally, and several tiles of earlier rows."""
    from spikefa.backends.fused_deferred import tiling  # needs triton

    tiles = {
        "transmit": tiling.TransmitTiles(16, 16, 64, 16, parts),
        "arrive": tiling.ArriveTiles(16, 16, 16),
        "learn": tiling.LearnTiles(16, 32, 16),
    }
    check_hop(hop((60, 40, 20, 2, 1), device, half, spikes=False, tiles=tiles))
    check_learning(hop((60, 40, 20, 2, 1), device, half, tiles=tiles))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("batch", [1, 5])
def test_errors_that_nobody_reads_leave_no_rows(device, batch):
    check_hop(hop((20, 30, batch, 2, 1), device, False, spikes=False), everything=False)


def check_hop(of, phi="identity", everything=True):
    """Step an error population, and check it."""
    errors = of.errors(phi, everything)
    before = errors.potential.clone()
    of.kernels.errors(of.link, errors, of.moment)
    check_errors(of, errors, of.drive(), before, Near.exactly(errors.gain))


@every_shape
@both
@pytest.mark.parametrize("spikes", [True, False], ids=["forward", "feedback"])
def test_learning(shape, device, half, spikes):
    check_learning(hop(shape, device, half, spikes=spikes))


def check_learning(of):
    """Write the weights once, and check them."""
    from tests.helpers.hop_truth import ETA

    rows = of.row + of.batch
    weight, matrix = of.weight.clone(), of.link.matrix
    sent, factor = of.known(of.left, 0, rows), of.known(of.link.factor, 0, rows)
    change = sent.mT.times(factor, of.unit) * -ETA
    assert change.value.abs().sum() >= 20 * change.error.sum()  # else the test could not fail
    bias = None if of.bias is None else of.bias.clone()
    of.kernels.learn(of.link, rows)
    (Near.exactly(weight) + change).check(of.weight, "the weights")
    if matrix.copy is not None:
        assert matrix.copy[..., : of.n_post].equal(of.weight.half())
        assert not matrix.copy[..., of.n_post :].any()
    if bias is not None:
        always = Near.exactly(torch.ones(of.replicas, 1, rows, device=of.device))
        change = always.times(factor, of.unit) * -ETA
        (Near.exactly(bias.unsqueeze(-2)) + change).check(of.bias.unsqueeze(-2), "the bias")


@every_shape
def test_random_numbers_are_philox(shape, device):
    """Of the neuron, the stream, and a step that 32 bits do not hold; weights of 0: p = 1/2."""
    of = hop(shape, device, False, plastic=False)
    of.weight.zero_(), of.bias.zero_()
    neurons = of.neurons()
    neurons.state.potential.zero_()
    clock = torch.full((1,), (1 << 32) + 7, dtype=torch.int64, device=device)
    of.kernels.spikes(of.link, neurons, of.moment, clock, philox=True)
    fired = neurons.state.spikes.view(of.replicas, of.batch, of.n_post).cpu().numpy()
    for replica, seed in enumerate(neurons.seeds.tolist()):
        now = int(clock) + of.moment.since
        assert ((chances(seed, now, of.batch, of.n_post) < 0.5) == fired[replica]).all()

"""The same network twice, one executed by eager and one by fused, given the same uniforms."""

import numpy as np
import torch

import spikefa as sf
from spikefa.datasets import Images
from spikefa.simulation.runner import Runner
from spikefa.utils.tensors import copy_into
from tests.helpers.rounding import UNIT

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def images(n_inputs, n_classes=2, n=12):
    random = np.random.default_rng(1)
    pixels = random.integers(0, 256, (n, 1, n_inputs)).astype(np.uint8)
    labels = (np.arange(n) % n_classes).astype(np.uint8)
    return Images(pixels, labels, n_classes=n_classes)


def network(circuit, sizes, n_inputs=13, rule=None, tau=0.9, dropout=None, **options):
    last = len(sizes) - 1
    populations = {
        f"layer{n}": sf.StochasticBinary(size, tau=tau, dropout=dropout if n < last else None)
        for n, size in enumerate(sizes)
    }
    rule = rule or sf.ThreeFactor(1e-2)
    net = sf.Network(n_inputs, populations, circuit, rule, device=DEVICE, **options)
    net.initialise(3)
    return net


def stream(net, batch, tiles=None, philox=False, fused=True, precision="float32", steps=5):
    """Return the runner of a training of `net`, executed by fused, or by eager."""
    stimulus = sf.ImageStimulus(images(net.n_inputs, n_classes=2), steps=steps)
    made = Runner(net, stimulus, batch, seed=0, name="train")
    if fused:
        from spikefa.backends.fused import Fused

        made.backend = Fused(net, made.state, 0, "train", precision, philox, tiles)
    return made


def learn(of, number):
    """Show the next images, one step after the other, while the network learns."""
    streams = len(of.seeds) * of.batch
    of.load(number, ((torch.arange(streams) + number * streams) % 12).to(DEVICE))
    return of.learn()


def compare(make, batch, presentations, steps=5, tiles=None, **options):
    """Run both side by side; return how often a spike differed, always within rounding."""
    return compare_two(
        stream(make(), batch, fused=False, steps=steps),
        stream(make(), batch, tiles, steps=steps, **options),
        presentations,
    )


def compare_two(one, other, presentations):
    """Compare a stream of eager with one of fused, which may know other tensors besides."""
    flips = 0
    for presentation in range(presentations):
        both = zip(learn(one, presentation), learn(other, presentation), strict=False)
        for _ in both:
            different = _different(one, other, rounding(one))
            if different:  # later steps would be of two trajectories: go on from the one
                other.flush()
                copy_into(*_shared(everything(other), everything(one)))
            else:
                _agree(trajectory(one), trajectory(other), rounding(one))
            flips += different
        other.flush()
        _agree(*_shared(one.network.tensors(), other.network.tensors()), rounding(one))
        # learning would let differences grow: each presentation starts from the same state
        copy_into(*_shared(everything(other), everything(one)))
    return flips


def _shared(one, other):
    return [{name: of[name] for name in one if name in other} for of in (one, other)]


def everything(of):
    return of.tensors() | {f"network.{name}": t for name, t in of.network.tensors().items()}


def trajectory(of):
    """Return the state but for what a step has used up: drives, and factors of KP's changes."""
    return {
        name: tensor
        for name, tensor in of.tensors().items()
        if not name.endswith("drive") and "feedback.factors" not in name
    }


def _different(one, other, most):
    """Count the spikes that differ; each must have been a draw at p, but for rounding."""
    count = 0
    for here, there in zip(one.state.populations, other.state.populations, strict=True):
        wrong = here.spikes != there.spikes
        margin = (here.probability - here.uniforms).abs()[wrong]
        assert (margin <= most / 4).all(), margin  # a quarter: the logistic's steepest slope
        count += int(wrong.sum())
        if count:
            break  # what is above has seen other spikes
    return count


def _agree(expected, given, most):
    for name, tensor in expected.items():
        size = float(tensor.abs().max()) if tensor.numel() else 0.0
        torch.testing.assert_close(
            given[name],
            tensor,
            rtol=0,
            atol=most * max(1.0, size) if tensor.is_floating_point() else 0,
            msg=lambda m, name=name: f"{name}: {m}",
        )


def rounding(of):
    """Return by how much potentials may differ if sums are made in another order, in float32.

    A potential is a sum over presynaptic neurons, to whose weights each step has added a sum over
    the streams. Each addition rounds a partial sum, by half a unit in the last place at most and in
    either direction, so that errors add up as the square root of their number. A partial sum of
    numbers with random signs is about as large as the root of their squares' sum; it is taken to be
    three times as large, and six standard deviations of the error are allowed. Deeper populations
    see the errors of those before, one after the other.
    """
    synapses = list(of.network.synapses.values())
    terms = max(each.n_pre for each in synapses) + of.stimulus.steps * of.batch
    matrices = [tensor for tensor in of.network.tensors().values() if tensor.dim() == 2]
    sums = max(float(matrix.square().sum(0).max()) ** 0.5 for matrix in matrices)
    return 6 * UNIT * terms**0.5 * 3 * max(1.0, sums) * len(synapses)

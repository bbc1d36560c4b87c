"""The same network twice, one executed by eager and one by fused, given the same uniforms."""

import numpy as np
import torch

import spikefa as sf
from spikefa.datasets import Images
from spikefa.simulation.runner import Runner
from spikefa.utils.tensors import copy_into

ROUNDING = 1e-5
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def images(n_inputs, classes=2, n=12):
    random = np.random.default_rng(1)
    pixels = random.integers(0, 256, (n, 1, n_inputs)).astype(np.uint8)
    return Images(pixels, (np.arange(n) % classes).astype(np.uint8))


def network(circuit, sizes, n_inputs=13, rule=None, tau=0.9, **options):
    populations = {f"layer{n}": sf.StochasticBinary(size, tau=tau) for n, size in enumerate(sizes)}
    rule = rule or sf.ThreeFactor(1e-2)
    net = sf.Network(n_inputs, populations, circuit, rule, device=DEVICE, **options)
    net.initialise(3)
    return net


def stream(net, batch, tiles=None, philox=False, fused=True, precision="float32"):
    """Return the training stream of `net`, executed by fused, or by eager."""
    shown = images(net.n_inputs)
    made = Runner(net, shown, 255, 2, batch, seed=0, name="train")
    if fused:
        from spikefa.backends.fused import Fused

        made.backend = Fused(net, made.state, 0, "train", precision, philox, tiles)
    return made


def shown(presentation, batch):
    return ((torch.arange(batch) + presentation * batch) % 12).to(DEVICE)


def compare(make, batch, presentations, steps=5, tiles=None, **options):
    """Run both side by side; return how often a spike differed, always within rounding."""
    return compare_two(
        stream(make(), batch, fused=False), stream(make(), batch, tiles, **options),
        presentations, steps,
    )  # fmt: skip


def compare_two(one, other, presentations, steps):
    """Compare a stream of eager with one of fused, which may know other tensors besides."""
    flips = 0
    for presentation in range(presentations):
        now = shown(presentation, one.batch)
        both = zip(one.present(now, steps, True), other.present(now, steps, True), strict=False)
        for _ in both:
            different = _different(one, other)
            if different:  # later steps would be of two trajectories: go on from the one
                other.settle()
                copy_into(*_shared(everything(other), everything(one)))
            else:
                _agree(trajectory(one), trajectory(other))
            flips += different
        for _ in other.present(now, 0, True):  # settle
            pass
        _agree(*_shared(one.network.tensors(), other.network.tensors()))
    return flips


def _shared(one, other):
    return [{name: of[name] for name in one if name in other} for of in (one, other)]


def everything(of):
    return of.tensors() | {f"network.{name}": t for name, t in of.network.tensors().items()}


def trajectory(of):
    """Return the state but for what a step has used up: drives, which circuits use as room."""
    return {name: tensor for name, tensor in of.tensors().items() if not name.endswith("drive")}


def _different(one, other):
    """Count the spikes that differ; each must have been a draw at p, but for rounding."""
    count = 0
    for here, there in zip(one.state.populations, other.state.populations, strict=True):
        wrong = here.spikes != there.spikes
        margin = (here.probability - here.uniforms).abs()[wrong]
        assert (margin < ROUNDING).all(), margin
        count += int(wrong.sum())
        if count:
            break  # what is above has seen other spikes
    return count


def _agree(expected, given):
    for name, tensor in expected.items():
        torch.testing.assert_close(
            given[name], tensor, rtol=1e-4, atol=ROUNDING, msg=lambda m, name=name: f"{name}: {m}"
        )

"""A small residual network with batch normalisation, and its gradient by autograd."""

from functools import partial

import torch
from torch.nn.functional import batch_norm, conv2d, pad, relu

import spikefa as sf
from spikefa.utils.seeding import generator

FIRST = sf.Convolution((2, 6, 6), 4, 3, padding=1)  # 4 x 6 x 6
SECOND = sf.Convolution(FIRST.out_shape, 4, 3, padding=1)
THIRD = sf.Convolution(SECOND.out_shape, 8, 3, padding=1, stride=2, groups=2)  # 8 x 3 x 3
FOURTH = sf.Convolution(THIRD.out_shape, 8, 3, padding=1)
FIFTH = sf.Convolution(FOURTH.out_shape, 5, 1, pool=3)  # mean over all positions, and 5 outputs
LAYOUTS = {"conv1": FIRST, "conv2": SECOND, "conv3": THIRD, "conv4": FOURTH, "output": FIFTH}
SHORTCUTS = {
    ("conv1", "conv2"): sf.Skipping(FIRST.out_shape, 4),
    ("conv2", "conv4"): sf.Skipping(SECOND.out_shape, 8, stride=2),
}
NORMALISED = [name for name in LAYOUTS if name != "output"]
BATCH, RATE = 4, 0.05


def network(circuit, decay=0.0, dtype=torch.float64, seed=5, **more):
    """Return a network of two blocks, the second of which halves the images."""
    found = sf.Network(
        FIRST.n_pre,
        {
            name: sf.Rate(each.n_post, "linear" if name == "output" else "relu")
            for name, each in LAYOUTS.items()
        },
        circuit,
        sf.ThreeFactor(RATE, weight_decay=decay),
        synapses={
            name: partial(sf.Conv, convolution=each, scale=0.4, biased=name == "output")
            for name, each in LAYOUTS.items()
        },
        connections=[
            *(
                sf.Normalisation(name, partial(sf.BatchNorm, channels=LAYOUTS[name].channels))
                for name in NORMALISED
            ),
            *(
                sf.Connection(*ends, delay=0, synapses=partial(sf.Skip, layout=each))
                for ends, each in SHORTCUTS.items()
            ),
        ],
        dtype=dtype,
        **more,
    )
    found.initialise(seed)
    for name in NORMALISED:
        synapses = found.projections[f"{name}_norm"]
        for part in ("weight", "bias"):
            own = getattr(synapses, part)
            own.add_(torch.rand(own.shape[-1:], generator=generator(5, name, part)) - 0.5)
    return found


def shown(net, step=0, batch=BATCH):
    """Return inputs and targets of a step."""
    source = generator(1, "shown", step)
    draw = [
        torch.rand(batch, n, generator=source, dtype=torch.float64)
        for n in (net.n_inputs, net.n_outputs)
    ]
    return [each.to(net.dtype) for each in draw]


def weights_of(net):
    """Return copies of all that learns, by name."""
    return {
        f"{name}.{part}": getattr(each, part).clone()
        for name, each in net.projections.items()
        for part in ("weight", "bias")
        if each.plastic and (part == "weight" or each.biased)
    }


def outputs(weights, running, inputs, training, receive=lambda name, activity: activity):
    """Return the output by torch's own layers; `running` means change as torch changes them.

    `receive` is given the activity of each hidden population, and returns what others see of it.
    """
    found, x = {}, inputs.view(-1, *FIRST.shape)
    for name, layout in LAYOUTS.items():
        below = layout.shape[0] // layout.groups
        size = layout.kernel_size
        kernel = weights[f"{name}.weight"].mT.reshape(layout.channels, below, size, size)
        x = conv2d(x, kernel, None, layout.stride, layout.padding, 1, layout.groups)
        if name == "output":
            return x.mean((-2, -1)) + weights["output.bias"]
        own = weights[f"{name}_norm.weight"].flatten(), weights[f"{name}_norm.bias"]
        x = batch_norm(x, *running[name], *own, training)
        for (source, target), skip in SHORTCUTS.items():
            if target == name:
                more = (skip.channels - skip.shape[0]) // 2
                images = found[source][:, :, :: skip.stride, :: skip.stride]
                x = x + pad(images, (0, 0, 0, 0, more, skip.channels - skip.shape[0] - more))
        x = found[name] = receive(name, relu(x))
    raise AssertionError


def running_means(net):
    """Return copies of the running means and variances, by population."""
    own = {name: net.projections[f"{name}_norm"] for name in NORMALISED}
    return {name: (each.mean.clone(), each.variance.clone()) for name, each in own.items()}


def gradients(weights, running, inputs, target):
    """Return the gradient of ``|s - target|^2 / 2`` by autograd, by name."""
    own = {name: each.clone().requires_grad_() for name, each in weights.items()}
    (0.5 * (outputs(own, running, inputs, True) - target).square().sum()).backward()
    return {name: each.grad for name, each in own.items()}

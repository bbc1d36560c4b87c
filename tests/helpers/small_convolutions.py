"""A small network with strides, padding, groups and pooling, and its gradient by autograd."""

from functools import partial

import torch
from torch.nn.functional import avg_pool2d, conv2d

import spikefa as sf
from spikefa.utils.seeding import generator

FIRST = sf.Convolution((2, 9, 8), 4, 3, stride=(2, 1), padding=1, pool=(1, 2))  # 4 x 5 x 4
SECOND = sf.Convolution(FIRST.out_shape, 6, 2, padding=1, groups=2, pool=2)  # 6 x 3 x 2
THIRD = sf.Convolution(SECOND.out_shape, 3, (2, 1))  # 3 x 2 x 2
LAYOUTS = {"conv1": FIRST, "conv2": SECOND, "conv3": THIRD}
BATCH, N_OUT = 3, 4
RATE = 0.05


def network(circuit, spiking=False, decay=0.0, dtype=torch.float64, seed=5, **more):
    """Return the network 2 x 9 x 8 - 4 x 5 x 4 - 6 x 3 x 2 - 3 x 2 x 2 - 4."""
    neurons = partial(sf.StochasticBinary, tau=1.0) if spiking else partial(sf.Rate)
    sizes = {name: each.n_post for name, each in LAYOUTS.items()} | {"output": N_OUT}
    found = sf.Network(
        FIRST.n_pre,
        {name: neurons(size) if spiking else neurons(size, "tanh") for name, size in sizes.items()},
        circuit,
        sf.ThreeFactor(RATE, weight_decay=decay),
        synapses={
            name: partial(sf.Conv, convolution=each, scale=0.6) for name, each in LAYOUTS.items()
        }
        | {"output": partial(sf.Dense, scale=0.5)},
        dtype=dtype,
        **more,
    )
    found.initialise(seed)
    for number, synapses in enumerate(found.synapses.values()):
        source = generator(5, "bias", number)
        synapses.bias.copy_(torch.rand(synapses.bias.shape[-1:], generator=source) - 0.5)
    return found


def shown(net, state, step=0):
    """Draw the uniforms of a step; return inputs and targets."""
    source = generator(1, "shown", step)
    batch = state.error.shape[-2]

    def uniform(n):
        return torch.rand(batch, n, generator=source, dtype=torch.float64).to(net.dtype)

    for population in state.populations:
        if population.uniforms.numel():
            population.uniforms.copy_(uniform(population.uniforms.shape[-1]))
    return uniform(net.n_inputs).round(), uniform(N_OUT)


def gradients(net, inputs, target, state=None):
    """Return the gradient of ``|s - target|^2 / 2`` by autograd, by name of the weights.

    With the `state` of a spiking network after a step, spikes are those, and they pass a gradient
    as their probability would.
    """
    weights = {
        f"{name}.{part}": getattr(each, part).clone().requires_grad_()
        for name, each in net.synapses.items()
        for part in ("weight", "bias")
    }
    activity = inputs
    for number, name in enumerate(net.synapses):
        weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
        if name in LAYOUTS:
            activity = _convolved(activity, weight, bias, LAYOUTS[name])
        else:
            activity = activity @ weight + bias
        if state is None:
            activity = activity.tanh()
        else:
            p = activity.sigmoid()
            activity = state.populations[number].spikes + p - p.detach()
    (0.5 * (activity - target).square().sum()).backward()
    return {name: each.grad for name, each in weights.items()}


def _convolved(activity, weight, bias, layout):
    inner = layout.shape[0] // layout.groups
    size = layout.kernel_size
    size = (size, size) if isinstance(size, int) else size
    kernel = weight.mT.reshape(layout.channels, inner, *size)
    images = activity.view(-1, *layout.shape)
    more = layout.stride, layout.padding
    found = avg_pool2d(conv2d(images, kernel, None, *more, groups=layout.groups), layout.pool)
    return (found + bias.view(-1, 1, 1)).flatten(1)

"""The network of LeCun, Bottou, Bengio & Haffner 1998 (LeNet-5), of rate or of spiking neurons."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

import torch

from spikefa.feedback import FeedbackCircuit
from spikefa.network.network import Network
from spikefa.network.optimiser import MakeOptimiser
from spikefa.neurons import Population, Rate, StochasticBinary
from spikefa.neurons.rate import Activation
from spikefa.plasticity import PlasticityRule, ThreeFactor
from spikefa.synapses import Conv, Convolution, Dense, Sharing, Synapses, Unshared
from spikefa.utils import ranges
from spikefa.utils.checking import ranged
from spikefa.utils.ranges import PositiveShare, Replicas, Scale, Size

KERNEL, POOL = 5, 2
PADDING = 2
"""Of the first convolution alone: an image of 28 x 28 pixels has no wide border."""
GAIN_OF_LOGISTIC = 4.0
"""One over the slope of the logistic function at 0."""


@ranged
def lenet(
    feedback: FeedbackCircuit,
    rule: PlasticityRule | ranges.Rate,
    spiking: bool = False,
    shape: tuple[Size, Size, Size] = (1, 28, 28),
    channels: Sequence[Size] = (6, 16),
    dense: Sequence[Size] = (120, 84),
    outputs: Size = 10,
    hidden: Activation = "relu",
    output: Activation = "softmax",
    tau: PositiveShare = 0.9,
    weight_scale: Scale | None = None,
    optimiser: MakeOptimiser | None = None,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
    replicas: Replicas | None = None,
) -> Network:
    """Return two convolutions with pooling, and dense layers; the weights are not drawn yet.

    The populations are ``conv1``, ``conv2``, ``dense1``, ``dense2`` and ``output``: 784-1176-400-
    120-84-10 neurons for images of 28 x 28 pixels. Kernels have 5 x 5 pixels, and the drive of a
    neuron is the mean over 2 x 2 positions, before its activation. In the paper the mean comes
    after it and has weights of its own, every channel of ``conv2`` sees only some of ``conv1``, and
    the output has radial basis functions.

    Parameters
    ----------
    feedback : FeedbackCircuit
        For rate neurons give it ``tau=1``, and gate it.
    rule : PlasticityRule or float
        A number is the learning rate of `ThreeFactor` without decay.
    spiking : bool, default False
        Whether the neurons are `StochasticBinary`, not `Rate`.
    shape : (int, int, int), default (1, 28, 28)
        Channels, height and width of an image.
    channels : sequence of int, default (6, 16)
        Channels of each convolution.
    dense : sequence of int, default (120, 84)
        Neurons of each dense layer; there may be none.
    outputs : int, default 10
        Output neurons; spiking networks learn faster with several for each class.
    hidden, output : str, default "relu", "softmax"
        Activations of rate neurons, see `Rate`.
    tau : float, default 0.9
        Weight of the new drive in spiking neurons.
    weight_scale : float, optional
        Half-range of the uniform distribution of all first weights. By default it is
        ``sqrt(6 / (fan_in + fan_out))`` of each projection (Glorot & Bengio 2010), and 4 times that
        for spiking neurons, whose gain is at most 1/4.
    optimiser : callable, optional
        A class of torch.optim, see `Network`.
    device, dtype
        Where the network lives, and the dtype of its tensors.
    replicas : int, optional
        Number of networks side by side, see `Network`.

    Raises
    ------
    SpikefaError
        If a number is out of range, or an image is too small for the convolutions.
    """
    layouts = _layouts(shape, channels, dense, outputs)
    gain = GAIN_OF_LOGISTIC if spiking else 1.0
    neurons: Callable[[int, Activation], Population] = Rate
    if spiking:
        neurons = partial(_spiking, tau=tau)
    return Network(
        shape[0] * shape[1] * shape[2],
        {
            name: neurons(each.n_post, output if name == "output" else hidden)
            for name, each in layouts.items()
        },
        feedback,
        ThreeFactor(rule, weight_decay=0) if isinstance(rule, int | float) else rule,
        synapses={
            name: _synapses(each, gain * each.glorot if weight_scale is None else weight_scale)
            for name, each in layouts.items()
        },
        optimiser=optimiser,
        device=device,
        dtype=dtype,
        replicas=replicas,
    )


def _layouts(
    shape: tuple[int, int, int], channels: Sequence[int], dense: Sequence[int], outputs: int
) -> dict[str, Sharing]:
    """Return how the synapses onto each population are arranged."""
    found: dict[str, Sharing] = {}
    size = shape[0] * shape[1] * shape[2]
    for number, count in enumerate(channels, start=1):
        padding = PADDING if number == 1 else 0
        layout = Convolution(shape, count, KERNEL, padding=padding, pool=POOL)
        found[f"conv{number}"] = layout
        shape, size = layout.out_shape, layout.n_post
    names = [*(f"dense{number}" for number, _ in enumerate(dense, start=1)), "output"]
    sizes = pairwise([size, *dense, outputs])
    return found | {name: Unshared(*ends) for name, ends in zip(names, sizes, strict=True)}


def _synapses(layout: Sharing, scale: float) -> Callable[..., Synapses]:
    if isinstance(layout, Convolution):
        return partial(Conv, convolution=layout, scale=scale)
    return partial(Dense, scale=scale)


def _spiking(size: int, activation: Activation, tau: float) -> Population:
    return StochasticBinary(size, tau=tau)

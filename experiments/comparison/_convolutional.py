"""Settings, circuits and network of `spiking_convolutions`, of the engine and of snnTorch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from torch import nn

import spikefa as sf
from spikefa.runs.options import bound, option
from spikefa.runs.settings import (
    ALL,
    DATA_DIR,
    REPEATS,
    WHICH_CELLS,
    Repeated,
    dataset_option,
)
from spikefa.utils.devices import choose_device
from spikefa.utils.ranges import (
    Batch,
    Count,
    DurationOrZero,
    Epochs,
    Few,
    PositiveScale,
    Rate,
    Scale,
    Signed,
    Size,
    Steps,
)

FIRST_KERNEL, SECOND_KERNEL, POOL = 5, 3, 2
BPTT = "BPTT"


class Line(NamedTuple):
    """A circuit, and the learning rates of conv1, conv2, hidden and output."""

    circuit: Callable[[], sf.FeedbackCircuit]
    rates: tuple[float, float, float, float]


LINES: Mapping[str, Line] = {
    "FA": Line(lambda: sf.FA([4.0, 0.1, 0.1], gated=True), (1e-2, 1e-2, 2e-2, 2e-3)),
    "DFA": Line(lambda: sf.DFA([0.03, 0.03, 0.1], gated=True), (3e-3, 3e-3, 2e-2, 2e-3)),
    "PFA-o": Line(lambda: sf.PFAo(scale=[4.0, 0.1, 0.1]), (3e-2, 3e-2, 2e-2, 2e-3)),
    "backprop": Line(lambda: sf.Backprop(), (3e-2, 3e-2, 2e-2, 2e-3)),
}
CELLS = (*LINES, BPTT)


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """Everything that the result depends on."""

    dataset: str = dataset_option()
    data_dir: str | None = option(None, DATA_DIR)
    train_images: Count | None = option(None, "use only the first K training images")
    validation_images: Count = option(5000, "hold out K training images, for the curves")
    epochs: Epochs = option(10, "epochs of training")
    warmup: DurationOrZero = option(0.0, "epochs in which the rates rise, to fall to 0 later")
    batch: Batch = option(100, "independent streams")
    steps: Steps = option(5, "N, steps for each image of the training")
    test_steps: Steps = option(20, "M, steps for each image of a test")
    first_channels: Size = option(16, "channels of the first convolution")
    second_channels: Size = option(64, "channels of the second convolution")
    hidden: Size = option(500, "neurons of the hidden layer above them")
    outputs: Size = option(300, "output neurons")
    first_scale: Scale = option(10.0, "half-range of the first kernels of the first convolution")
    second_scale: Scale = option(4.0, "that of the second")
    convolved_bias: Signed = option(-4.0, "first bias of both: empty places are silent")
    dense_scale: Scale = option(0.1, "half-range of the first weights of the layers above")
    rate: PositiveScale = option(1.0, "factor on the learning rates of all circuits")
    adam_rate: Rate = option(2e-3, "learning rate of BPTT's Adam")
    repeats: Few = option(3, REPEATS)
    cells: str = option(ALL, f"{WHICH_CELLS}: {', '.join(CELLS)}")
    most: PositiveScale = bound(1.2, "percent, the largest test error, all steps summed")


def convolutions(shape: tuple[int, int, int], settings: Settings) -> list[sf.Convolution]:
    """Return both convolutions, each with the mean over 2 x 2 positions."""
    first = sf.Convolution(shape, settings.first_channels, FIRST_KERNEL, pool=POOL)
    second = sf.Convolution(first.out_shape, settings.second_channels, SECOND_KERNEL, pool=POOL)
    return [first, second]


def spiking_network(
    shape: tuple[int, int, int],
    settings: Settings,
    circuit: sf.FeedbackCircuit,
    rates: Sequence[float],
    seed: int,
) -> sf.Network:
    """Return the network with its first weights drawn."""
    first, second = convolutions(shape, settings)
    network = sf.Network(
        first.n_pre,
        {
            "conv1": sf.StochasticBinary(first.n_post),
            "conv2": sf.StochasticBinary(second.n_post),
            "hidden": sf.StochasticBinary(settings.hidden),
            "output": sf.StochasticBinary(settings.outputs),
        },
        circuit,
        sf.ThreeFactor([settings.rate * each for each in rates], weight_decay=0),
        synapses={
            "conv1": partial(sf.Conv, convolution=first, scale=settings.first_scale),
            "conv2": partial(sf.Conv, convolution=second, scale=settings.second_scale),
            "hidden": partial(sf.Dense, scale=settings.dense_scale),
            "output": partial(sf.Dense, scale=settings.dense_scale),
        },
        device=choose_device(settings.device),
    )
    network.initialise(seed)
    for name in ("conv1", "conv2"):  # empty places of an image are silent
        network.synapses[name].bias.fill_(settings.convolved_bias)
    return network


def modules(shape: tuple[int, int, int], settings: Settings) -> list[nn.Module]:
    """Return the same network's projections as torch modules, with torch's first weights."""
    first, second = convolutions(shape, settings)
    return [
        _convolution(shape, first, FIRST_KERNEL),
        _convolution(first.out_shape, second, SECOND_KERNEL),
        nn.Linear(second.n_post, settings.hidden),
        nn.Linear(settings.hidden, settings.outputs),
    ]


def _convolution(shape: tuple[int, int, int], onto: sf.Convolution, kernel: int) -> nn.Module:
    return nn.Sequential(
        nn.Unflatten(-1, shape),
        nn.Conv2d(shape[0], onto.channels, kernel),
        nn.AvgPool2d(POOL),
        nn.Flatten(),
    )

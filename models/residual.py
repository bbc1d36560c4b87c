"""Residual networks of rate neurons (He, Zhang, Ren & Sun 2016), with normalised populations."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from spikefa.errors import require
from spikefa.feedback import FeedbackCircuit
from spikefa.network import Connection, Network, Normalisation
from spikefa.neurons import Rate
from spikefa.plasticity import PlasticityRule, ThreeFactor
from spikefa.synapses import BatchNorm, Conv, Convolution, Skip, Skipping, Synapses
from spikefa.utils import ranges
from spikefa.utils.checking import ranged
from spikefa.utils.ranges import Size

KERNEL = 3


@ranged
def resnet20(
    feedback: FeedbackCircuit,
    rule: PlasticityRule | ranges.Rate,
    shape: tuple[Size, Size, Size] = (3, 32, 32),
    channels: Sequence[Size] = (16, 32, 64),
    blocks: Size = 3,
    outputs: Size = 10,
    **network: Any,
) -> Network:
    """Return the network for CIFAR-10 of the paper, section 4.2; the weights are not drawn yet.

    A convolution, then blocks of two convolutions with a shortcut past them; the first block of
    each further group halves the images and has more channels. All kernels have 3 x 3 pixels. All
    populations but the output are normalised over the batch, before the shortcuts end there. The
    output is a softmax, of the means of the last channels. With three groups of three blocks these
    are 20 layers, and 0.27 million weights.

    The populations are ``conv1``, ``conv2`` and so on, and ``output``; what normalises the first is
    ``conv1_norm``, and the shortcut of the first block ``conv1_to_conv3``.

    Parameters
    ----------
    feedback : FeedbackCircuit
        Give it ``tau=1``, and gate it.
    rule : PlasticityRule or float
        A number is the learning rate of `ThreeFactor` without decay, for the sum over the batch.
    shape : (int, int, int), default (3, 32, 32)
        Channels, height and width of an image.
    channels : sequence of int, default (16, 32, 64)
        Channels of each group of blocks, not falling.
    blocks : int, default 3
        Blocks in each group.
    outputs : int, default 10
        Classes.
    **network
        Further arguments of `Network`: `optimiser`, `device`, `dtype`, `replicas`.

    Raises
    ------
    SpikefaError
        If a number is out of range, or channels fall.
    """
    require(bool(channels), "channels is empty: give those of one group of blocks or more")
    plan = _Plan().convolve(Convolution(shape, channels[0], KERNEL, padding=1))
    return plan.add_groups(channels, blocks).network(outputs, feedback, rule, **network)


@ranged
def resnet18(
    feedback: FeedbackCircuit,
    rule: PlasticityRule | ranges.Rate,
    shape: tuple[Size, Size, Size] = (3, 224, 224),
    channels: Sequence[Size] = (64, 128, 256, 512),
    blocks: Size = 2,
    outputs: Size = 1000,
    **network: Any,
) -> Network:
    """Return the network of 18 layers for ImageNet; the weights are not drawn yet.

    As in table 1 of the paper, with shortcuts without weights (option A), but for the pooling after
    the first convolution: here it is the mean over 2 x 2 positions before the neurons, there the
    maximum over 3 x 3 neurons.

    Parameters
    ----------
    feedback, rule, shape, channels, blocks, outputs, **network
        As in `resnet20`.

    Raises
    ------
    SpikefaError
        As `resnet20`.
    """
    require(bool(channels), "channels is empty: give those of one group of blocks or more")
    plan = _Plan().convolve(Convolution(shape, channels[0], 7, stride=2, padding=3, pool=2))
    return plan.add_groups(channels, blocks).network(outputs, feedback, rule, **network)


@dataclass
class _Plan:
    """The convolutions of a residual network by population, and its shortcuts by their ends."""

    layouts: dict[str, Convolution] = field(default_factory=dict)
    shortcuts: dict[tuple[str, str], Skipping] = field(default_factory=dict)

    @property
    def last(self) -> str:
        return list(self.layouts)[-1]

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.layouts[self.last].out_shape

    def convolve(self, layout: Convolution) -> "_Plan":
        self.layouts[f"conv{len(self.layouts) + 1}"] = layout
        return self

    def add_groups(self, channels: Sequence[int], blocks: int) -> "_Plan":
        for group, width in enumerate(channels):
            for block in range(blocks):
                self._add_block(width, stride=2 if group and not block else 1)
        return self

    def _add_block(self, channels: int, stride: int) -> None:
        begin, shape = self.last, self.shape
        self.convolve(Convolution(shape, channels, KERNEL, padding=1, stride=stride))
        self.convolve(Convolution(self.shape, channels, KERNEL, padding=1))
        self.shortcuts[begin, self.last] = Skipping(shape, channels, stride=stride)

    def network(
        self, outputs: int, feedback: FeedbackCircuit, rule: PlasticityRule | float, **network: Any
    ) -> Network:
        pooled = Convolution(self.shape, outputs, 1, pool=self.shape[1:])
        synapses: dict[str, Callable[..., Synapses]] = {
            name: partial(Conv, convolution=each, scale=each.glorot, biased=False)
            for name, each in self.layouts.items()
        }
        connections: list[Connection] = [
            Normalisation(name, partial(BatchNorm, channels=each.channels))
            for name, each in self.layouts.items()
        ]
        connections += [
            Connection(*ends, delay=0, synapses=partial(Skip, layout=each))
            for ends, each in self.shortcuts.items()
        ]
        hidden = {name: Rate(each.n_post, "relu") for name, each in self.layouts.items()}
        return Network(
            self.layouts["conv1"].n_pre,
            hidden | {"output": Rate(outputs, "softmax")},
            feedback,
            ThreeFactor(rule, weight_decay=0) if isinstance(rule, int | float) else rule,
            synapses | {"output": partial(Conv, convolution=pooled, scale=pooled.glorot)},
            connections=connections,
            **network,
        )

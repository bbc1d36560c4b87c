"""An update of ResNet-20 by each circuit, beside plain torch with autograd."""

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, pad, relu

from spikefa.feedback import FA, KP, PFA, SF, Backprop, FeedbackCircuit, PFAo
from spikefa.feedback.folded import Folded
from spikefa.models import resnet20
from spikefa.network.network import Network
from spikefa.utils.seeding import generator
from spikefa.utils.timing import interleaved, ratio

SHAPE, CHANNELS, BLOCKS, CLASSES = (3, 32, 32), (16, 32, 64), 3, 10
RATE = 1e-3
PLAIN = "plain torch + autograd"
CIRCUITS: dict[str, Callable[[], FeedbackCircuit]] = {
    "backprop": lambda: Backprop(tau=1.0),
    "FA": lambda: FA(tau=1.0, gated=True),
    "SF": lambda: SF(tau=1.0, gated=True),
    "KP": lambda: KP(tau=1.0, gated=True),
    "PFA-o": lambda: PFAo(tau=1.0),
    "PFA, folded": lambda: Folded(PFA(10.0, tau=1.0)),
    "PFA, 10 times the channels": lambda: PFA(10.0, tau=1.0),
}


@dataclass(frozen=True)
class ResidualTiming:
    """The time of an update.

    Attributes
    ----------
    what : str
        The circuit, or plain torch.
    batch : int
        Images of an update.
    milliseconds : list of float
        For each repetition.
    times_plain : float
        Median over the repetitions of this time divided by that of plain torch.
    """

    what: str
    batch: int
    milliseconds: list[float]
    times_plain: float

    def __str__(self) -> str:
        found = self.milliseconds
        return (
            f"{self.what:28} batch {self.batch}: {statistics.median(found):8.1f} ms "
            f"(min {min(found):.1f}, max {max(found):.1f}, n = {len(found)}), "
            f"{self.times_plain:.2f} times {PLAIN}"
        )


def time_residual(
    device: torch.device,
    batch: int,
    shape: tuple[int, int, int] = SHAPE,
    channels: Sequence[int] = CHANNELS,
    blocks: int = BLOCKS,
    repetitions: int = 5,
) -> Iterator[ResidualTiming]:
    """Time whole updates in turns: forward, backward, weights; the images are there already.

    Parameters
    ----------
    device : torch.device
    batch : int
        Images of each update.
    shape, channels, blocks
        Of the network, see `resnet20`.
    repetitions : int, default 5
        After a first one that is not counted.
    """
    source = generator(0, "benchmark")
    images = torch.rand(batch, shape[0] * shape[1] * shape[2], generator=source).to(device)
    labels = torch.randint(CLASSES, (batch,), generator=source).to(device)
    target = torch.eye(CLASSES, device=device)[labels]
    plain = PlainResidual(shape, channels, blocks).to(device)
    timed: dict[str, Callable[[], object]] = {PLAIN: _plain_update(plain, images, labels)}
    for name, circuit in CIRCUITS.items():
        network = resnet20(circuit(), RATE, shape, channels, blocks, CLASSES, device=device)
        network.initialise(0)
        timed[name] = _update(network, images, target)
    times = interleaved(timed, 1, repetitions, device)
    for name, found in times.items():
        yield ResidualTiming(name, batch, found, ratio(found, times[PLAIN]))


def _update(network: Network, images: Tensor, target: Tensor) -> Callable[[], None]:
    state = network.state(len(images))
    return lambda: network.step(state, images, target)


def _plain_update(plain: "PlainResidual", images: Tensor, labels: Tensor) -> Callable[[], None]:
    optimiser = torch.optim.SGD(plain.parameters(), RATE)

    def update() -> None:
        optimiser.zero_grad()
        loss = cross_entropy(plain(images), labels, reduction="sum")
        loss.backward()
        optimiser.step()

    return update


class PlainResidual(nn.Module):
    """`resnet20` as a user of torch writes it.

    Parameters
    ----------
    shape, channels, blocks
        See `resnet20`.
    outputs : int
        Classes.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        channels: Sequence[int],
        blocks: int,
        outputs: int = CLASSES,
    ):
        super().__init__()
        self.first = nn.Conv2d(shape[0], channels[0], 3, 1, 1, bias=False)
        self.norm = nn.BatchNorm2d(channels[0])
        below, found = channels[0], []
        for group, width in enumerate(channels):
            for block in range(blocks):
                found.append(PlainBlock(below, width, 2 if group and not block else 1))
                below = width
        self.blocks = nn.Sequential(*found)
        self.output, self.shape = nn.Linear(below, outputs), shape

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits of images `[batch, pixels]`."""
        found = self.blocks(relu(self.norm(self.first(images.view(-1, *self.shape)))))
        logits: Tensor = self.output(found.mean((-2, -1)))
        return logits


class PlainBlock(nn.Module):
    """Two convolutions and a shortcut without weights.

    Parameters
    ----------
    below, channels, stride : int
    """

    def __init__(self, below: int, channels: int, stride: int):
        super().__init__()
        self.first = nn.Conv2d(below, channels, 3, stride, 1, bias=False)
        self.second = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.norms = nn.ModuleList(nn.BatchNorm2d(channels) for _ in range(2))
        self.stride, self.more = stride, channels - below

    def forward(self, x: Tensor) -> Tensor:
        """Return the activity of the second population."""
        found = relu(self.norms[0](self.first(x)))
        past = x[:, :, :: self.stride, :: self.stride]
        before = self.more // 2
        past = pad(past, (0, 0, 0, 0, before, self.more - before))
        return relu(self.norms[1](self.second(found)) + past)

"""What notes 5, 6, 7 and 9 share: deep networks, the cells of a table, and how they are taught."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import TYPE_CHECKING, Any

from spikefa.errors import require
from spikefa.results.findings import Quantity

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from spikefa.datasets.examples import Examples
    from spikefa.lesson import Lesson
    from spikefa.neurons.rate import Activation
    from spikefa.results.repeats import Runs


@dataclass(frozen=True)
class Cell:
    """One network of a table.

    Attributes
    ----------
    title : str
    paper : float
        What the paper reports.
    hidden : tuple of int
        Neurons of the hidden populations, from the input upwards.
    circuit : str
        "fa" or "backprop".
    activation : str
        Of the hidden neurons.
    dropout : float
        In the last hidden population.
    field : tuple of int, optional
        Maps and width of the fields through which the first population sees the image.
    distorted : bool
        Whether the training images are distorted anew whenever they are shown.
    background : bool
        Whether photographs are behind the digits.
    """

    title: str
    paper: float
    hidden: tuple[int, ...]
    circuit: str = "fa"
    activation: "Activation" = "tanh"
    dropout: float = 0.0
    field: tuple[int, int] | None = None
    distorted: bool = False
    background: bool = False


@dataclass(frozen=True)
class Teaching:
    """How the networks of a table are taught; the settings of the same names.

    Attributes
    ----------
    fast, medium, slow : int
        Epochs at the full learning rate, at a tenth and at a hundredth.
    batch : int
    rate : float
        eta of the mean over a batch.
    decay : float
        Per update.
    weight_gain, feedback_gain : float
        The first weights come from U[-g sqrt(3/n), g sqrt(3/n)], n being the number of neurons
        that send, and so does the B into the last hidden layer; g is 1 for the other B, which
        therefore pass on an error of the size that they receive.
    """

    fast: int
    medium: int
    slow: int
    batch: int
    rate: float
    decay: float
    weight_gain: float
    feedback_gain: float

    @classmethod
    def of(cls, settings: Any) -> "Teaching":
        """Take them out of the settings of an experiment."""
        return cls(**{item.name: getattr(settings, item.name) for item in fields(cls)})

    @property
    def paces(self) -> list[float]:
        """Factor on the learning rate in each epoch."""
        return [1.0] * self.fast + [0.1] * self.medium + [0.01] * self.slow


def chosen(cells: Mapping[str, Cell], given: str) -> list[str]:
    """Return the names in `given`, separated by commas, or all for "all".

    Raises
    ------
    SpikefaError
        If there is no such cell.
    """
    names = list(cells) if given == "all" else [name.strip() for name in given.split(",")]
    unknown = [name for name in names if name not in cells]
    require(
        not unknown and len(set(names)) == len(names),
        f"--cells {given}: give some of {', '.join(cells)}, separated by commas, or all",
    )
    return names


def deep_lesson(
    cell: Cell,
    teaching: Teaching,
    train: "Examples",
    tests: "Examples",
    seed: int,
    shape: tuple[int, int] | None = None,
    shrink: int = 1,
) -> "Lesson":
    """Return the network of a cell, with tanh outputs, in front of the examples.

    Parameters
    ----------
    cell : Cell
    teaching : Teaching
    train, tests : Examples
    seed : int
    shape : tuple of int, optional
        Height and width of the images, where a cell needs it.
    shrink : int, default 1
        Divisor of the number of hidden neurons, for the quick version.
    """
    import torch
    from spikefa.models import rate_network

    import spikefa as sf
    from spikefa.datasets.distortions import Elastic
    from spikefa.lesson import Lesson

    sizes = [train.inputs.shape[1], *_hidden(cell, shape, shrink), train.targets.shape[1]]
    fan_in = list(sizes[:-1])
    local = None
    if cell.field is not None:
        assert shape is not None
        maps, width = cell.field
        local = {"hidden1": partial(sf.LocallyConnected, grid=shape, field=width, maps=maps)}
        fan_in[0] = width * width
    back = _scales(1.0, sizes[2:])
    back[-1] *= teaching.feedback_gain
    circuit = sf.Backprop(tau=1.0) if cell.circuit == "backprop" else sf.FA(back, tau=1.0)
    network = rate_network(
        sizes,
        circuit,
        sf.ThreeFactor(teaching.rate / teaching.batch, weight_decay=teaching.decay),
        cell.activation,
        "tanh",
        _scales(teaching.weight_gain, fan_in),
        dropout=[0.0] * (len(sizes) - 3) + [cell.dropout],
        synapses=local,
        dtype=torch.float32,
    )
    network.initialise(seed)
    change = Elastic(shape) if cell.distorted and shape is not None else None
    return Lesson(network, train, teaching.batch, seed, tests=tests, change=change)


def quantities(
    cells: Mapping[str, Cell], runs: "Runs", what: str, unit: str = ""
) -> list[Quantity]:
    """Return the last value of every cell, and none of those that were not run."""
    return [
        Quantity(
            f"{what}, {cell.title}", runs[name][:, -1] if name in runs else [], unit, cell.paper
        )
        for name, cell in cells.items()
    ]


def draw_errors(cells: Mapping[str, Cell], runs: "Runs") -> "Figure":
    """Draw the test errors against the epochs, and those of the paper at the right edge."""
    from spikefa.analysis.style import PALETTE
    from spikefa.results.drawing import band, legend, name_axes, panels

    epochs = runs["epochs"][0]
    figure, ((axes,),) = panels(1, width=6.4, height=4.2)
    for place, name in enumerate(name for name in cells if name in runs):
        colour = PALETTE[place % len(PALETTE)]
        band(axes, epochs[1:], runs[name][:, 1:], colour, cells[name].title)
        axes.plot(epochs[-1], cells[name].paper, "<", color=colour, clip_on=False)
    axes.set_yscale("log")
    name_axes(axes, "epochs (the triangles: what the paper reports)", "test error (%)")
    legend(axes)
    return figure


def _hidden(cell: Cell, shape: tuple[int, int] | None, shrink: int) -> list[int]:
    """Return the hidden sizes, shrunk; that of a first population with fields follows from them."""
    sizes = [max(1, size // shrink) if size > shrink else size for size in cell.hidden]
    if cell.field is not None:
        require(shape is not None, "fields need the shape of the images")
        assert shape is not None
        maps, width = cell.field
        sizes[0] = maps * (shape[0] - width + 1) * (shape[1] - width + 1)
    return sizes


def _scales(gain: float, senders: Sequence[int]) -> list[float]:
    return [gain * (3 / n) ** 0.5 for n in senders]

"""Functions to learn: linear, quadratic, a teacher network, XOR, patterns and autoencoders."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.utils.checking import ranged
from spikefa.utils.numbers import shown
from spikefa.utils.ranges import Scale, Seed, Size
from spikefa.utils.seeding import generator


@dataclass(frozen=True)
class Task:
    """A function to learn, given by examples that can be drawn at random without end.

    Attributes
    ----------
    name : str
    n_inputs, n_outputs : int
    draw : callable
        ``draw(count, generator)`` returns inputs `[count, n_inputs]` and targets
        `[count, n_outputs]`, float64 on the CPU.
    """

    name: str
    n_inputs: int
    n_outputs: int
    draw: Callable[[int, torch.Generator], tuple[Tensor, Tensor]]


def drawn(task: Task, count: int, source: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return inputs and targets that a task draws, checked.

    Raises
    ------
    SpikefaError
        If they are not two tensors of floating-point numbers, of the sizes of the task.
    """
    found = task.draw(count, source)
    shapes = [(count, task.n_inputs), (count, task.n_outputs)]
    require(
        isinstance(found, tuple)
        and len(found) == 2
        and all(isinstance(each, Tensor) and each.is_floating_point() for each in found)
        and [tuple(each.shape) for each in found] == shapes,
        f"the task {task.name!r} draws {', '.join(map(shown, found))}: it must return inputs and "
        f"targets, two tensors of floating-point numbers of shapes {shapes[0]} and {shapes[1]}",
    )
    return found


def normal(count: int, n: int, source: torch.Generator) -> Tensor:
    """Return `[count, n]` independent numbers of mean 0 and variance 1."""
    return torch.randn(count, n, generator=source, dtype=torch.float64)


def uniform(shape: Sequence[int], half_range: float, source: torch.Generator) -> Tensor:
    """Return independent numbers from U[-half_range, half_range]."""
    draw = torch.empty(tuple(shape), dtype=torch.float64)
    return draw.uniform_(-half_range, half_range, generator=source)


@ranged
def linear(n_inputs: Size, n_outputs: Size, seed: Seed, half_range: Scale = 1.0) -> Task:
    """Return ``y* = x T``, T from U[-half_range, half_range], x normal (Lillicrap 2016, fig. 2).

    Parameters
    ----------
    n_inputs, n_outputs : int
    seed : int
        T is drawn from the random stream ``teacher``.
    half_range : float, default 1
    """
    matrix = uniform((n_inputs, n_outputs), half_range, generator(seed, "teacher"))

    def draw(count: int, source: torch.Generator) -> tuple[Tensor, Tensor]:
        x = normal(count, n_inputs, source)
        return x, x @ matrix

    return Task("linear", n_inputs, n_outputs, draw)


@ranged
def tanh_teacher(sizes: Sequence[Size], seed: Seed, half_range: Scale = 0.5) -> Task:
    """Return the function of a network with tanh hidden neurons and linear outputs, x normal.

    For four sizes it is ``y* = tanh(tanh(x W0 + b0) W1 + b1) W2 + b2`` (Lillicrap et al. 2016,
    figure 3d).

    Parameters
    ----------
    sizes : sequence of int
        From the inputs to the outputs.
    seed : int
        Weights and biases are drawn from the random stream ``teacher``.
    half_range : float, default 0.5
        Of the uniform distribution of weights and biases.
    """
    require(len(sizes) >= 2, f"a teacher needs inputs and outputs, sizes {list(sizes)} given")
    source = generator(seed, "teacher")
    layers = [
        (uniform(pair, half_range, source), uniform(pair[1:], half_range, source))
        for pair in pairwise(sizes)
    ]

    def draw(count: int, source: torch.Generator) -> tuple[Tensor, Tensor]:
        x = normal(count, sizes[0], source)
        h = x
        for weight, bias in layers[:-1]:
            h = torch.tanh(h @ weight + bias)
        weight, bias = layers[-1]
        return x, h @ weight + bias

    return Task("tanh teacher", sizes[0], sizes[-1], draw)


@ranged
def quadratic(
    n_inputs: Size, n_outputs: Size, seed: Seed, half_range: Scale = 0.5, reach: Scale = 2.0
) -> Task:
    """Return ``y_k* = x^T Q_k x``, Q from U[-half_range, half_range], x from U[-reach, reach].

    (Lillicrap et al. 2016, figure 5.)

    Parameters
    ----------
    n_inputs, n_outputs : int
    seed : int
        The Q_k are drawn from the random stream ``teacher``.
    half_range : float, default 0.5
    reach : float, default 2
    """
    forms = uniform((n_inputs * n_outputs, n_inputs), half_range, generator(seed, "teacher"))

    def draw(count: int, source: torch.Generator) -> tuple[Tensor, Tensor]:
        x = uniform((count, n_inputs), reach, source)
        carried = (x @ forms.T).view(count, n_outputs, n_inputs)
        return x, torch.einsum("cki,ci->ck", carried, x)

    return Task("quadratic", n_inputs, n_outputs, draw)


def xor() -> Task:
    """Return exclusive or: two inputs of 0 or 1, and one output, which is 1 if they differ.

    Examples are drawn with replacement.
    """
    x = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], dtype=torch.float64)
    y = torch.tensor([[0.0], [1.0], [1.0], [0.0]], dtype=torch.float64)
    return patterns("xor", x, y)


def patterns(name: str, inputs: Tensor, targets: Tensor) -> Task:
    """Return a task whose examples are drawn with replacement from given pairs.

    Parameters
    ----------
    name : str
    inputs : Tensor [k, n_inputs]
    targets : Tensor [k, n_outputs]
        The inputs again for an autoencoder.
    """
    for what, given in (("inputs", inputs), ("targets", targets)):
        require(
            isinstance(given, Tensor) and given.dim() == 2 and given.is_floating_point(),
            f"the {what} are {shown(given)}: give a tensor [k, n] of floating-point numbers",
        )
    require(
        len(inputs) == len(targets) > 0,
        f"{len(inputs)} inputs and {len(targets)} targets: give one target for each input",
    )

    def draw(count: int, source: torch.Generator) -> tuple[Tensor, Tensor]:
        chosen = torch.randint(len(inputs), (count,), generator=source)
        return inputs[chosen], targets[chosen]

    return Task(name, inputs.shape[1], targets.shape[1], draw)


@ranged
def autoencoder(n: Size, rank: Size, seed: Seed) -> Task:
    """Return ``y* = x``, x a random linear mixture `[n]` of `rank` independent normal numbers.

    A network whose narrowest layer has `rank` neurons can learn it without error.

    Parameters
    ----------
    n, rank : int
    seed : int
        The mixture is drawn from the random stream ``teacher``. Inputs have variance 1 on average.
    """
    require(1 <= rank <= n, f"the rank must be in 1..{n}, {rank} given")
    mixture = normal(rank, n, generator(seed, "teacher")) / rank**0.5

    def draw(count: int, source: torch.Generator) -> tuple[Tensor, Tensor]:
        x = normal(count, rank, source) @ mixture
        return x, x

    return Task("autoencoder", n, n, draw)

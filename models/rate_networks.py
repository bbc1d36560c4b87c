"""Networks of rate neurons, as in the papers on feedback alignment."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch

from spikefa.errors import require
from spikefa.feedback import FeedbackCircuit
from spikefa.network.network import Network
from spikefa.network.optimiser import MakeOptimiser
from spikefa.neurons import Rate
from spikefa.neurons.rate import Activation
from spikefa.plasticity import PlasticityRule, ThreeFactor
from spikefa.synapses import Dense, Synapses
from spikefa.utils import ranges
from spikefa.utils.checking import ranged
from spikefa.utils.ranges import Replicas, Scale, ShareBelowOne, Size
from spikefa.utils.suggesting import did_you_mean


class Unbiased(Dense):
    """All-to-all synapses without a bias: ``drive = s_pre W``."""

    def constrain(self) -> None:
        """Set the bias to 0 again after plasticity or an optimiser has changed it."""
        super().constrain()
        self.bias.zero_()


class Biased(Dense):
    """All-to-all synapses with first biases from U[-bias_scale, bias_scale]."""

    @ranged
    def __init__(self, n_pre: Size, n_post: Size, bias_scale: Scale, **others: Any):
        super().__init__(n_pre, n_post, **others)
        self.bias_scale = bias_scale

    def initialise(self, generator: torch.Generator) -> None:
        """Draw the weights, then the biases."""
        super().initialise(generator)
        draw = torch.empty(self.bias.shape, dtype=self.bias.dtype)
        self.bias.copy_(draw.uniform_(-self.bias_scale, self.bias_scale, generator=generator))


@ranged
def rate_network(
    sizes: Sequence[Size],
    feedback: FeedbackCircuit,
    rule: PlasticityRule | ranges.Rate,
    hidden: Activation = "tanh",
    output: Activation = "linear",
    weight_scale: Scale | Sequence[Scale] = 0.01,
    bias: bool | Scale = True,
    noise: Scale = 0.0,
    dropout: ShareBelowOne | Sequence[ShareBelowOne] = 0.0,
    synapses: Mapping[str, Callable[..., Synapses]] | None = None,
    optimiser: MakeOptimiser | None = None,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float64,
    replicas: Replicas | None = None,
) -> Network:
    """Return a network of rate neurons without memory (tau = 1); its weights are not drawn yet.

    Parameters
    ----------
    sizes : sequence of int
        Neurons from the input to the output.
    feedback : FeedbackCircuit
        Give it ``tau=1``, and gate it if there is more than one hidden layer.
    rule : PlasticityRule or float
        A number is the learning rate of `ThreeFactor` without decay.
    hidden, output : str, default "tanh", "linear"
        Activation of the hidden populations and of the output, see `Rate`.
    weight_scale : float or sequence of float, default 0.01
        Half-range of the uniform distribution of the first weights, for all projections or each.
    bias : bool or float, default True
        Whether neurons have a bias that learns, 0 at first. A number is the half-range of the
        uniform distribution of the first biases.
    noise : float, default 0
        Standard deviation of the noise of hidden neurons, which node perturbation needs.
    dropout : float or sequence of float, default 0
        Probability that a hidden neuron is left out of an update, for all hidden layers or each;
        see `Rate`.
    synapses : mapping of str to callable, optional
        Other kinds of synapses, such as `Masked`, by the population they end on: ``"hidden1"`` and
        so on, ``"output"``.
    optimiser : callable, optional
        A class of torch.optim, see `Network`.
    device, dtype
        Where the network lives, and the dtype of its tensors.
    replicas : int, optional
        Number of networks side by side, see `Network`.

    Raises
    ------
    SpikefaError
        If a number is out of range.
    """
    layers = len(sizes) - 1
    require(layers >= 1, f"inputs and outputs are needed, sizes {list(sizes)} given")
    scales = _for_each(weight_scale, layers, "weight scales", "projections")
    chances = _for_each(dropout, layers - 1, "chances of dropout", "hidden layers")
    names = [*(f"hidden{layer}" for layer in range(1, layers)), "output"]
    kinds = _kinds_of_synapses(names, bias, synapses or {})
    populations = {
        name: Rate(size, hidden, noise=noise, dropout=chance)
        for name, size, chance in zip(names[:-1], sizes[1:-1], chances, strict=True)
    }
    return Network(
        sizes[0],
        populations | {"output": Rate(sizes[-1], output)},
        feedback=feedback,
        rule=ThreeFactor(rule, weight_decay=0) if isinstance(rule, int | float) else rule,
        synapses={
            name: partial(kinds[name], scale=scale)
            for name, scale in zip(names, scales, strict=True)
        },
        optimiser=optimiser,
        device=device,
        dtype=dtype,
        replicas=replicas,
    )


def _kinds_of_synapses(
    names: Sequence[str], bias: bool | float, given: Mapping[str, Callable[..., Synapses]]
) -> dict[str, Callable[..., Synapses]]:
    """Return the kind of the synapses onto each population."""
    kind: Callable[..., Synapses] = Dense if bias else Unbiased
    if bias is not True and bias > 0:
        kind = partial(Biased, bias_scale=bias)
    for name in given:
        require(
            name in names,
            f"synapses onto {name!r}{did_you_mean(name, names)}: "
            f"the populations are {', '.join(names)}",
        )
    return dict.fromkeys(names, kind) | dict(given)


def _for_each(given: float | Sequence[float], count: int, what: str, where: str) -> list[float]:
    """Return one number for each; a single number serves for all."""
    if isinstance(given, int | float):
        return [float(given)] * count
    require(len(given) == count, f"{len(given)} {what} for {count} {where}: give one for each")
    return list(given)

"""Momentum and adaptive steps: apply the changes of a rule with a torch optimiser."""

import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

from spikefa.errors import SpikefaError, require
from spikefa.plasticity import Rules
from spikefa.plasticity.base import Change
from spikefa.synapses import Synapses
from spikefa.utils.devices import captures_on

MakeOptimiser = Callable[[list[dict[str, Any]]], torch.optim.Optimizer]
ELEMENTWISE = "SGD Adam AdamW Adamax NAdam RAdam RMSprop Adagrad Adadelta Rprop".split()
"""Torch optimisers in which the step of a weight does not depend on other weights."""


class Optimiser:
    """Converts the changes of a rule into gradients, with which a torch optimiser takes the step.

    The gradient is the negative change divided by the learning rate, ``-dW / eta``. The learning
    rate of the optimiser is eta of each projection, including its schedule. Plain SGD is thus
    equivalent to using no optimiser, and Adam, whose steps do not depend on the size of the
    gradient, also follows the schedule. A frozen projection has no gradient, so torch leaves it and
    its momentum unchanged.

    On a device with CUDA graphs, torch optimisers that have a `capturable` version use it.

    A step with zero gradients before the weights are drawn creates the optimiser's state, so that a
    checkpoint can always be restored into it.

    Parameters
    ----------
    make : callable
        A class of torch.optim or a ``functools.partial`` of one. It is called with a list of
        parameter groups, one for each projection.
    synapses : mapping of str to Synapses
    rules : Rules
        Provide the base learning rate of each projection.

    Raises
    ------
    SpikefaError
        If the optimiser is given a learning rate, or cannot work one step at a time.
    """

    def __init__(self, make: MakeOptimiser, synapses: Mapping[str, Synapses], rules: Rules):
        require(
            not (isinstance(make, partial) and "lr" in make.keywords),
            "the learning rate of the optimiser is the rule's: leave lr out, and give it there",
        )
        self.synapses = dict(synapses)
        self.gradients = [
            (torch.zeros_like(each.weight), torch.zeros_like(each.bias))
            for each in synapses.values()
        ]
        groups = [
            {"params": [each.weight, each.bias], "lr": rate}
            for each, rate in zip(synapses.values(), rules.rates(), strict=True)
        ]
        try:
            self.torch = make(groups)
        except (TypeError, ValueError) as error:
            raise SpikefaError(f"the optimiser cannot be made: {error}") from error
        self._let_capture()
        self._rates = [group["lr"] for group in self.torch.param_groups]
        self._make_state()

    @classmethod
    def of(
        cls, make: MakeOptimiser | None, rules: Rules, synapses: Mapping[str, Synapses]
    ) -> "Optimiser | None":
        """Return an optimiser, or None without `make`."""
        return None if make is None else cls(make, synapses, rules)

    def __repr__(self) -> str:
        return type(self.torch).__name__

    @property
    def arguments(self) -> dict[str, Any]:
        """The class of the torch optimiser, and its arguments except the learning rate."""
        given = {name: each for name, each in self.torch.defaults.items() if name != "lr"}
        return {"class": type(self.torch), **given}

    def hand_over(self, layer: int, change: Change, rate: float) -> None:
        """Convert the change of projection `layer` into its gradient, with eta = `rate`."""
        weight, bias = self._set_gradient(layer, rate)
        list(self.synapses.values())[layer].add(change, weight.zero_(), bias.zero_())
        weight.mul_(-1 / rate)
        bias.mul_(-1 / rate)

    def check_elementwise(self) -> None:
        """Check that the weights of one replica cannot change the steps of another.

        Raises
        ------
        SpikefaError
            If the optimiser is not elementwise.
        """
        name = type(self.torch).__name__
        require(
            name in ELEMENTWISE,
            f"{name} cannot serve a network with replicas, because it mixes their weights: use one "
            f"of {', '.join(ELEMENTWISE)}",
        )

    def rest(self, layer: int) -> None:
        """Leave projection `layer` unchanged in the next step."""
        for parameter in self.torch.param_groups[layer]["params"]:
            parameter.grad = None

    def step(self) -> None:
        """Let the optimiser change the weights, then restore missing synapses and norms."""
        self.torch.step()
        for synapses in self.synapses.values():
            synapses.constrain()

    def tensors(self) -> dict[str, dict[str, Tensor]]:
        """Return the optimiser's state, by projection and name."""
        return {
            name: {
                f"{part}_{key}": value
                for part in ("weight", "bias")
                for key, value in self.torch.state[getattr(each, part)].items()
                if isinstance(value, Tensor)
            }
            for name, each in self.synapses.items()
        }

    def _set_gradient(self, layer: int, rate: float) -> tuple[Tensor, Tensor]:
        group = self.torch.param_groups[layer]
        require(
            group["lr"] == self._rates[layer],
            f"the learning rate of {type(self.torch).__name__} was set to {group['lr']}, but it is "
            "the rule's: use the schedule of the simulation, or set_learning_rates",
        )
        group["lr"] = self._rates[layer] = rate
        for parameter, gradient in zip(group["params"], self.gradients[layer], strict=True):
            parameter.grad = gradient
        return self.gradients[layer]

    def _let_capture(self) -> None:
        """Let the optimiser count its steps on the device, if it can, for CUDA graphs."""
        for group, (weight, _) in zip(self.torch.param_groups, self.gradients, strict=True):
            if "capturable" in group and captures_on(weight.device):
                group["capturable"] = True

    def _make_state(self) -> None:
        """Take a step that changes nothing, then reset the step counts."""
        require(
            not isinstance(self.torch, torch.optim.ASGD),
            "ASGD cannot be used here: its state does not begin at 0",
        )
        for layer, group in enumerate(self.torch.param_groups):
            self._set_gradient(layer, group["lr"])
        try:
            with warnings.catch_warnings():  # that it may be slower outside of a graph, as here
                warnings.simplefilter("ignore")
                self.torch.step()
        except (TypeError, RuntimeError) as error:
            raise SpikefaError(
                f"{type(self.torch).__name__} cannot take one step at a time with the gradient "
                f"that a rule gives it: {error}"
            ) from error
        for state in self.torch.state.values():
            for name, first in (("step", 0.0), ("mu_product", 1.0)):
                if name in state:
                    state[name].fill_(first)

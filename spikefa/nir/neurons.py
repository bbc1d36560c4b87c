"""Which neurons of NIR are which populations here: the equations of both, step by step."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import snntorch
import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.neurons import Population, Rate, SnnTorch, StochasticBinary
from spikefa.nir.nodes import Node

SAME = 1e-9
"""Relative difference up to which a factor is 1, and a constant is the same for all neurons."""


@dataclass(eq=False)
class Driven:
    """A population, and what happens to the drive on its way into it.

    Attributes
    ----------
    population : Population
    gain : ndarray [n]
        What the drive is multiplied by; folded into weights and biases.
    offset : ndarray [n]
        What is added to the drive at each step; folded into biases.
    """

    population: Population
    gain: np.ndarray
    offset: np.ndarray


# -- from here to NIR --------------------------------------------------------------------------


def node_of(name: str, population: Population, dt: float) -> Node:
    """Return the node of a population, whose Euler step of `dt` is the population's step.

    Raises
    ------
    SpikefaError
        If NIR has no such neurons.
    """
    make = WRITERS.get(type(population))
    require(
        make is not None,
        f"NIR has no neurons for {name!r}, {population!r}: those of {_classes()} can be written",
    )
    assert make is not None
    return make(name, population, dt)


def _integrator(name: str, population: Any, dt: float) -> Node:
    """Return a leaky integrator: ``V <- (1 - tau) V + tau drive``, with dt / tau_NIR = tau."""
    require(
        not population.silences,
        f"NIR has no dropout, which {name!r} has: write a network without",
    )
    ones = np.ones(population.size)
    return Node("LI", {"tau": ones * dt / population.tau, "r": ones, "v_leak": 0 * ones})


def _snntorch(name: str, population: Any, dt: float) -> Node:
    """Return LIF or CubaLIF, with a resistance that makes the weight of the drive 1."""
    neuron, kind = population.neuron, population.kind.__name__
    what = f"the {kind} neurons of {name!r}"
    require(
        population.kind in (snntorch.Leaky, snntorch.Synaptic),
        f"NIR has no neurons for {what}: Leaky and Synaptic can be written",
    )
    require(
        population.spiking and not neuron.state_quant,
        f"NIR has no graded spikes and no quantised states, which {what} have",
    )
    size = population.size
    beta, threshold = _constant(neuron.beta, size), _constant(neuron.threshold, size)
    _check_decay(beta, what)
    tau, zeros = dt / (1 - beta), np.zeros(size)
    arrays = {"r": tau / dt, "v_leak": zeros, "v_threshold": threshold, "v_reset": zeros.copy()}
    if population.kind is snntorch.Leaky:
        return Node("LIF", {"tau": tau, **arrays})
    alpha = _constant(neuron.alpha, size)
    _check_decay(alpha, what)
    tau_syn = dt / (1 - alpha)
    return Node("CubaLIF", {"tau_syn": tau_syn, "tau_mem": tau, "w_in": tau_syn / dt, **arrays})


def _constant(value: Tensor, size: int) -> np.ndarray:
    """Return a constant of each neuron, in float64, which keeps every bit of float32."""
    return np.array(value.detach().cpu().double().expand(size).numpy())


def _check_decay(decay: np.ndarray, what: str) -> None:
    require(
        bool(((decay >= 0) & (decay < 1)).all()),
        f"a NIR time constant needs decays in [0, 1), which {what} have not",
    )


WRITERS: dict[type[Population], Callable[[str, Any, float], Node]] = {
    SnnTorch: _snntorch,
    Rate: _integrator,
    StochasticBinary: _integrator,
}


def _classes() -> str:
    return ", ".join(sorted(cls.__name__ for cls in WRITERS))


# -- from NIR to here --------------------------------------------------------------------------


def population_of(name: str, node: Node, dt: float, neuron: dict[str, Any]) -> Driven:
    """Return the population whose step is an Euler step of a node.

    Parameters
    ----------
    name : str
        Of the node, for messages.
    node : Node
    dt : float
    neuron : dict
        Further arguments of snnTorch's neurons.

    Raises
    ------
    SpikefaError
        If there is no such population here, or a parameter is missing or out of range.
    """
    require(
        node.kind in READERS,
        f"{name!r} is a {node.kind}, for which spikefa has no population: it has {NEURONS}",
    )
    return READERS[node.kind](_Parameters(name, node), dt, neuron)


class _Parameters:
    """The parameters of a node: arrays with one number for each neuron."""

    def __init__(self, name: str, node: Node):
        self.name, self.node = name, node
        sizes = {each.size for each in node.arrays.values()} or {0}
        self.size = max(sizes)

    def __call__(self, key: str, default: float | None = None) -> np.ndarray:
        given = self.node.arrays.get(key)
        if given is None:
            require(default is not None, f"{self.name!r} ({self.node.kind}) has no {key}")
            return np.full(self.size, default, dtype=np.float64)
        fits = given.ndim <= 1 and given.size in (1, self.size) and self.size > 0
        require(fits, f"the {key} of {self.name!r} is an array of {list(given.shape)}")
        values = np.array(np.broadcast_to(given.astype(np.float64).ravel(), (self.size,)))
        require(
            bool(np.isfinite(values).all()), f"the {key} of {self.name!r} is infinite or no number"
        )
        return values

    def decay(self, key: str, dt: float) -> np.ndarray:
        """Return ``1 - dt / tau``."""
        tau = self(key)
        require(
            bool((tau >= dt * (1 - SAME)).all()),
            f"the {key} of {self.name!r} is {tau.min():g}, shorter than a step of {dt:g}: give a "
            "smaller dt",
        )
        return np.maximum(1 - dt / tau, 0)


def _leaky(
    of: _Parameters, beta: np.ndarray, neuron: dict[str, Any], **more: Any
) -> tuple[SnnTorch, np.ndarray]:
    """Return neurons that reset to `v_reset`, from which their potentials are measured here."""
    reset = of("v_reset", 0.0)
    kind = snntorch.Synaptic if "alpha" in more else snntorch.Leaky
    threshold = of("v_threshold") - reset
    made = kind(
        beta=_shared(beta),
        threshold=_shared(threshold),
        **{"reset_mechanism": "zero", "reset_delay": False, **more, **neuron},
    )
    return SnnTorch(made, of.size), reset


def _read_lif(of: _Parameters, dt: float, neuron: dict[str, Any]) -> Driven:
    """``V <- V + dt / tau (v_leak - V + r I)``, so the drive has the weight ``r dt / tau``."""
    beta = of.decay("tau", dt)
    population, reset = _leaky(of, beta, neuron)
    share = dt / of("tau")
    return Driven(population, share * of("r"), share * (of("v_leak") - reset))


def _read_if(of: _Parameters, dt: float, neuron: dict[str, Any]) -> Driven:
    """``V <- V + dt r I``, without a leak."""
    population, _ = _leaky(of, np.ones(of.size), neuron)
    return Driven(population, dt * of("r"), np.zeros(of.size))


def _read_cuba_lif(of: _Parameters, dt: float, neuron: dict[str, Any]) -> Driven:
    """``I <- I + dt / tau_syn (w_in S - I)``, then ``V <- V + dt / tau_mem (v_leak - V + r I)``."""
    alpha, beta = of.decay("tau_syn", dt), of.decay("tau_mem", dt)
    population, reset = _leaky(of, beta, neuron, alpha=_shared(alpha))
    require(
        bool((of("v_leak") == reset).all()),
        f"{of.name!r} (CubaLIF) leaks towards another potential than that of its reset, which has "
        "no counterpart here",
    )
    gain = dt / of("tau_syn") * of("w_in", 1.0) * (dt / of("tau_mem")) * of("r")
    return Driven(population, gain, np.zeros(of.size))


def _read_li(of: _Parameters, dt: float, neuron: dict[str, Any]) -> Driven:
    """``V <- (1 - tau) V + tau (r I + v_leak)`` with tau = dt / tau_NIR, and activity V."""
    tau = _shared(dt / of("tau"))
    require(
        isinstance(tau, float) and 0 < tau <= 1 + SAME,
        f"the tau of {of.name!r} (LI) must be the same for all neurons, and no shorter than a step "
        f"of {dt:g}",
    )
    assert isinstance(tau, float)
    return Driven(Rate(of.size, "linear", tau=min(tau, 1.0)), of("r"), of("v_leak"))


def _read_threshold(of: _Parameters, dt: float, neuron: dict[str, Any]) -> Driven:
    """Spike where the drive is above the threshold; remember nothing."""
    made = snntorch.Leaky(
        beta=0.0, threshold=_shared(of("threshold")), **{"reset_mechanism": "none", **neuron}
    )
    return Driven(SnnTorch(made, of.size), np.ones(of.size), np.zeros(of.size))


READERS: dict[str, Callable[[_Parameters, float, dict[str, Any]], Driven]] = {
    "CubaLIF": _read_cuba_lif,
    "IF": _read_if,
    "LI": _read_li,
    "LIF": _read_lif,
    "Threshold": _read_threshold,
}
NEURONS = ", ".join(READERS)


def _shared(values: np.ndarray) -> float | Tensor:
    """Return a number if all are the same, else a tensor, in float32."""
    if np.allclose(values, values[0], rtol=SAME, atol=0):
        return float(np.float32(values[0]))
    return torch.tensor(values, dtype=torch.float32)

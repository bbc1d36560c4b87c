"""The lines of the table of circuits, with the settings tried and chosen for each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

TRIALS = 12
"""Settings tried for each circuit."""
INPUT_FACTORS = (3.0, 10.0)


@dataclass(frozen=True)
class Choice:
    """One setting of a line of the table.

    Attributes
    ----------
    learning_rate : float
    input_rate_factor : float
        Factor on the learning rate of the synapses from the input.
    arguments : mapping
        Arguments of the circuit.
    """

    learning_rate: float
    input_rate_factor: float
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Entry:
    """One line of the table.

    Attributes
    ----------
    circuit : str
        Class in `spikefa.feedback`.
    chosen : int
        Number of the setting, in `choices`, with the least validation error.
    tried : tuple of mapping
        Arguments of the circuit that the search tries.
    rates, input_factors : tuple of float
        Learning rates, and factors on the rate of the synapses from the input, that it tries.
    always : mapping
        Arguments of the circuit in all trials.
    leaky : mapping, optional
        ``beta`` and ``threshold`` of snnTorch's Leaky neurons and the ``slope`` of their surrogate
        (fast_sigmoid), if these replace the stochastic binary neurons.
    """

    circuit: str
    chosen: int = 0
    tried: tuple[Mapping[str, Any], ...] = ({},)
    rates: tuple[float, ...] = ()
    input_factors: tuple[float, ...] = INPUT_FACTORS
    always: Mapping[str, Any] = field(default_factory=dict)
    leaky: Mapping[str, float] | None = None

    def choices(self) -> list[Choice]:
        """Return all settings that the search tries."""
        return [
            Choice(rate, factor, {**self.always, **arguments})
            for arguments, rate, factor in product(self.tried, self.rates, self.input_factors)
        ]


BPTT = "BPTT"
"""Stands for backpropagation through time in place of the name of a circuit, see `_bptt`."""


def scales(*values: float) -> tuple[Mapping[str, Any], ...]:
    """Return arguments that try these scales of the feedback weights."""
    return tuple({"scale": value} for value in values)


LEAKY_RATES = (5e-4, 1.5e-3, 4e-3)
LOW, HIGH = (1.5e-3, 4e-3, 1e-2), (4e-3, 1e-2, 3e-2)
"""Learning rates for errors that are not gated, and for errors that gains make smaller."""
GATED = ({"gated": False}, {"gated": True})

DIRECT = ({"scale": 0.1, "gated": False}, {"scale": 0.3, "gated": True})
LEAKY = {"beta": 0.1, "threshold": 0.5, "slope": 4.0}

ENTRIES = {
    "backprop": Entry("Backprop", 10, rates=(1e-2, 1.5e-2, 2e-2, 3e-2, 5e-2, 8e-2)),
    "FA": Entry("FA", 10, scales(0.1, 0.2), LOW),
    "DFA": Entry("DFA", 10, scales(0.1, 0.3), LOW),
    "DRTP": Entry("DRTP", 11, scales(0.1, 0.3), LOW),
    "uSF": Entry("SF", 2, GATED, HIGH, always={"variant": "uSF"}),
    "frSF": Entry("SF", 2, GATED, HIGH, always={"variant": "frSF"}),
    "KP": Entry("KP", 3, scales(0.4, 0.8), HIGH),
    "DKP": Entry("DKP", 10, DIRECT, HIGH),
    "weight mirror": Entry("WM", 9, ({"gain": 2.0}, {"gain": 4.0}), HIGH),
    "FDFA": Entry("FDFA", 9, ({"gain": 4.0}, {"gain": 16.0}), HIGH),
    "PAL": Entry("PAL", 10, ({"gain": 16.0}, {"gain": 32.0, "scale": 0.2}), LOW),
    "PFA": Entry("PFA", 9, scales(0.2, 0.5), HIGH),
    "PFA-o": Entry("PFAo", 10, scales(0.2, 0.5), HIGH),
    "s1": Entry("Mixed", 11, scales(0.2, 0.5), HIGH, always={"strategy": "s1"}),
    "s2": Entry("Mixed", 10, scales(0.2, 0.5), HIGH, always={"strategy": "s2"}),
    "s3": Entry("Mixed", 9, scales(0.2, 0.5), HIGH, always={"strategy": "s3"}),
    "LAFS": Entry("Auxiliary", 11, scales(0.1, 0.3), LOW),
    "pseudo-backprop": Entry("PseudoBackprop", 3, scales(3.0, 10.0), HIGH),
    "node perturbation": Entry("NodePerturbation", 9, rates=(1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)),
    "scalar reward": Entry("Reward", 5, rates=(1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)),
    "shallow": Entry("Shallow", rates=(5e-4, 1e-3, 2e-3, 4e-3, 8e-3, 1.6e-2)),
    "FA, snnTorch Leaky": Entry("FA", 9, scales(0.1, 0.2), LEAKY_RATES, leaky=LEAKY),
    "DFA, snnTorch Leaky": Entry("DFA", 9, scales(0.1, 0.3), LEAKY_RATES, leaky=LEAKY),
    "snnTorch BPTT": Entry(
        BPTT,
        10,
        tried=tuple(
            {"beta": beta, "threshold": 0.5, "temperature": temperature}
            for beta in (0.8, 0.95)
            for temperature in (1.0, 10.0)
        ),
        rates=(5e-4, 1e-3, 2e-3),
        input_factors=(1.0,),
    ),
}

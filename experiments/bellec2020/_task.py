"""A pattern to generate: frozen noise as input, a sum of sines as target, and first weights."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

PERIODS = (1000, 500, 333, 200)
"""Of the four sines, in steps of a millisecond."""
INPUTS, NEURONS, STEPS = 100, 100, 1000
SPIKES = 0.05
"""Probability of an input spike in a step: 50 Hz."""
TIME_CONSTANT = 30.0
"""Of neurons and readout, in steps."""
MEMORY = float(np.exp(-1 / TIME_CONSTANT))
"""What is left of their potentials after a step."""
THRESHOLD, DAMPENING = 0.03, 0.3
RATE = 1e-4
"""The authors' learning rate, for weights whose drive is multiplied by (1 - memory)."""
AIMED_RATE = 0.01
"""Spikes of a neuron in a step, 10 Hz, at which the learning holds the neurons."""
RATE_STRENGTH = 300 / STEPS
"""How strongly it does."""


@dataclass(frozen=True)
class Task:
    """What a seed decides.

    The potential of a neuron is ``V <- memory V + (1 - memory) (x W_in + s W_rec) - threshold s``,
    and the readout is ``y <- memory y + (1 - memory) s W_out``.

    Attributes
    ----------
    w_in, w_rec : ndarray [100, 100]
        First weights from the input and between neurons, none of which excites itself.
    w_out : ndarray [100, 1]
        First weights onto the readout.
    feedback : ndarray [100, 1]
        B, through which the error reaches the neurons.
    spikes : ndarray [1000, 100]
        Input, the same in each presentation.
    target : ndarray [1000, 1]
        The pattern, at most 1 in size.
    """

    w_in: Array
    w_rec: Array
    w_out: Array
    feedback: Array
    spikes: Array
    target: Array

    @classmethod
    def of(cls, seed: int) -> "Task":
        """Draw in the order of NEST's test of e-prop, whose losses of seed 1 are published."""
        random = np.random.RandomState(seed)  # their numbers need their generator

        def weights(n: int) -> Array:
            return (random.randn(NEURONS, n) / np.sqrt(NEURONS)).astype(np.float32).astype(float)

        w_in, w_rec = weights(NEURONS), weights(NEURONS)
        np.fill_diagonal(w_rec, 0)
        w_out, feedback = weights(1), weights(1)
        spikes = (random.rand(STEPS, INPUTS) < SPIKES).astype(float)
        spikes[0] = 0
        sizes = random.uniform(0.5, 2, len(PERIODS))
        phases = random.uniform(0, 2 * np.pi, len(PERIODS))
        target = sum(
            size * np.sin(np.linspace(phase, phase + 2 * np.pi * (STEPS // period), STEPS))
            for size, phase, period in zip(sizes, phases, PERIODS, strict=True)
        )
        target -= target[0]
        target /= np.abs(target).max()
        return cls(w_in, w_rec, w_out, feedback, spikes, target[:, None])

    def normalised(self, half_squared_error: float) -> float:
        """Return the error of a presentation, over that of the best constant readout."""
        return half_squared_error / (0.5 * float(np.sum((self.target - self.target.mean(0)) ** 2)))

"""Benchmark: what a step costs, beside a plain PyTorch loop of the same equations."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from spikefa.feedback import FA
from spikefa.network import Network
from spikefa.seeding import generator


class PlainLoop:
    """Eqs. 5 to 8 of Lillicrap et al. 2016 as one would write them in a notebook.

    Nothing is preallocated and nothing is clever, and nothing is slow on purpose either: the
    products are those of the equations, and learning happens in place.

    Parameters
    ----------
    network : Network
        Weights, feedback weights and settings are copied from it; its circuit must be `FA`.
    batch : int
    """

    def __init__(self, network: Network, batch: int):
        assert isinstance(network.feedback, FA)
        self.W = [synapses.weight.clone() for synapses in network.synapses.values()]
        self.b = [synapses.bias.clone() for synapses in network.synapses.values()]
        self.B = [matrix.clone() for matrix in network.feedback.matrices]
        self.tau = next(iter(network.populations.values())).tau
        self.eta = network.rule.rates(len(self.W))
        self.V = [bias.new_zeros(batch, len(bias)) for bias in self.b]
        self.U = [torch.zeros_like(potential) for potential in self.V]

    def step(self, probability: Tensor, target: Tensor) -> None:
        """Advance by one step."""
        tau, top = self.tau, len(self.W) - 1
        spikes = [(torch.rand_like(probability) < probability).to(probability.dtype)]
        gain = []
        for layer, (W, b) in enumerate(zip(self.W, self.b, strict=True)):
            self.V[layer] = (1 - tau) * self.V[layer] + tau * (spikes[-1] @ W + b)
            p = torch.sigmoid(self.V[layer])
            spikes.append((torch.rand_like(p) < p).to(p.dtype))
            gain.append(p * (1 - p))
        self.U[top] = (1 - tau) * self.U[top] + tau * (spikes[-1] - target)
        for layer in range(top - 1, -1, -1):
            self.U[layer] = (1 - tau) * self.U[layer] + tau * (self.U[layer + 1] @ self.B[layer])
        for layer, (W, b) in enumerate(zip(self.W, self.b, strict=True)):
            change = self.U[layer] * gain[layer]
            W -= self.eta[layer] * (spikes[layer].T @ change)
            b -= self.eta[layer] * change.sum(0)


@dataclass(frozen=True)
class Timing:
    """Milliseconds per step of several repetitions, and what they come to.

    Attributes
    ----------
    engine, plain : list of float
        Of the repetitions, which were interleaved.
    synapses : int
        Plastic synapses.
    """

    engine: list[float]
    plain: list[float]
    synapses: int

    @property
    def ratio(self) -> float:
        """Median of engine / plain, pair by pair."""
        return statistics.median(a / b for a, b in zip(self.engine, self.plain, strict=True))

    def __str__(self) -> str:
        median = statistics.median(self.engine)
        return (
            f"engine      {spread(self.engine)}\n"
            f"plain loop  {spread(self.plain)}\n"
            f"engine / plain loop: {self.ratio:.3f} (median of pairs)\n"
            f"{1e3 / median:.1f} steps/s, "
            f"{self.synapses * 1e3 / median:.3g} plastic-synapse-steps/s per stream"
        )


def time_step(network: Network, batch: int, steps: int = 10, repetitions: int = 9) -> Timing:
    """Time one step of the engine and of the plain loop, in turns, and draws included.

    Parameters
    ----------
    network : Network
    batch : int
    steps : int, default 10
        In one repetition.
    repetitions : int, default 9
        Of each of the two, after one that does not count.
    """
    if not network.initialised:
        network.initialise(0)
    source = generator(0, "benchmark", device=network.device)
    state, loop = network.state(batch), PlainLoop(network, batch)
    target = torch.zeros_like(state.error)
    probability = target.new_full((batch, network.n_inputs), 0.13)
    inputs, uniforms = torch.zeros_like(probability), torch.zeros_like(probability)

    def engine_step() -> None:
        uniforms.uniform_(generator=source)
        torch.lt(uniforms, probability, out=inputs)
        for population in state.populations:
            population.uniforms.uniform_(generator=source)
        network.step(state, inputs, target)

    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(repetitions + 1):
        for kept, step in zip(
            times, (engine_step, lambda: loop.step(probability, target)), strict=True
        ):
            kept.append(milliseconds(step, steps, network.device))
    synapses = sum(s.weight.numel() + s.bias.numel() for s in network.synapses.values())
    return Timing(times[0][1:], times[1][1:], synapses)


def milliseconds(step: Callable[[], object], steps: int, device: torch.device) -> float:
    """Return how long one of so many calls of `step` takes, on the device too."""
    _wait(device)
    started = time.perf_counter()
    for _ in range(steps):
        step()
    _wait(device)
    return 1e3 * (time.perf_counter() - started) / steps


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def spread(times: list[float]) -> str:
    """Return median, range and number of some times in words."""
    return (
        f"{statistics.median(times):8.3f} ms a step "
        f"(min {min(times):.3f}, max {max(times):.3f}, n = {len(times)})"
    )

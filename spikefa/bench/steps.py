"""What a step costs: every backend, the matrix products alone, and the plain loop, in turns."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import torch
from torch import Tensor

from spikefa.backends import BACKENDS, Scope, captures_on, interpreted, make_backend, obstacle
from spikefa.bench.limits import Limits, fraction, measure_limits
from spikefa.bench.plain_loop import PlainLoop
from spikefa.bench.products import products_alone
from spikefa.bench.timing import interleaved, ratio, spread
from spikefa.bench.work import Work, work_of
from spikefa.network import Network
from spikefa.seeding import generator

ENGINE = "eager"
PLAIN = "plain loop"
PRODUCTS = "products"
STEPS_AT_ONCE = 5


@dataclass(frozen=True)
class StepTimes:
    """Milliseconds per step of several repetitions, and what they come to.

    Attributes
    ----------
    times : dict of list of float
        By what was timed; the repetitions were interleaved.
    batch : int
    work : Work
    limits : Limits
    peak_memory : int
        Bytes that the device held at most, 0 on a CPU.
    """

    times: dict[str, list[float]]
    batch: int
    work: Work
    limits: Limits
    peak_memory: int = 0

    def ratio(self, of: str, to: str) -> float:
        """Return the median of ``of / to``, pair by pair."""
        return ratio(self.times[of], self.times[to])

    def steps_per_second(self, name: str) -> float:
        """Return the speed of the median repetition."""
        return 1e3 / statistics.median(self.times[name])

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        least = self.work.milliseconds(self.limits)
        speed = {name: self.steps_per_second(name) for name in self.times}
        return {
            "milliseconds": self.times,
            "batch_size": self.batch,
            "steps_per_second": speed,
            "plastic_synapse_steps_per_second": {
                name: self.work.plastic * self.batch * steps for name, steps in speed.items()
            },
            "backends": {name: self._compared(name) for name in self._backends()},
            "ratio_to_plain_loop": self.ratio(ENGINE, PLAIN),
            "ratio_to_products": self.ratio(ENGINE, PRODUCTS),
            "fraction_of_limit": fraction(least, self.times[ENGINE]),
            "limit_flops": self.limits.flops,
            "limit_bytes_per_second": self.limits.bandwidth,
            "flops_per_step": self.work.flops,
            "bytes_per_step": self.work.bytes,
            "peak_device_bytes": self.peak_memory,
        }

    def _backends(self) -> list[str]:
        return [name for name in self.times if name not in (PLAIN, PRODUCTS)]

    def _compared(self, name: str) -> dict[str, float]:
        least = self.work.milliseconds(self.limits)
        return {
            "ratio_to_plain_loop": self.ratio(name, PLAIN),
            "ratio_to_products": self.ratio(name, PRODUCTS),
            "ratio_to_eager": self.ratio(name, ENGINE),
            "fraction_of_limit": fraction(least, self.times[name]),
        }

    def __str__(self) -> str:
        least = self.work.milliseconds(self.limits)
        steps = self.steps_per_second(ENGINE)
        others = [
            f"{name} / {ENGINE}: {self.ratio(name, ENGINE):.3f}, "
            f"{self.steps_per_second(name):.1f} steps/s"
            for name in self._backends()
            if name != ENGINE
        ]
        lines = [f"{name:25} {spread(times)}" for name, times in self.times.items()]
        return "\n".join(
            [
                str(self.limits),
                f"least time  {least:8.3f} ms a step ({self.work.flops / 1e9:.3g} GFLOP, "
                f"{self.work.bytes / 1e6:.4g} MB if every pass goes to memory)",
                *lines,
                f"engine / plain loop: {self.ratio(ENGINE, PLAIN):.3f}, "
                f"engine / its products: {self.ratio(ENGINE, PRODUCTS):.3f} (medians of pairs)",
                f"{steps:.1f} steps/s, {steps * self.batch * self.work.plastic:.3g} "
                f"plastic-synapse-steps/s, {fraction(least, self.times[ENGINE]):.2f} of the limit",
                *others,
            ]
        )


def time_steps(network: Network, batch: int, steps: int = 10, repetitions: int = 9) -> StepTimes:
    """Time one step of each backend, of the products alone and of the plain loop, draws included.

    Backends that cannot serve the network, or only in an interpreter, are left out.

    Parameters
    ----------
    network : Network
        With an `FA` circuit.
    batch : int
    steps : int, default 10
        In one repetition; a multiple of 5, for what takes 5 steps at once.
    repetitions : int, default 9
        Of each, after one that does not count.
    """
    if not network.initialised:
        network.initialise(0)
    loop = PlainLoop(network, batch)
    target = torch.zeros(batch, network.n_outputs, device=network.device, dtype=network.dtype)
    probability = target.new_full((batch, network.n_inputs), 0.13)
    timed = {
        **_engine_steps(network, probability, target),
        PRODUCTS: products_alone(network, batch),
        PLAIN: lambda: loop.step(probability, target),
    }
    limits = measure_limits(network.device)
    times = interleaved(timed, steps, repetitions, network.device)
    on_gpu = network.device.type == "cuda"
    peak = torch.cuda.max_memory_allocated(network.device) if on_gpu else 0
    return StepTimes(times, batch, work_of(network, batch), limits, peak)


def _engine_steps(
    network: Network, probability: Tensor, target: Tensor
) -> dict[str, Callable[[], None]]:
    """Return a step of every backend, and of those that capture the steps of a presentation too."""
    found = {}
    for name in (each for each in BACKENDS if _worth_timing(each, network)):
        found[name] = engine_step(name, network, probability, target)
        if name != ENGINE and captures_on(network.device):
            several = f"{name}, {STEPS_AT_ONCE} at once"
            found[several] = engine_step(name, network, probability, target, STEPS_AT_ONCE)
    return found


def _worth_timing(name: str, network: Network) -> bool:
    """Return whether a backend serves this network, and not in Triton's interpreter."""
    return name == ENGINE or (
        name != "auto" and not interpreted() and obstacle(name, network) is None
    )


def engine_step(
    name: str, network: Network, probability: Tensor, target: Tensor, at_once: int = 1
) -> Callable[[], None]:
    """Return a step of a backend, with streams of its own, and the draws that it needs.

    With `at_once` the first of so many calls takes as many steps, as in a presentation, and the
    others take none.
    """
    source = generator(0, "benchmark", device=network.device)
    state = network.state(target.shape[-2])
    backend = make_backend(name, network, state, 0, "benchmark")
    inputs, uniforms = torch.zeros_like(probability), torch.zeros_like(probability)

    def step() -> None:
        uniforms.uniform_(generator=source)
        torch.lt(uniforms, probability, out=inputs)
        if backend.draws:
            for population in state.populations:
                population.uniforms.uniform_(generator=source)
        backend.step(inputs, target)

    def several() -> None:
        for _ in range(at_once):
            step()

    backend.prepare(step, Scope(generators={"benchmark": source}, objects=[network, state]))
    calls = count()

    def call() -> None:
        if next(calls) % at_once == 0:
            backend.run(several, at_once, f"{at_once} steps")

    return call

"""Timing a step of every backend, of its matrix products alone and of the plain loop."""

from collections.abc import Callable
from itertools import count

import torch
from torch import Tensor

from spikefa.backends import BACKENDS, ROUNDED, Scope, interpreted, make_backend, obstacle
from spikefa.bench.limits import measure_limits
from spikefa.bench.plain_variants import plain_steps
from spikefa.bench.products import products_alone
from spikefa.bench.step_times import ENGINE, PRODUCTS, STEPS_PER_IMAGE, StepTimes
from spikefa.bench.work import work_of
from spikefa.network.network import Network
from spikefa.utils.devices import captures_on
from spikefa.utils.seeding import generator
from spikefa.utils.timing import interleaved


def time_steps(
    network: Network, batch: int, steps: int = 10, repetitions: int = 9, compiled: bool = True
) -> StepTimes:
    """Time a step of each backend, of the products alone and of the plain loops, in turns.

    Drawing random numbers is included. Backends that cannot run the network, or only in Triton's
    interpreter, are left out.

    Parameters
    ----------
    network : Network
        Its circuit must carry the error from layer to layer through matrices, as `FA` does.
    batch : int
    steps : int, default 10
        Steps in one repetition, a multiple of 5 for backends that run 5 steps at once.
    repetitions : int, default 9
        Number of repetitions of each, after a first one that is not counted.
    compiled : bool, default True
        Whether the plain loop is also compiled, which takes some seconds.
    """
    if not network.initialised:
        network.initialise(0)
    target = torch.zeros(batch, network.n_outputs, device=network.device, dtype=network.dtype)
    probability = target.new_full((batch, network.n_inputs), 0.13)
    memory: dict[str, int] = {}
    timed = {
        **_engine_steps(network, probability, target, memory),
        PRODUCTS: products_alone(network, batch),
    }
    with torch.no_grad():
        loops, left_out = plain_steps(network, probability, target, compiled)
        limits = measure_limits(network.device)
        times = interleaved(timed | loops, steps, repetitions, network.device)
    return StepTimes(times, batch, work_of(network, batch), limits, memory, left_out)


def _engine_steps(
    network: Network, probability: Tensor, target: Tensor, memory: dict[str, int]
) -> dict[str, Callable[[], None]]:
    """Return a step of every backend; of those that capture steps, also 5 steps at once.

    The peak memory of each on a GPU is written into `memory`.
    """
    timed = {}
    for name in (each for each in BACKENDS if _worth_timing(each, network)):
        captures = name != ENGINE and captures_on(network.device)
        for at_once in (1, STEPS_PER_IMAGE) if captures else (1,):
            label = name if at_once == 1 else f"{name}, {at_once} at once"
            before = _start_counting(network.device)
            timed[label] = engine_step(name, network, probability, target, at_once)
            for _ in range(at_once):
                timed[label]()
            if before is not None:
                memory[label] = torch.cuda.max_memory_allocated(network.device) - before
    return timed


def _start_counting(device: torch.device) -> int | None:
    """Reset the peak memory of a GPU and return the bytes allocated now; None on a CPU."""
    if device.type != "cuda":
        return None
    torch.cuda.reset_peak_memory_stats(device)
    return torch.cuda.memory_allocated(device)


def _worth_timing(name: str, network: Network) -> bool:
    """Return whether a backend can run the network, other than as an emulation for tests."""
    emulated = name in ROUNDED and not captures_on(network.device)
    return name == ENGINE or not (
        name == "auto" or interpreted() or emulated or obstacle(name, network)
    )


def engine_step(
    name: str, network: Network, probability: Tensor, target: Tensor, at_once: int = 1
) -> Callable[[], None]:
    """Return a function that runs a step of a backend, with its own state and random numbers.

    With `at_once`, the first of every `at_once` calls runs that many steps together, as in a
    presentation, and the others do nothing.
    """
    source = generator(0, "benchmark", device=network.device)
    state = network.state(target.shape[-2])
    backend = make_backend(name, network, state, 0, "benchmark", STEPS_PER_IMAGE)
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

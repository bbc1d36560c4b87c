"""What a step costs: every backend, the matrix products alone, and the plain loop, in turns."""

from collections.abc import Callable
from itertools import count

import torch
from torch import Tensor

from spikefa.backends import BACKENDS, Scope, captures_on, interpreted, make_backend, obstacle
from spikefa.bench.limits import measure_limits
from spikefa.bench.plain_loop import PlainLoop
from spikefa.bench.products import products_alone
from spikefa.bench.step_times import ENGINE, PLAIN, PRODUCTS, STEPS_PER_IMAGE, StepTimes
from spikefa.bench.timing import interleaved
from spikefa.bench.work import work_of
from spikefa.network.network import Network
from spikefa.utils.seeding import generator


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
    memory: dict[str, int] = {}
    timed = {
        **_engine_steps(network, probability, target, memory),
        PRODUCTS: products_alone(network, batch),
        PLAIN: lambda: loop.step(probability, target),
    }
    limits = measure_limits(network.device)
    times = interleaved(timed, steps, repetitions, network.device)
    return StepTimes(times, batch, work_of(network, batch), limits, memory)


def _engine_steps(
    network: Network, probability: Tensor, target: Tensor, memory: dict[str, int]
) -> dict[str, Callable[[], None]]:
    """Return a step of every backend, and of those that capture the steps of an image too.

    What each holds on a GPU is written into `memory`.
    """
    found = {}
    for name in (each for each in BACKENDS if _worth_timing(each, network)):
        captures = name != ENGINE and captures_on(network.device)
        for at_once in (1, STEPS_PER_IMAGE) if captures else (1,):
            called = name if at_once == 1 else f"{name}, {at_once} at once"
            before = _start_counting(network.device)
            found[called] = engine_step(name, network, probability, target, at_once)
            for _ in range(at_once):
                found[called]()
            if before is not None:
                memory[called] = torch.cuda.max_memory_allocated(network.device) - before
    return found


def _start_counting(device: torch.device) -> int | None:
    """Return the bytes that are held now, on a GPU; from now on the most is kept."""
    if device.type != "cuda":
        return None
    torch.cuda.reset_peak_memory_stats(device)
    return torch.cuda.memory_allocated(device)


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

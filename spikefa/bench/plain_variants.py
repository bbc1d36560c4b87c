"""The plain loop in every way in which a user of PyTorch would make it fast."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count, product

import torch
from torch import Tensor

from spikefa.backends.capture import CudaCapture
from spikefa.bench.plain_expressions import PlainExpressions
from spikefa.bench.plain_loop import PlainLoop
from spikefa.bench.step_times import PLAIN, STEPS_PER_IMAGE, TF32
from spikefa.network.network import Network
from spikefa.utils.devices import captures_on

Step = Callable[[], None]
WARM_UP = 3
"""Calls before a step is captured or timed: the first compile it, the next find it compiled."""


def plain_steps(
    network: Network, probability: Tensor, target: Tensor, compiled: bool = True
) -> tuple[dict[str, Step], dict[str, str]]:
    """Return a step of each variant of the plain loop, and why the others cannot be had here.

    Each has weights of its own. On a CUDA device there are all of: launched one by one or captured
    5 steps at once, as it is written or compiled, in float32 or TF32. Elsewhere nothing is captured
    and there is no TF32.

    Parameters
    ----------
    network : Network
        See `PlainLoop`.
    probability : Tensor [batch, n_inputs]
    target : Tensor [batch, n_outputs]
    compiled : bool, default True
        Whether to compile the loop too, which takes some seconds for each variant.
    """
    steps: dict[str, Step] = {}
    failed: dict[str, str] = {}
    for name, make in _variants(network, probability, target, compiled):
        try:
            step = make()
            for _ in range(WARM_UP):
                step()
        except Exception as error:  # compilers may raise anything, and the others can be timed
            failed[name] = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        else:
            steps[name] = step
    return steps, failed


def _variants(
    network: Network, probability: Tensor, target: Tensor, compiled: bool
) -> Iterator[tuple[str, Callable[[], Step]]]:
    """Return the name of each variant and what makes it."""
    on_gpu = captures_on(network.device)
    for tf32, compiles, captures in product(*[(False, True)] * 3):
        if (compiles and not compiled) or ((tf32 or captures) and not on_gpu):
            continue
        words = [", compiled"] * compiles + [", graph"] * captures + [TF32] * tf32
        make = partial(plain_step, network, probability, target, compiles, captures, tf32)
        yield PLAIN + "".join(words), make


def plain_step(
    network: Network,
    probability: Tensor,
    target: Tensor,
    compiles: bool = False,
    captures: bool = False,
    tf32: bool = False,
) -> Step:
    """Return a step of one variant of the plain loop; see `plain_steps`."""
    if compiles:
        step = _compiled(network, probability, target, captures)
    else:
        step = partial(PlainLoop(network, len(target)).step, probability, target)
    step = _in_tf32(step) if tf32 else step
    return _captured(step, network.device) if captures else step


def _compiled(network: Network, probability: Tensor, target: Tensor, captures: bool) -> Step:
    """Compile a step; on a CUDA device torch captures it, unless we do."""
    loop = PlainExpressions(network, len(target))
    if captures or not captures_on(network.device):
        compiled = torch.compile(loop.step)
        return lambda: compiled(probability, target)
    shown, asked = probability.clone(), target.clone()
    for kept in (shown, asked):  # a user copies an image into them
        torch._dynamo.mark_static_address(kept)
    replayed = torch.compile(loop.step, mode="reduce-overhead")

    def step() -> None:
        torch.compiler.cudagraph_mark_step_begin()
        replayed(shown, asked)

    return step


def _in_tf32(step: Step) -> Step:
    """Return a step whose products may round their factors to TF32."""

    def call() -> None:
        before = torch.get_float32_matmul_precision()
        torch.set_float32_matmul_precision("high")
        try:
            step()
        finally:
            torch.set_float32_matmul_precision(before)

    return call


def _captured(step: Step, device: torch.device) -> Step:
    """Capture 5 steps; the first of every 5 calls launches them, the others do nothing."""
    for _ in range(WARM_UP):
        step()
    graph = CudaCapture(device)

    def image() -> None:
        for _ in range(STEPS_PER_IMAGE):
            step()

    graph.record(image)
    calls = count()

    def call() -> None:
        if next(calls) % STEPS_PER_IMAGE == 0:
            graph.replay()

    return call

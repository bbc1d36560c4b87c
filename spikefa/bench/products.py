"""The matrix products of a step without the rest, as a lower bound for its time."""

from collections.abc import Callable

import torch

from spikefa.bench.work import feedback_matrices
from spikefa.network.network import Network


def products_alone(network: Network, batch: int) -> Callable[[], None]:
    """Return a function that computes the products of one step and discards the results.

    It works on random activity and on copies of the weights.

    Parameters
    ----------
    network : Network
        Its circuit must carry the error from layer to layer through matrices, as `FA` does.
    batch : int
    """
    source = torch.Generator(device=network.device).manual_seed(0)

    def random(*shape: int) -> torch.Tensor:
        return torch.rand(*shape, device=network.device, dtype=network.dtype, generator=source)

    weights = [synapses.weight.clone() for synapses in network.synapses.values()]
    matrices = [matrix.clone() for matrix in feedback_matrices(network)]
    pre = [random(batch, weight.shape[0]).round_() for weight in weights]
    post = [random(batch, weight.shape[1]) for weight in weights]
    drives = [torch.empty_like(values) for values in post]
    errors = [random(batch, matrix.shape[1]) for matrix in matrices]

    def step() -> None:
        for spikes, weight, drive in zip(pre, weights, drives, strict=True):
            torch.matmul(spikes, weight, out=drive)
        for sent, matrix, error in zip(post[1:], matrices, errors, strict=True):
            torch.matmul(sent, matrix, out=error)
        for spikes, weight, values in zip(pre, weights, post, strict=True):
            weight.addmm_(spikes.mT, values, alpha=1e-30)

    return step

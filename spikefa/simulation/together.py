"""What the ranks of a network must decide together; a network without ranks decides alone."""

from collections.abc import Mapping

import torch
from torch import Tensor

from spikefa.distributed import Ranks
from spikefa.simulation.training import Training
from spikefa.simulation.weight_average import averaged
from spikefa.utils.memory import META
from spikefa.utils.tensors import named_tensors


def on_any_rank(training: Training, flag: bool) -> bool:
    """Return whether a flag is set on any rank; all ranks must ask.

    Clocks and signals differ between ranks, and what they decide must not.
    """
    ranks = training.network.ranks
    return flag if ranks is None else ranks.any(flag)[0]


def first_said(training: Training, said: str | None) -> str | None:
    """Return what is said here or, over ranks, by the first rank that says anything."""
    ranks = training.network.ranks
    return said if ranks is None else ranks.first(said)


def writes(training: Training) -> bool:
    """Return whether this process writes the checkpoint: one of all ranks does."""
    ranks = training.network.ranks
    return ranks is None or ranks.rank == 0


def whole_tensors(training: Training) -> dict[str, Tensor]:
    """Return the tensors of a training, with the neurons of all ranks, who all must ask."""
    found, ranks = training.tensors(), training.network.ranks
    if ranks is None:
        return found
    shapes = _whole_shapes(training)
    return {name: _whole(ranks, own, shapes.get(name, own.shape)) for name, own in found.items()}


def _whole(ranks: Ranks, own: Tensor, shape: torch.Size) -> Tensor:
    """Return a tensor of all neurons and streams, which has this shape."""
    if own.shape[-1:] != shape[-1:]:
        own = ranks.join(own.cpu(), shape[-1])
    return own if own.shape == shape else ranks.join_streams(own.cpu(), shape[-2])


def own_tensors(training: Training, whole: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return this rank's part of tensors that `whole_tensors` returned, on whatever ranks."""
    ranks = training.network.ranks
    if ranks is None:
        return dict(whole)
    own, shapes = training.tensors(), _whole_shapes(training)
    return {
        name: _own(ranks, each, own[name].shape)
        if name in own and each.shape == shapes.get(name)
        else each
        for name, each in whole.items()
    }


def _own(ranks: Ranks, whole: Tensor, shape: torch.Size) -> Tensor:
    """Return this rank's part of a tensor, which has this shape."""
    if whole.shape[-1:] != shape[-1:]:
        whole = ranks.own(whole)
    return whole if whole.shape == shape else ranks.own_streams(whole)


def _whole_shapes(training: Training) -> dict[str, torch.Size]:
    """Return the shape that each tensor has in a network that is not divided."""
    network, batch = training.network, training.batch_size
    whole = network.undivided()
    tree = {
        "network": whole.tensors(),
        "average": {"mean": averaged(whole)},
        "runner": {"state": network.at_rest(batch, META)},
    }
    return {name: each.shape for name, each in named_tensors(tree).items()}

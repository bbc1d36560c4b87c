"""Where learning takes a network: weights and biases along the way, in the plane of most change."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.network.network import Network


class Trajectories(NamedTuple):
    """Trajectories in common principal components.

    Attributes
    ----------
    paths : list of ndarray [T, components]
        One for each trajectory given.
    share : ndarray [components]
        Share of the total variance along each component.
    """

    paths: list[np.ndarray]
    share: np.ndarray


def parameters(network: Network) -> Tensor:
    """Return all forward weights and biases as one flat tensor, a copy, float32 on the CPU."""
    parts = [part for each in network.synapses.values() for part in (each.weight, each.bias)]
    return torch.cat([part.detach().flatten().to("cpu", torch.float32) for part in parts])


def principal_trajectories(trajectories: Sequence[np.ndarray], components: int = 2) -> Trajectories:
    """Return trajectories in the principal components of all their points together.

    As in Panjehpour & EsmailZadeh 2022, figure 6e: whether two ways to learn end in one place.
    The components come from the products of the points with one another, T x T, so that the number
    of dimensions hardly matters.

    Parameters
    ----------
    trajectories : sequence of ndarray [T, n]
        Points of n dimensions, such as `parameters` after each epoch; T may differ.
    components : int, default 2

    Raises
    ------
    SpikefaError
        If the dimensions differ, or there are not more points than components.
    """
    sizes = {each.shape[1] for each in trajectories}
    require(len(sizes) == 1, f"trajectories of {sorted(sizes)} dimensions: they must have as many")
    points = np.concatenate([np.asarray(each, np.float64) for each in trajectories])
    require(
        1 <= components < len(points),
        f"{components} components of {len(points)} points: there must be more points",
    )
    points -= points.mean(0)
    values, vectors = np.linalg.eigh(points @ points.T)
    order = np.argsort(values)[::-1][:components]
    largest = np.clip(values[order], 0, None)
    projected = vectors[:, order] * np.sqrt(largest)
    cuts = np.cumsum([len(each) for each in trajectories])[:-1]
    return Trajectories(np.split(projected, cuts), largest / values.sum())

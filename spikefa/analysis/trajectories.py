"""Trajectories of weights and biases during learning, in their principal components."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.network.network import Network
from spikefa.utils.numbers import whole_number


class Trajectories(NamedTuple):
    """Trajectories in common principal components.

    Attributes
    ----------
    paths : list of ndarray [T, components]
        One for each given trajectory.
    share : ndarray [components]
        Share of the total variance along each component; nan if nothing moved.
    """

    paths: list[np.ndarray]
    share: np.ndarray


def parameters(network: Network) -> Tensor:
    """Return a copy of all forward weights and biases as one flat float32 tensor on the CPU."""
    parts = [part for each in network.projections.values() for part in (each.weight, each.bias)]
    return torch.cat([part.detach().flatten().to("cpu", torch.float32) for part in parts])


def principal_trajectories(trajectories: Sequence[np.ndarray], components: int = 2) -> Trajectories:
    """Return trajectories in the principal components of all their points.

    They show whether two learning rules end in the same place (Panjehpour & EsmailZadeh 2022,
    figure 6e). The components are computed from the T x T inner products of the points, so the
    number of dimensions hardly matters.

    Parameters
    ----------
    trajectories : sequence of ndarray [T, n]
        Points of n dimensions, such as `parameters` after each epoch. T may differ.
    components : int, default 2

    Raises
    ------
    SpikefaError
        If the dimensions differ, or there are not more points than components.
    """
    sizes = {each.shape[1] for each in trajectories}
    require(len(sizes) == 1, f"trajectories of {sorted(sizes)} dimensions: they must be the same")
    points = np.concatenate([np.asarray(each, np.float64) for each in trajectories])
    components = whole_number(components, "the number of components", 1)
    require(
        components < len(points),
        f"{components} components of {len(points)} points: give more points than components",
    )
    points -= points.mean(0)
    values, vectors = np.linalg.eigh(points @ points.T)
    order = np.argsort(values)[::-1][:components]
    largest = np.clip(values[order], 0, None)
    projected = vectors[:, order] * np.sqrt(largest)
    cuts = np.cumsum([len(each) for each in trajectories])[:-1]
    with np.errstate(invalid="ignore"):
        return Trajectories(np.split(projected, cuts), largest / values.sum())

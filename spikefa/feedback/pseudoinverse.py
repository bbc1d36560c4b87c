"""Pseudobackpropagation: the error descends through the pseudoinverse of the weights."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from spikefa.feedback.error_population import PhiDelta
from spikefa.feedback.matrix import ForwardMatrix
from spikefa.feedback.wired import Wired
from spikefa.feedback.wiring import Wiring, layer_by_layer
from spikefa.synapses import Synapses
from spikefa.utils.ranges import Count, PositiveScale, PositiveShare, ShareBelowOne


@dataclass(eq=False, kw_only=True)
class PseudoBackprop(Wired):
    """Backpropagation through W^+ (Lillicrap et al. 2016, supplementary note 15, eq. 57).

    In one step, from the output downwards::

        U_L <- (1 - tau) U_L + tau (s_L - target)
        U_l <- (1 - tau) U_l + tau scale [phi_delta(U_{l+1}) * Psi(V_{l+1})] W_{l+1}^+

    The Moore-Penrose pseudoinverse W^+ replaces the transpose W^T. For hidden units below a linear
    output, this gives the Gauss-Newton direction.

    A singular value decomposition costs much more than a step of the network (and on a GPU it makes
    the host wait), while W changes little in one step. Therefore W^+ is computed every `every`
    learning steps, after the forward synapses have changed, and is kept constant in between.

    Parameters
    ----------
    every : int, default 100
        Number of learning steps between computations of the pseudoinverse. With 1 the rule is
        exact, except for the weight decay of the current step.
    rtol : float, default 0.1
        Singular values below `rtol` times the largest one are treated as 0. The inverses of small
        values are large, so with 0 the noise in W determines where the error goes.
    scale : float, default 10
        Factor that multiplies W^+. As the weights grow, W^+ shrinks, and so do the learning steps.
    phi_delta : {"identity", "tanh", "logistic", "spiking"}, default "identity"
        Output function of the error neurons; see `ErrorPopulation`.
    gated : bool, default True
        Whether the transmitted error is gated by the forward neuron's gain Psi(V).
    tau : float, default 0.9
        Weight of the new drive in the error populations.

    Attributes
    ----------
    matrices : list of Tensor
        ``scale W_{l+1}^+`` `[n_{l+1}, n_l]`, as last computed.
    age : Tensor
        Steps since the last computation, an integer on the CPU, where reading it needs no wait.

    Raises
    ------
    SpikefaError
        If an argument is out of range, or the circuit is connected twice.
    """

    reads_weights: ClassVar[bool] = True

    every: Count = field(default=100, kw_only=False)
    rtol: ShareBelowOne = 0.1
    scale: PositiveScale = 10.0
    phi_delta: PhiDelta = "identity"
    gated: bool = True
    tau: PositiveShare = 0.9
    weights: list[Tensor] = field(init=False, repr=False, default_factory=list)
    matrices: list[Tensor] = field(init=False, repr=False, default_factory=list)
    age: Tensor = field(init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.age = torch.zeros((), dtype=torch.int64)

    def wire(self, forward: Sequence[Synapses], device: torch.device, dtype: torch.dtype) -> Wiring:
        """Connect each error population to the one below through W^+."""
        self.weights = [synapses.weight for synapses in forward[1:]]
        self.matrices = [torch.zeros_like(weight.mT) for weight in self.weights]
        inverses = [ForwardMatrix(matrix) for matrix in self.matrices]
        return layer_by_layer(self.beside(forward), inverses, self.gated)

    def initialise(self, seed: int) -> None:
        """Compute the pseudoinverses of the initial weights; nothing is drawn."""
        self.refresh()

    def refresh(self) -> None:
        """Compute the pseudoinverses of the current weights."""
        for matrix, weight in zip(self.matrices, self.weights, strict=True):
            rtol = self.rtol or torch.finfo(weight.dtype).eps * max(weight.shape[-2:])
            matrix.copy_(torch.linalg.pinv(weight, rtol=rtol)).mul_(self.scale)
        self.age.zero_()

    def maintain(self) -> None:
        """Count a step, and recompute the pseudoinverses if they are due."""
        self.age += 1
        if self.age >= self.every:
            self.refresh()

    @property
    def free_steps(self) -> int:
        """Number of steps until the pseudoinverses are due."""
        return self.every - int(self.age)

    def tensors(self) -> dict[str, Tensor]:
        """Return the pseudoinverses, from ``pinv1`` into the first hidden layer, and their age."""
        found = {f"pinv{layer}": matrix for layer, matrix in enumerate(self.matrices, start=1)}
        return found | {"age": self.age}

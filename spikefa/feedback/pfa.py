"""Product feedback alignment: the error takes a detour, so no neurons are connected both ways."""

from dataclasses import dataclass, field

import torch

from spikefa.feedback.product import Product
from spikefa.feedback.random_matrix import RandomMatrix
from spikefa.synapses import Sharing
from spikefa.utils.ranges import Expansion, ShareBelowOne


@dataclass(eq=False, kw_only=True)
class PFA(Product, sweep_only=True):
    """Product feedback alignment (PFA).

    Li Ji-An & Benna, "Deep learning without weight symmetry", eqs. 4 to 8.

    On its way down from layer l + 1, the error crosses an extra population of
    ``expansion * n_{l+1}`` neurons, so no two neurons are connected in both directions. In one
    step, from the output downwards::

        m_l <- (1 - middle_tau) m_l + middle_tau x_{l+1} B_l      x = phi_delta(U) * Psi(V)
        U_l <- (1 - tau) U_l + tau phi_m(m_l) R_l                 phi_m: middle_phi_delta
        dR_l = -eta phi_m(m_l)^T s_l                              summed over the batch
        dW_{l+1} = -eta s_l^T x_{l+1}                             the forward synapses, eq. 8

    B_l `[n_{l+1}, n_mid]` is fixed. Its weights are drawn from a normal distribution with variance
    1 / n_mid, so B_l B_l^T is close to the identity: its eigenvalues follow the Marchenko-Pastur
    law with ratio lambda = 1 / expansion, between ``(1 - sqrt(lambda))^2`` and
    ``(1 + sqrt(lambda))^2``. Therefore B_l R_l changes as W_{l+1}^T does. R_l learns with the
    learning rate of W_{l+1} and decays with it (B_l never decays), so with decay the initial values
    of both are forgotten. If W resembles a random matrix, the angle between the path B_l R_l and
    W_{l+1}^T then goes to ``arccos(1 / sqrt(1 + lambda))``, 17.5 degrees for an expansion of 10
    (proposition 3). The decay determines how fast; the paper uses a large decay in the first epoch
    only.

    Parameters
    ----------
    expansion : float, default 10
        1 / lambda, the number of neurons in the extra population per neuron of the sending layer;
        at least 1.
    sparsity : float, default 0
        Fraction of missing synapses of B, in [0, 1). The others are so much larger that the
        variance of all remains 1 / n_mid. None of them is beside a forward synapse, so there is no
        probability of that to choose.
    neurons, scale, plastic, phi_delta, gated, tau, middle_tau, middle_phi_delta, momentum
        As in `Product`.

    Raises
    ------
    SpikefaError
        As `Product`.
    """

    expansion: Expansion = field(default=10.0, kw_only=False)
    sparsity: ShareBelowOne = 0.0

    def fixed_matrix(
        self, sharing: Sharing, device: torch.device, dtype: torch.dtype
    ) -> RandomMatrix:
        """Allocate one B, with independent weights of variance 1 / n_mid."""
        n_mid, n_above = sharing.weight_shape
        return RandomMatrix(
            n_above,
            n_mid,
            kind="normal",
            scale=(n_mid * (1 - self.sparsity)) ** -0.5,
            sparsity=self.sparsity,
            sharing=sharing,
            device=device,
            dtype=dtype,
        )


@dataclass(eq=False, kw_only=True)
class PFAo(Product, sweep_only=True):
    """PFA-o: product feedback alignment with semi-orthogonal B (Li Ji-An & Benna, proposition 1).

    Like `PFA`, but B_l `[n_{l+1}, n_mid]` has orthonormal rows. The extra population then needs
    only as many neurons as the layer above has, B_l B_l^T is the identity, and the angle between
    the path B_l R_l and W_{l+1}^T goes to 0.

    Parameters
    ----------
    expansion : float, default 1
        Number of neurons in the extra population per neuron of the sending layer; at least 1.
    neurons, scale, plastic, phi_delta, gated, tau, middle_tau, middle_phi_delta, momentum
        As in `Product`.

    Raises
    ------
    SpikefaError
        As `Product`.
    """

    expansion: Expansion = field(default=1.0, kw_only=False)

    def fixed_matrix(
        self, sharing: Sharing, device: torch.device, dtype: torch.dtype
    ) -> RandomMatrix:
        """Allocate one B, with orthonormal rows."""
        n_mid, n_above = sharing.weight_shape
        return RandomMatrix(
            n_above,
            n_mid,
            kind="orthogonal",
            scale=1.0,
            sharing=sharing,
            device=device,
            dtype=dtype,
        )

"""The linear network of Lillicrap et al. 2016, supplementary notes 10 to 15, on the engine.

The paper writes h = A x and y = W h with column vectors, so its matrices are the transposes of the
engine's; everything that leaves this file is a NumPy copy in the paper's letters and orientation.
"""

import torch

import spikefa as sf


class LinearNetwork:
    """Two projections of linear rate neurons, and any circuit with one matrix back."""

    def __init__(self, n_i, n_h, n_o, eta, feedback=None, start=0.0, seed=0):
        self.circuit = feedback or sf.FA(scale=1.0, tau=1.0)
        self.net = sf.Network(
            n_i,
            {"hidden": sf.Rate(n_h, "linear"), "output": sf.Rate(n_o, "linear")},
            feedback=self.circuit,
            rule=sf.ThreeFactor(eta, weight_decay=0),
            dtype=torch.float64,
        )
        self.net.initialise(seed)
        for synapses in self.net.synapses.values():
            synapses.weight.mul_(start / synapses.scale)

    def step(self, x, target, factor=1.0):
        """Learn for one step from the streams `x` `[batch, n_i]` and what they should give.

        The notes do without biases, so what these learn is taken away again.
        """
        state = self.net.state(len(x))
        self.net.set_learning_rates(state, factor)
        self.net.step(state, torch.as_tensor(x), torch.as_tensor(target))
        for synapses in self.net.synapses.values():
            synapses.bias.zero_()

    def set(self, A, W):
        """Start from these weights."""
        for synapses, matrix in zip(self.net.synapses.values(), (A, W), strict=True):
            synapses.weight.copy_(torch.as_tensor(matrix.T))

    @property
    def A(self):
        return self.net.synapses["hidden"].weight.mT.numpy().copy()

    @property
    def W(self):
        return self.net.synapses["output"].weight.mT.numpy().copy()

    @property
    def B(self):
        return self.circuit.tensors()["B1"].mT.numpy().copy()

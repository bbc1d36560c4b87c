"""Shallow learning: the output learns, the rest does not."""

import pytest
import torch

import spikefa as sf


@pytest.mark.parametrize("phi_delta", ["identity", "tanh", "logistic", "spiking"])
@pytest.mark.parametrize("hidden", [0, 1, 2])
def test_only_the_output_learns_and_as_with_any_circuit(phi_delta, hidden):
    def train(circuit):
        sizes = {**{f"hidden{k}": 6 for k in range(hidden)}, "output": 3}
        net = sf.Network(
            4, {n: sf.StochasticBinary(k) for n, k in sizes.items()}, circuit, sf.ThreeFactor(0.1)
        )
        net.initialise(0)
        before = {name: tensor.clone() for name, tensor in net.tensors().items()}
        random = torch.Generator().manual_seed(0)
        state = net.state(5)
        for _ in range(6):
            for population in state.populations:
                population.uniforms.uniform_(generator=random)
            top = state.feedback.uniforms().get(f"error{hidden + 1}")
            if top is not None:
                top.uniform_(generator=random)
            net.step(state, torch.ones(5, 4), torch.ones(5, 3))
        assert not any(m.any() for m in state.feedback.modulators[:-1]) or circuit is fa
        return net, before

    fa = sf.FA(1e-30, phi_delta=phi_delta)
    shallow, before = train(sf.Shallow(phi_delta=phi_delta))
    changed = {n for n, tensor in shallow.tensors().items() if not tensor.equal(before[n])}
    assert changed == {"synapses.output.weight", "synapses.output.bias"}
    assert shallow.alignment() == {}
    if phi_delta != "spiking":  # nothing comes through so small a matrix
        reference, _ = train(fa)
        torch.testing.assert_close(
            shallow.synapses["output"].weight, reference.synapses["output"].weight
        )

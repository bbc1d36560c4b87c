"""LeNet-5: its sizes, and its gradient against torch's own layers."""

import pytest
import torch
from torch.nn import functional

import spikefa as sf
from spikefa.models import lenet


def test_it_has_the_sizes_of_the_paper():
    net = lenet(sf.FA(tau=1.0, gated=True), 0.1)
    sizes = {name: each.size for name, each in net.populations.items()}
    assert sizes == {"conv1": 1176, "conv2": 400, "dense1": 120, "dense2": 84, "output": 10}
    weights = {name: tuple(each.weight.shape) for name, each in net.synapses.items()}
    assert weights["conv1"] == (25, 6)
    assert weights["conv2"] == (150, 16)
    assert weights["dense1"] == (400, 120)


@pytest.mark.parametrize("spiking", [False, True])
def test_either_kind_of_neurons_learns_with_error_populations(spiking):
    net = lenet(sf.PFAo(), 1e-3, spiking, outputs=20)
    data = sf.datasets.Images(
        pixels=torch.randint(0, 255, (40, 28, 28), dtype=torch.uint8).numpy(),
        labels=(torch.arange(40) % 10).byte().numpy(),
    )
    sim = sf.Simulation(net, sf.datasets.Dataset("noise", data, data), batch_size=20, seed=0)
    before = {name: each.clone() for name, each in net.tensors().items()}
    sim.learn(2)
    changed = [name for name, each in net.tensors().items() if not torch.equal(each, before[name])]
    assert {"synapses.conv1.weight", "synapses.conv2.weight", "feedback.R1"} <= set(changed)


def test_with_backprop_its_update_is_the_gradient_of_torchs_layers():
    net = lenet(sf.Backprop(tau=1.0), 0.5, hidden="tanh", dtype=torch.float64)
    net.initialise(1)
    source = torch.Generator().manual_seed(0)
    images = torch.rand(3, 784, generator=source, dtype=torch.float64)
    target = functional.one_hot(torch.tensor([3, 1, 4]), 10).double()
    weights = {name: each.weight.clone().requires_grad_() for name, each in net.synapses.items()}
    with torch.enable_grad():
        kernel = [
            weights[f"conv{n}"].mT.view(-1, *shape) for n, shape in ((1, (1, 5, 5)), (2, (6, 5, 5)))
        ]
        seen = images.view(3, 1, 28, 28)
        for number, padding in ((0, 2), (1, 0)):
            seen = functional.conv2d(seen, kernel[number], padding=padding)
            seen = torch.tanh(functional.avg_pool2d(seen, 2))
        seen = seen.flatten(1)
        for name in ("dense1", "dense2"):
            seen = torch.tanh(seen @ weights[name])
        loss = functional.cross_entropy(seen @ weights["output"], target, reduction="sum")
        loss.backward()
    net.step(net.state(3), images, target)
    assert torch.equal(
        net.synapses["conv2"].kernel[3, 1, 4], net.synapses["conv2"].weight[45:50, 3]
    )
    for name, before in weights.items():
        learnt = (before.detach() - net.synapses[name].weight) / 0.5
        assert before.grad.abs().max() > 1e-4
        torch.testing.assert_close(learnt, before.grad, rtol=0, atol=1e-10)

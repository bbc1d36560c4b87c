"""A rate network in front of a set of examples, against NumPy and against torch's own SGD."""

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.datasets.examples import Examples, classification
from spikefa.models import rate_network
from spikefa.simulation.evaluation import Evaluation
from spikefa.stimulus.sampler import ShuffledSampler


def examples(count=12, n_in=4, n_out=3, seed=0):
    source = torch.Generator().manual_seed(seed)
    labels = torch.randint(n_out, (count,), generator=source)
    return Examples(
        torch.randn(count, n_in, generator=source, dtype=torch.float64),
        torch.eye(n_out, dtype=torch.float64)[labels],
        labels,
    )


def simulate(
    batch=3,
    feedback=None,
    rate=0.05,
    output="linear",
    sizes=(4, 5, 3),
    seed=0,
    tests=None,
    **others,
):
    circuit = feedback or sf.FA(0.5, tau=1.0)
    network = rate_network(sizes, circuit, rate, output=output, weight_scale=0.3)
    network.initialise(0)
    return sf.Simulation(
        network,
        sf.ExampleStimulus(examples(), **others),
        test=sf.ExampleStimulus(tests or examples(7, seed=1)),
        batch_size=batch,
        seed=seed,
    )


def weights(simulation):
    return {name: tensor.clone() for name, tensor in simulation.network.tensors().items()}


def shown(simulation, updates):
    """Return inputs and targets of so many updates, and let the synapses learn from them."""
    seen = []
    for _ in range(updates):
        for _ in simulation.present():
            seen.append((simulation.runner.inputs.clone(), simulation.runner.target.clone()))
    return seen


def test_what_is_not_shuffled_comes_in_the_same_batches_in_every_epoch():
    sim = simulate(shuffled=False)
    seen = [x for x, _ in shown(sim, 8)]
    torch.testing.assert_close(torch.cat(seen[:4]), sim.runner.stimulus_state.rows, rtol=0, atol=0)
    torch.testing.assert_close(seen[:4], seen[4:], rtol=0, atol=0)
    shuffled = [x for x, _ in shown(simulate(), 8)]
    assert not torch.cat(shuffled[:4]).equal(torch.cat(shuffled[4:]))


def test_learning_is_that_of_a_plain_loop_over_the_order_of_each_epoch():
    """Feedback alignment in NumPy, summed over batches of 3, two epochs of 12."""
    sim = simulate()
    x, y = (
        tensor.numpy()
        for tensor in (sim.runner.stimulus_state.rows, sim.runner.stimulus_state.row_targets)
    )
    start = {name: tensor.numpy() for name, tensor in weights(sim).items()}
    w0, w1 = start["synapses.hidden1.weight"], start["synapses.output.weight"]
    b0, b1 = start["synapses.hidden1.bias"], start["synapses.output.bias"]
    sim.learn(sim.presentations(2))
    assert sim.presentation == 8
    sampler = ShuffledSampler(12, 3, [0])
    for chosen in np.array([sampler.items(k).tolist() for k in range(8)]):
        h = np.tanh(x[chosen] @ w0 + b0)
        e = y[chosen] - (h @ w1 + b1)
        delta = (e @ start["feedback.B1"]) * (1 - h**2)
        w1, b1 = w1 + 0.05 * h.T @ e, b1 + 0.05 * e.sum(0)
        w0, b0 = w0 + 0.05 * x[chosen].T @ delta, b0 + 0.05 * delta.sum(0)
    for name, expected in (("hidden1.weight", w0), ("output.weight", w1), ("hidden1.bias", b0)):
        np.testing.assert_allclose(weights(sim)[f"synapses.{name}"], expected, atol=1e-12)


@pytest.mark.parametrize("output", ["linear", "softmax"])
def test_backpropagation_is_torchs_sgd_and_the_loss_torchs_own(output):
    """The same network in torch, with its loss summed over the batch, after 20 updates."""
    sim = simulate(feedback=sf.Backprop(tau=1.0), output=output)
    net = torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.Tanh(), torch.nn.Linear(5, 3))
    net.double()
    with torch.no_grad():
        for layer, synapses in zip((net[0], net[2]), sim.network.synapses.values(), strict=True):
            layer.weight.copy_(synapses.weight.mT)
            layer.bias.copy_(synapses.bias)
    sgd = torch.optim.SGD(net.parameters(), lr=0.05)

    def loss(x, target):
        if output == "softmax":
            return torch.nn.functional.cross_entropy(net(x), target, reduction="sum")
        return torch.nn.functional.mse_loss(net(x), target, reduction="sum") / 2

    for x, target in shown(sim, 20):
        sgd.zero_grad()
        loss(x, target).backward()
        sgd.step()
    torch.testing.assert_close(sim.network.synapses["output"].weight, net[2].weight.mT.detach())
    torch.testing.assert_close(sim.network.synapses["hidden1"].weight, net[0].weight.mT.detach())
    answers = sim.look()
    with torch.no_grad():
        expected = float(loss(answers.inputs, answers.targets)) / 7
    assert answers.loss() == pytest.approx(expected)


def test_every_example_is_shown_once_an_epoch_in_an_order_of_its_own():
    sim = simulate(batch=5)
    first = torch.cat([x for x, _ in shown(sim, 12)])  # 60 = 5 epochs of 12
    epochs = first.split(12)
    everything = sim.runner.stimulus_state.rows.sort(0).values
    assert all(torch.equal(epoch.sort(0).values, everything) for epoch in epochs)
    assert not torch.equal(epochs[0], epochs[1])


def test_what_is_shown_depends_on_the_seed_and_not_on_the_network():
    a, b = shown(simulate(), 4), shown(simulate(feedback=sf.Backprop(tau=1.0)), 4)
    other = shown(simulate(seed=1), 4)
    assert all(torch.equal(x, again) for (x, _), (again, _) in zip(a, b, strict=True))
    assert not all(torch.equal(x, again) for (x, _), (again, _) in zip(a, other, strict=True))


def test_a_look_ends_with_the_same_items_on_every_device(monkeypatch):
    """A GPU tests all items at once, but what is measured in ``held_out.state`` must not differ."""
    module = "spikefa.simulation.evaluation"
    monkeypatch.setattr(f"{module}.streams_by_default", lambda device, items: items)
    monkeypatch.setattr(f"{module}.AT_ONCE", 4)
    sim = simulate(tests=examples(11, seed=3))
    assert sim.held_out.batch == 4


def test_the_error_is_counted_over_all_chunks(monkeypatch):
    monkeypatch.setattr("spikefa.simulation.evaluation.AT_ONCE", 4)
    aside = examples(11, seed=3)
    sim = simulate(tests=aside)
    sim.learn(3)
    answers = sim.look()
    w = weights(sim)
    h = torch.tanh(aside.inputs @ w["synapses.hidden1.weight"] + w["synapses.hidden1.bias"])
    said = h @ w["synapses.output.weight"] + w["synapses.output.bias"]
    torch.testing.assert_close(answers.outputs, said)
    wrong = sum(int(row.argmax()) != int(c) for row, c in zip(said, aside.labels, strict=True))
    assert answers.error_percent() == pytest.approx(100 * wrong / 11)
    assert answers.score().error_percent == answers.error_percent()
    torch.testing.assert_close(sim.held_out.state.error, said[-4:] - aside.targets[-4:])
    deviation = aside.targets - aside.targets.mean(0)
    assert answers.nse() == pytest.approx(
        float(((said - aside.targets) ** 2).sum() / (deviation**2).sum())
    )
    few = Evaluation(sim.network, sf.ExampleStimulus(examples(2, seed=4))).run()
    assert few.outputs.shape == (2, 3)


def test_outputs_of_a_class_are_summed(tiny):
    test = classification(tiny.test, per_class=2)
    network = rate_network((12, 3, 4), sf.FA(0.5, tau=1.0), 0.1, dtype=torch.float32)
    network.initialise(0)
    answers = Evaluation(network, sf.ExampleStimulus(test)).run()
    answers.outputs[:] = torch.tensor([0.9, 0.0, 0.5, 0.5])  # largest: class 0, sum: class 1
    assert answers.error_percent() == pytest.approx(100 * float((test.labels != 1).double().mean()))


def test_inputs_can_be_changed_before_they_are_shown_but_the_examples_stay():
    def blank(inputs, source):
        inputs.mul_(torch.rand(1, generator=source, dtype=inputs.dtype))

    sim = simulate(change=blank)
    before = sim.runner.stimulus_state.rows.clone()
    seen = shown(sim, 4)
    assert torch.equal(sim.runner.stimulus_state.rows, before)
    plain = shown(simulate(), 4)
    ratios = [(x / y).unique() for (x, _), (y, _) in zip(seen, plain, strict=True)]
    assert all(float(r.max() - r.min()) < 1e-12 for r in ratios)
    assert len({round(float(r[0]), 9) for r in ratios}) == 4
    again = shown(simulate(change=blank), 4)
    assert all(torch.equal(x, y) for (x, _), (y, _) in zip(seen, again, strict=True))


def test_a_lower_learning_rate_scales_the_change():
    a, b = simulate(), simulate()
    start = weights(a)["synapses.output.weight"]
    b.set_learning_rates(0.5)
    a.learn(1)
    b.learn(1)
    full = weights(a)["synapses.output.weight"] - start
    torch.testing.assert_close(weights(b)["synapses.output.weight"] - start, full / 2)


def test_mistakes_are_told():
    with pytest.raises(sf.SpikefaError, match="5 outputs"):
        simulate(tests=examples(n_out=5))
    with pytest.raises(sf.SpikefaError, match="a network with 2 and 3"):
        simulate(sizes=(2, 5, 3))
    with pytest.raises(sf.SpikefaError, match="is 0: give a whole number from 1"):
        simulate(batch=0)
    sim = simulate(tests=Examples(torch.zeros(3, 4), torch.zeros(3, 3)))
    with pytest.raises(sf.SpikefaError, match="no classes"):
        sim.look().error_percent()


@pytest.mark.parametrize("output", ["linear", "softmax"])
def test_replicas_are_shown_and_learn_what_single_networks_would(output, monkeypatch):
    monkeypatch.setattr("spikefa.simulation.evaluation.AT_ONCE", 4)

    def jitter(inputs, source):
        inputs.add_(torch.randn(inputs.shape, generator=source, dtype=inputs.dtype), alpha=0.1)

    def taught(replicas, seed):
        circuit = sf.FA(0.5, tau=1.0)
        network = rate_network(
            (4, 5, 3), circuit, 0.05, output=output, dropout=0.3, replicas=replicas
        )
        sim = sf.Simulation(
            network,
            sf.ExampleStimulus(examples(), change=jitter),
            test=sf.ExampleStimulus(examples(7, seed=1)),
            batch_size=5,
            seed=seed,
        )
        sim.learn(sim.presentations(3))
        return sim.look()

    wide = taught(2, (3, 8))
    for number, seed in enumerate((3, 8)):
        single = taught(None, seed)
        torch.testing.assert_close(wide.outputs[number], single.outputs)
        for measure in ("error_percent", "loss", "nse"):
            each = getattr(wide, measure)()
            assert each.shape == (2,)
            assert float(each[number]) == pytest.approx(getattr(single, measure)())

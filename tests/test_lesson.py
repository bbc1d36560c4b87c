"""A rate network in front of a set of examples, against NumPy and against torch's own SGD."""

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.datasets.examples import Examples, classification
from spikefa.models import rate_network
from spikefa.simulation.lesson import Lesson
from spikefa.stimulus.sampler import ShuffledSampler


def examples(count=12, n_in=4, n_out=3, seed=0):
    source = torch.Generator().manual_seed(seed)
    labels = torch.randint(n_out, (count,), generator=source)
    return Examples(
        torch.randn(count, n_in, generator=source, dtype=torch.float64),
        torch.eye(n_out, dtype=torch.float64)[labels],
        labels,
    )


def lesson(batch=3, feedback=None, rate=0.05, output="linear", count=12, sizes=(4, 5, 3), **others):
    circuit = feedback or sf.FA(0.5, tau=1.0)
    network = rate_network(sizes, circuit, rate, output=output, weight_scale=0.3)
    network.initialise(0)
    tests = others.pop("tests", None) or examples(7, seed=1)
    return Lesson(network, examples(count), batch, tests=tests, **others)


def weights(lesson):
    return {name: tensor.clone() for name, tensor in lesson.network.tensors().items()}


def shown(lesson, updates):
    """Return the inputs of so many updates, and let the synapses learn from them."""
    seen = []
    step = lesson.network.step
    lesson.network.step = lambda state, x, y: (
        seen.append((x.clone(), y.clone())),
        step(state, x, y),
    )
    lesson.learn(updates)
    return seen


def test_what_is_not_shuffled_comes_in_the_same_batches_in_every_epoch():
    ls = lesson(shuffled=False)
    seen = [x for x, _ in shown(ls, 8)]
    torch.testing.assert_close(torch.cat(seen[:4]), ls.examples.inputs, rtol=0, atol=0)
    torch.testing.assert_close(seen[:4], seen[4:], rtol=0, atol=0)
    shuffled = [x for x, _ in shown(lesson(), 8)]
    assert not torch.cat(shuffled[:4]).equal(torch.cat(shuffled[4:]))


def test_learning_is_that_of_a_plain_loop_over_the_order_of_each_epoch():
    """Feedback alignment in NumPy, summed over batches of 3, two epochs of 12."""
    ls = lesson()
    x, y = (tensor.numpy() for tensor in (ls.examples.inputs, ls.examples.targets))
    start = {name: tensor.numpy() for name, tensor in weights(ls).items()}
    w0, w1 = start["synapses.hidden1.weight"], start["synapses.output.weight"]
    b0, b1 = start["synapses.hidden1.bias"], start["synapses.output.bias"]
    ls.learn_epochs(2)
    assert ls.updates == 8 == 2 * ls.updates_per_epoch
    order = ShuffledSampler(12, 3, 0)
    for chosen in np.array([order.images(k).tolist() for k in range(8)]):
        h = np.tanh(x[chosen] @ w0 + b0)
        e = y[chosen] - (h @ w1 + b1)
        delta = (e @ start["feedback.B1"]) * (1 - h**2)
        w1, b1 = w1 + 0.05 * h.T @ e, b1 + 0.05 * e.sum(0)
        w0, b0 = w0 + 0.05 * x[chosen].T @ delta, b0 + 0.05 * delta.sum(0)
    for name, expected in (("hidden1.weight", w0), ("output.weight", w1), ("hidden1.bias", b0)):
        np.testing.assert_allclose(weights(ls)[f"synapses.{name}"], expected, atol=1e-12)


@pytest.mark.parametrize("output", ["linear", "softmax"])
def test_backpropagation_is_torchs_sgd_and_the_loss_torchs_own(output):
    """The same network in torch, with its loss summed over the batch, after 20 updates."""
    ls = lesson(feedback=sf.Backprop(tau=1.0), output=output)
    net = torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.Tanh(), torch.nn.Linear(5, 3))
    net.double()
    with torch.no_grad():
        for layer, synapses in zip((net[0], net[2]), ls.network.synapses.values(), strict=True):
            layer.weight.copy_(synapses.weight.mT)
            layer.bias.copy_(synapses.bias)
    sgd = torch.optim.SGD(net.parameters(), lr=0.05)

    def loss(x, target):
        if output == "softmax":
            return torch.nn.functional.cross_entropy(net(x), target, reduction="sum")
        return torch.nn.functional.mse_loss(net(x), target, reduction="sum") / 2

    for x, target in shown(ls, 20):
        sgd.zero_grad()
        loss(x, target).backward()
        sgd.step()
    torch.testing.assert_close(ls.network.synapses["output"].weight, net[2].weight.mT.detach())
    torch.testing.assert_close(ls.network.synapses["hidden1"].weight, net[0].weight.mT.detach())
    ls.look()
    with torch.no_grad():
        assert ls.loss() == pytest.approx(float(loss(ls.inputs, ls.targets)) / 7)


def test_every_example_is_shown_once_an_epoch_in_an_order_of_its_own():
    ls = lesson(batch=5)
    first = torch.cat([x for x, _ in shown(ls, 12)])  # 60 = 5 epochs of 12
    epochs = first.split(12)
    everything = ls.examples.inputs.sort(0).values
    assert all(torch.equal(epoch.sort(0).values, everything) for epoch in epochs)
    assert not torch.equal(epochs[0], epochs[1])


def test_what_is_shown_depends_on_the_seed_and_not_on_the_network():
    a, b = shown(lesson(), 4), shown(lesson(feedback=sf.Backprop(tau=1.0)), 4)
    other = shown(lesson(seed=1), 4)
    assert all(torch.equal(x, again) for (x, _), (again, _) in zip(a, b, strict=True))
    assert not all(torch.equal(x, again) for (x, _), (again, _) in zip(a, other, strict=True))


def test_the_error_is_counted_over_all_chunks(monkeypatch):
    monkeypatch.setattr("spikefa.simulation.lesson.CHUNK", 4)
    aside = examples(11, seed=3)
    ls = lesson(tests=aside)
    ls.learn(3)
    ls.look()
    w = weights(ls)
    h = torch.tanh(aside.inputs @ w["synapses.hidden1.weight"] + w["synapses.hidden1.bias"])
    said = h @ w["synapses.output.weight"] + w["synapses.output.bias"]
    torch.testing.assert_close(ls.outputs, said)
    wrong = sum(int(row.argmax()) != int(c) for row, c in zip(said, aside.labels, strict=True))
    assert ls.error_percent() == pytest.approx(100 * wrong / 11)
    torch.testing.assert_close(ls.test_state.error, said[-4:] - aside.targets[-4:])
    deviation = aside.targets - aside.targets.mean(0)
    assert ls.nse() == pytest.approx(
        float(((said - aside.targets) ** 2).sum() / (deviation**2).sum())
    )
    ls.look(ls.examples)
    assert len(ls.outputs) == 12
    few = examples(2, seed=4)
    ls.look(few)
    assert ls.outputs.shape == (2, 3)


def test_outputs_of_a_class_are_summed(tiny):
    test = classification(tiny.test, 255, 2, per_class=2)
    network = rate_network((12, 3, 4), sf.FA(0.5, tau=1.0), 0.1, dtype=torch.float32)
    network.initialise(0)
    ls = Lesson(network, classification(tiny.train, 255, 2, per_class=2), 2, tests=test)
    ls.look()
    ls.outputs[:] = torch.tensor([0.9, 0.0, 0.5, 0.5])  # the largest is of class 0, the sum of 1
    assert ls.error_percent() == pytest.approx(100 * float((test.labels != 1).double().mean()))


def test_inputs_can_be_changed_before_they_are_shown_but_the_examples_stay():
    def blank(inputs, source):
        inputs.mul_(torch.rand(1, generator=source, dtype=inputs.dtype))

    ls = lesson(change=blank)
    before = ls.examples.inputs.clone()
    seen = shown(ls, 4)
    assert torch.equal(ls.examples.inputs, before)
    plain = shown(lesson(), 4)
    ratios = [(x / y).unique() for (x, _), (y, _) in zip(seen, plain, strict=True)]
    assert all(float(r.max() - r.min()) < 1e-12 for r in ratios)
    assert len({round(float(r[0]), 9) for r in ratios}) == 4
    again = shown(lesson(change=blank), 4)
    assert all(torch.equal(x, y) for (x, _), (y, _) in zip(seen, again, strict=True))


def test_a_slower_pace_scales_the_change():
    a, b = lesson(), lesson()
    start = weights(a)["synapses.output.weight"]
    b.set_learning_rates(0.5)
    a.learn(1)
    b.learn(1)
    full = weights(a)["synapses.output.weight"] - start
    torch.testing.assert_close(weights(b)["synapses.output.weight"] - start, full / 2)


def test_mistakes_are_told():
    with pytest.raises(sf.SpikefaError, match="5 outputs"):
        lesson(tests=examples(n_out=5))
    with pytest.raises(sf.SpikefaError, match="a network with 2 and 3"):
        lesson(sizes=(2, 5, 3))
    with pytest.raises(sf.SpikefaError, match="at least 1"):
        lesson(batch=0)
    ls = lesson(tests=Examples(torch.zeros(3, 4), torch.zeros(3, 3)))
    ls.look()
    with pytest.raises(sf.SpikefaError, match="no classes"):
        ls.error_percent()


@pytest.mark.parametrize("output", ["linear", "softmax"])
def test_replicas_are_shown_and_learn_what_single_networks_would(output, monkeypatch):
    monkeypatch.setattr("spikefa.simulation.lesson.CHUNK", 4)

    def jitter(inputs, source):
        inputs.add_(torch.randn(inputs.shape, generator=source, dtype=inputs.dtype), alpha=0.1)

    def taught(replicas, seed):
        circuit = sf.FA(0.5, tau=1.0)
        network = rate_network(
            (4, 5, 3), circuit, 0.05, output=output, dropout=0.3, replicas=replicas
        )
        network.initialise(seed)
        ls = Lesson(network, examples(), 5, seed, tests=examples(7, seed=1), change=jitter)
        ls.learn_epochs(3)
        ls.look()
        return ls

    wide = taught(2, (3, 8))
    for number, seed in enumerate((3, 8)):
        single = taught(None, seed)
        torch.testing.assert_close(wide.outputs[number], single.outputs)
        for measure in ("error_percent", "loss", "nse"):
            each = getattr(wide, measure)()
            assert each.shape == (2,)
            assert float(each[number]) == pytest.approx(getattr(single, measure)())

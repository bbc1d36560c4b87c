"""A network and its replicas are used in the same way; parts that do not fit are refused."""

from dataclasses import dataclass
from functools import partial

import pytest
import torch

import spikefa as sf
from spikefa.feedback import KP
from spikefa.network.further import connect, feedback_state
from spikefa.utils.replicas import each_replica, side_by_side


def network(replicas=None, feedback=sf.FA, **others):
    sizes = {"hidden1": sf.StochasticBinary(5), "output": sf.StochasticBinary(4)}
    return sf.Network(3, sizes, feedback(), sf.ThreeFactor(0.1), replicas=replicas, **others)


def test_a_single_network_is_the_only_one():
    net = network()
    state = net.state(2)
    assert net.each() == [net]
    assert net.first() is net
    assert net.leading == ()
    assert state.each() == [state]


def test_each_replica_is_a_network_on_views():
    net = network(replicas=3)
    net.initialise([4, 5, 6])
    state = net.state(2)
    assert net.leading == (3,)
    assert [one.replicas for one in net.each()] == [None] * 3
    assert net.first().leading == ()
    for number, (one, own) in enumerate(zip(net.each(), state.each(), strict=True)):
        alone = network()
        alone.initialise(4 + number)
        for name, tensor in one.tensors().items():
            assert tensor.equal(alone.tensors()[name]), name
            assert tensor.data_ptr() == net.tensors()[name][number].data_ptr()
        assert own.error.data_ptr() == state.error[number].data_ptr()
        assert own.learning_rates is state.learning_rates


@pytest.mark.parametrize("replicas", [None, 1, 3])
def test_variables_of_replicas_are_concatenated(replicas):
    net = network(replicas, partial(KP, 0.3))
    net.initialise(0)
    variables = net.variables(net.state(2))
    assert list(variables) == ["input", "hidden1", "output"]
    n = replicas or 1
    assert variables["hidden1"]["potential"].shape == (2 * n, 5)
    assert variables["output"]["weights"].shape == (n, 20)
    assert variables["output"]["alignment"]().shape == (n, 1)


@pytest.mark.parametrize("replicas", [None, 2])
def test_a_further_circuit_has_the_weights_it_would_have_alone(replicas):
    net = network(replicas)
    net.initialise(0)
    further = sf.DFA()
    connect(net, further, 7)
    assert feedback_state(net, further, 2).errors[0].potential.shape == (*net.leading, 2, 5)
    for number, one in enumerate(each_replica(further, replicas, net.shared)):
        alone, circuit = network(), sf.DFA()
        alone.initialise(number)
        connect(alone, circuit, 7 + number)
        for name, tensor in circuit.tensors().items():
            assert tensor.equal(one.tensors()[name]), name


def test_without_replicas_nothing_is_copied():
    tree = [torch.zeros(2)]
    assert side_by_side(tree, None) is tree
    assert each_replica(tree, None)[0] is tree


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"populations": {}}, "at least an output population"),
        ({"populations": {"output": 4}}, "population 'output' must be a Population, int given"),
        ({"populations": {"output": sf.Rate}}, r"is the class Rate: call it, Rate\(\.\.\.\)"),
        ({"feedback": sf.FA}, r"feedback is the class FA: call it"),
        ({"rule": 0.1}, "rule must be a PlasticityRule, float given"),
        ({"output_error": "rates"}, "must be one of spikes, probability, 'rates' given"),
        (
            {"synapses": {"outptu": sf.Dense}},
            r"synapses for 'outptu' \(did you mean 'output'\?\), but projections are to out",
        ),
        ({"replicas": 0}, "replicas of Network is 0: give a whole number from 1"),
    ],
)
def test_parts_that_do_not_fit(options, message):
    given = {
        "populations": {"output": sf.Rate(4)},
        "feedback": sf.FA(),
        "rule": sf.ThreeFactor(),
        **options,
    }
    with pytest.raises(sf.SpikefaError, match=message):
        sf.Network(3, **given)


def test_alignment_is_of_one_network():
    with pytest.raises(sf.SpikefaError, match=r"ask one of them: network.replica\(0\)"):
        network(replicas=2).alignment()


@dataclass(eq=False)
class Scaled(sf.PlasticityRule):
    """A user's rule as a dataclass."""

    factor: float = 2.0

    def update(self, pre, post, modulator, state):
        return sf.Outer(pre, -self.factor * state.learning_rate * modulator * post.gain)


class Doubled(sf.ThreeFactor):
    """A user's rule with a constructor of its own."""

    def __init__(self, factor=2.0, **others):
        super().__init__(**others)
        self.factor = factor


class Quick(sf.StochasticBinary):
    """A user's neurons with a constructor of their own."""

    def __init__(self, size):
        super().__init__(size, tau=1.0)


class Wide(sf.Dense):
    """A user's synapses with a constructor of their own."""

    def __init__(self, n_pre, n_post, **others):
        super().__init__(n_pre, n_post, scale=0.5, **others)


@pytest.mark.parametrize("rule", [Scaled(0.1, factor=3.0), Doubled(0.5, learning_rate=0.1)])
def test_users_may_subclass_with_or_without_a_dataclass(rule):
    net = sf.Network(3, {"output": Quick(4)}, sf.FA(), rule, synapses=Wide)
    net.initialise(0)
    assert (rule.learning_rate, rule.factor) in ((0.1, 3.0), (0.1, 0.5))
    assert net.populations["output"].tau == 1.0
    assert 0.4 < net.synapses["output"].weight.abs().max() <= 0.5
    with pytest.raises(sf.SpikefaError, match="is 2: give a number from 0, below 1"):
        type(rule)(weight_decay=2)


def test_only_the_classes_themselves_are_standard():
    assert sf.StochasticBinary(3).standard
    assert sf.ThreeFactor().standard
    assert sf.Dense(3, 4).standard
    others = [sf.Rate(3), Quick(3), Doubled(), sf.Oja(), sf.RoughThreeFactor()]
    others += [sf.Dense(3, 4, norm=1.0), Wide(3, 4), sf.Masked(3, 4)]
    others += [sf.Dense(3, 4, constraints=[sf.Bounded(-1, 1)])]
    assert not any(each.standard for each in others)

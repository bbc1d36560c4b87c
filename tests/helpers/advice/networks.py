"""Advice about networks."""

from functools import partial

import torch

import spikefa as sf
from tests.helpers.advice.cases import case, net, simulate
from tests.helpers.small_examples import examples


@case("call it, FA(...)")
def _(here):
    yield lambda: net(feedback=sf.FA)
    net(feedback=sf.FA(0.3))


@case("this FA circuit is part of a network already: make another")
def _(here):
    circuit = sf.FA(0.3)
    net(circuit)
    yield lambda: net(circuit)
    net(sf.FA(0.3))


@case("network.replica(0).alignment()")
def _(here):
    network = net(replicas=2)
    network.initialise(0)
    yield network.alignment
    assert 0 < network.replica(0).alignment()["output"] < 180


@case("the network has no replicas: use it itself")
def _(here):
    network = net()
    network.initialise(0)
    yield lambda: network.replica(0)
    assert 0 < network.alignment()["output"] < 180


@case("give Network(..., replicas=3), or 2 seeds")
def _(here):
    yield lambda: simulate(network=net(replicas=2), seed=[1, 2, 3])
    simulate(network=net(replicas=3), seed=[1, 2, 3])
    simulate(network=net(replicas=2), seed=[1, 2])


@case("freeze none, or all")
def _(here):
    sim = simulate(network=net(sf.KP(0.3)))

    def freeze(*projections):
        sim.freeze(*projections)
        sim.learn(1)

    yield partial(freeze, 0)
    freeze()
    before = sim.network.synapses["output"].weight.clone()
    freeze(0, 1)
    assert torch.equal(before, sim.network.synapses["output"].weight)


@case("leave lr out, and give it there")
def _(here):
    yield lambda: net(optimiser=partial(torch.optim.SGD, lr=0.1))
    simulate(network=net(optimiser=torch.optim.SGD, rule=sf.ThreeFactor(0.1))).train(1)


@case("lower the learning rate or the feedback scale")
def _(here):
    def linear(rate, scale):
        network = sf.models.rate_network((4, 5, 3), sf.FA(scale, tau=1.0), rate, "linear")
        return simulate(sf.ExampleStimulus(examples(400)), network)

    yield lambda: linear(1e6, 0.5).train(3)
    linear(1e-3, 0.5).train(3)


@case("so look less often")
def _(here):
    yield lambda: simulate().follow(range(2_000_000), {})
    assert len(simulate().follow(range(0, 5, 2), {"one": lambda: 1})["one"]) == 3


@case("leave count_costs out")
def _(here):
    image = sf.Convolution((1, 2, 2), 5, 1)

    def shared():
        populations = {"hidden1": sf.Rate(20), "output": sf.Rate(3)}
        synapses = {"hidden1": partial(sf.Conv, convolution=image)}
        return sf.Network(4, populations, sf.FA(0.3), sf.ThreeFactor(0.1), synapses)

    def counting(**more):
        stimulus = sf.ExampleStimulus(examples(40))
        return sf.Simulation(shared(), stimulus, batch_size=4, progress="none", **more)

    yield lambda: counting(count_costs=True)
    counting().train(1)


@case("is normalised twice: leave one Normalisation out")
def _(here):
    norm = partial(sf.BatchNorm, channels=2)
    twice = [sf.Normalisation("hidden", norm), sf.Normalisation("hidden", norm, name="again")]
    sizes = {"hidden": sf.Rate(4), "output": sf.Rate(2)}

    def made(connections):
        circuit, rule = sf.FA(tau=1.0, gated=True), sf.ThreeFactor()
        return sf.Network(3, sizes, circuit, rule, connections=connections)

    yield lambda: made(twice)
    assert "hidden_norm" in made(twice[:1]).projections


def past(circuit=None, **how):
    """Return a network of two hidden populations with a connection past the second."""
    sizes = {"hidden": sf.Rate(4), "hidden2": sf.Rate(4), "output": sf.Rate(2)}
    circuit, rule = circuit or sf.FA(tau=1.0, gated=True), sf.ThreeFactor()
    return sf.Network(3, sizes, circuit, rule, connections=[sf.Connection(**how)])


SKIP = partial(sf.Skip, layout=sf.Skipping((4, 1, 1), 4))


@case("let it lead from a population to a later one, with delay=0, or give Dense synapses")
def _(here):
    yield lambda: past(source="hidden", target="hidden2", synapses=SKIP)
    past(source="hidden", target="hidden2", synapses=SKIP, delay=0)
    past(source="hidden", target="hidden2")


@case("have no weights that a norm or constraints could hold: leave them out")
def _(here):
    yield lambda: SKIP(4, 4, norm=1.0)
    SKIP(4, 4)


@case("leave average_epochs out, or that constraint")
def _(here):
    def few_bits():
        return net(synapses=partial(sf.Dense, constraints=(sf.Bits(4),)))

    yield lambda: simulate(network=few_bits(), average_epochs=1.0)
    simulate(network=few_bits()).train(1)
    simulate(average_epochs=1.0).train(1)


@case("give dropout to the others")
def _(here):
    silent, all_there = sf.StochasticBinary(4, dropout=sf.Dropout(0.5)), sf.StochasticBinary(4)
    yield lambda: sf.Network(12, {"a": all_there, "b": silent}, sf.FA(), sf.ThreeFactor())
    sf.Network(12, {"a": silent, "b": all_there}, sf.FA(), sf.ThreeFactor())


@case("give Dropout(share), or None")
def _(here):
    yield lambda: sf.StochasticBinary(4, dropout=0.5)
    assert sf.StochasticBinary(4, dropout=sf.Dropout(0.5)).silences

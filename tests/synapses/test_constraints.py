"""What holds for weights under constraints: after every change, whatever made it."""

from functools import partial

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.errors import SpikefaError
from spikefa.utils.seeding import generator

SETS = {
    "Dale": (sf.Dale(0.7),),
    "bounded": (sf.Bounded(-0.02, 0.03),),
    "stochastic": (sf.Bits(3, limit=0.05),),
    "nearest": (sf.Bits(6, limit=0.05, rounding="nearest"),),
    "Dale, bounded": (sf.Dale(0.7), sf.Bounded(-0.02, 0.03)),
    "Dale, bits": (sf.Bits(3, limit=0.05), sf.Dale(0.7)),
    "all": (sf.Bits(4, limit=0.05), sf.Failure(0.3), sf.Dale(0.7), sf.Mismatch(0.2)),
}
KINDS = {"dense": sf.Dense, "masked": partial(sf.Masked, sparsity=0.5)}


class Everywhere(sf.PlasticityRule):
    """Changes every pair of neurons, holes too, weight by weight."""

    def update(self, pre, post, modulator, state):
        weight = 0.01 * torch.ones_like(pre[:1]).mT * modulator.sum(-2, keepdim=True)
        return sf.Direct(weight, weight.sum(-2))


def network(kind, rule=None, optimiser=None, **options):
    net = sf.Network(
        20,
        {"hidden1": sf.StochasticBinary(12), "output": sf.StochasticBinary(4)},
        feedback=sf.FA(),
        rule=rule or sf.ThreeFactor(0.01),
        synapses=kind,
        optimiser=optimiser,
        **options,
    )
    net.initialise(3)
    return net


def run(net, look, steps=12):
    """Step through random input; `look` is called after each step."""
    source, state = torch.Generator().manual_seed(0), net.state(5)
    for _ in range(steps):
        for own in state.populations:
            own.uniforms.uniform_(generator=source)
        for projection in net.synapses.values():
            for keys in projection.uniforms().values():
                keys.uniform_(generator=source)
        inputs = (torch.rand(5, 20, generator=source) < 0.5).float()
        net.step(state, inputs, (torch.rand(5, 4, generator=source) < 0.5).float())
        look()


def must_hold(synapses):
    """Check each constraint of a projection against its definition."""
    weight = synapses.weight
    for each in synapses.held:
        if isinstance(each, sf.Dale):
            excitatory = round(each.fraction * len(weight))
            assert (weight[:excitatory] >= 0).all()
            assert (weight[excitatory:] <= 0).all()
        elif isinstance(each, sf.Bounded):
            assert each.low <= float(weight.min()) <= float(weight.max()) <= np.float32(each.high)
        elif isinstance(each, sf.Bits):
            there = synapses.mask.bool() if isinstance(synapses, sf.Masked) else weight == weight
            signed = all(not isinstance(other, sf.Dale) for other in synapses.held)
            top = 2 ** (each.bits - 1) - 1 if signed else 2**each.bits - 1
            assert int(each.levels[there].abs().max()) <= top
            expected = each.levels.numpy() * (each.limit / top)
            np.testing.assert_allclose(weight[there], expected[there], rtol=1e-6)
    if isinstance(synapses, sf.Masked):
        assert (weight[synapses.mask == 0] == 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "optimiser", [None, partial(torch.optim.SGD, momentum=0.9), torch.optim.AdamW]
)
@pytest.mark.parametrize("rule", [sf.ThreeFactor(0.02, weight_decay=0.01), Everywhere(0.02)])
@pytest.mark.parametrize("name", SETS)
def test_it_holds_after_every_step(name, rule, optimiser, kind):
    net = network(partial(KINDS[kind], constraints=SETS[name]), rule, optimiser)
    before = {each: each.weight.clone() for each in net.synapses.values()}
    for each in before:
        must_hold(each)
    run(net, lambda: [must_hold(each) for each in net.synapses.values()])
    assert all(not each.weight.equal(first) for each, first in before.items())


def test_constraints_are_given_to_several_projections_and_stay_as_they_are():
    dale = sf.Dale(0.7)
    net = network(partial(sf.Dense, constraints=(dale,)))
    first, second = net.synapses.values()
    assert first.held[0] is not second.held[0] is not dale
    assert first.held[0].signs.shape == (20, 1)
    assert not hasattr(dale, "signs")


def test_a_constraint_leaves_a_weight_that_does_not_change_alone():
    """Also one that rounds at random; a learning rate of 0 freezes."""
    net = network(partial(sf.Dense, constraints=SETS["Dale, bits"]))
    state, before = net.state(5), net.synapses["hidden1"].weight.clone()
    net.set_learning_rates(state, [0.0, 1.0])
    for _ in range(20):
        net.synapses["hidden1"].constrain()
    net.step(state, torch.ones(5, 20), torch.ones(5, 4))
    assert net.synapses["hidden1"].weight.equal(before)


def test_a_norm_is_kept_with_dales_law():
    net = network(partial(sf.Dense, constraints=(sf.Dale(0.7),), norm=0.5))

    def look():
        for each in net.synapses.values():
            must_hold(each)
            torch.testing.assert_close(each.weight.norm(dim=0), torch.full((each.n_post,), 0.5))

    run(net, look)


def test_excitation_and_inhibition_cancel_and_the_mean_square_stays():
    """Against the moments of U[-scale, scale]; with all neurons of one kind nothing is scaled."""
    for fraction in (0.5, 0.8):
        synapses = sf.Dense(500, 400, scale=0.3, constraints=(sf.Dale(fraction),))
        synapses.initialise(generator(0, "x"))
        weight = synapses.weight.double()
        assert abs(float(weight.mean())) < 4 * 0.3 / np.sqrt(3 * weight.numel())
        assert float(weight.square().mean()) == pytest.approx(0.3**2 / 3, rel=0.02)
    only = sf.Dale(excitatory=torch.ones(500))
    synapses, dense = sf.Dense(500, 9, constraints=(only,)), sf.Dense(500, 9)
    for each in (synapses, dense):
        each.initialise(generator(0, "x"))
    assert synapses.weight.equal(dense.weight.abs())


def test_a_mask_says_which_neurons_are_excitatory():
    mask = torch.arange(20) % 3 == 0
    synapses = sf.Dense(20, 6, constraints=(sf.Dale(excitatory=mask),))
    synapses.initialise(generator(1, "x"))
    assert ((synapses.weight > 0) == mask.unsqueeze(-1)).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: sf.Bits(0), "bits of Bits is 0: give a whole number from 1 to 16"),
        (lambda: sf.Bits(17), "bits of Bits is 17: give a whole number from 1 to 16"),
        (lambda: sf.Bits(4, limit=0.0), "limit of Bits is 0.0: give a number above 0"),
        (
            lambda: sf.Bits(4, rounding="up"),
            "must be one of stochastic, nearest, 'up' given",
        ),
        (lambda: sf.Dale(0.0), "fraction of Dale is 0.0: give a number above 0, below 1"),
        (lambda: sf.Dale(1.0), "fraction of Dale is 1.0: give a number above 0, below 1"),
        (lambda: sf.Bounded(1.0, -1.0), "bounded by 1 and -1: give the lower bound first"),
        (lambda: sf.Failure(1.0), "probability of Failure is 1.0: give a number above 0, below 1"),
        (lambda: sf.Mismatch(0.0), "spread of Mismatch is 0.0: give a number above 0"),
        (
            lambda: sf.Dense(2, 2, constraints=(sf.Dale(0.9),)),
            "0.9 of 2 presynaptic neurons makes 2 excitatory: give one that leaves some of both",
        ),
        (
            lambda: sf.Dense(4, 2, constraints=(sf.Dale(excitatory=torch.ones(3)),)),
            r"shape \[3\] for 4 presynaptic neurons: give \[4\] values",
        ),
        (
            lambda: sf.Dense(4, 2, constraints=(sf.Bits(2), sf.Bounded(-1, 1))),
            "Bits and Bounded would undo each other: give one of them alone",
        ),
        (
            lambda: sf.Dense(4, 2, norm=1.0, constraints=(sf.Bits(2),)),
            "Bits and a norm would undo each other",
        ),
        (lambda: sf.Dense(4, 2, constraints=(sf.Dale(), sf.Dale())), "two constraints Dale"),
        (lambda: sf.Dense(4, 2, constraints=(sf.Dale,)), r"give objects, such as \(sf.Dale\(\)"),
        (lambda: sf.Dense(4, 2, constraints=sf.Dale()), r"give a sequence, such as \(sf.Dale\(\)"),
    ],
)
def test_constraints_that_cannot_be(make, message):
    with pytest.raises(SpikefaError, match=message):
        make()


def simulation(tiny, constraints, **options):
    net = sf.Network(
        12,
        {"hidden1": sf.StochasticBinary(6), "output": sf.StochasticBinary(4)},
        sf.FA(),
        sf.ThreeFactor(0.1),
        synapses=partial(sf.Masked, sparsity=0.4, constraints=constraints),
    )
    return sf.Simulation(net, tiny, batch_size=4, seed=9, **options)


def test_a_resumed_run_is_the_uninterrupted_one_and_tests_change_nothing(tiny, tmp_path):
    whole, first, second = (simulation(tiny, SETS["all"]) for _ in range(3))
    whole.train(epochs=2)
    first.train(epochs=1)
    errors = {first.test().error_percent for _ in range(2)}
    first.save(tmp_path / "checkpoint")
    second.restore(tmp_path / "checkpoint")
    errors.add(second.test().error_percent)
    second.train(epochs=1)
    assert len(errors) == 1
    for name, tensor in whole.tensors().items():
        assert tensor.equal(second.tensors()[name]), name


def test_other_constraints_are_another_run(tiny, tmp_path):
    first = simulation(tiny, (sf.Bits(4, limit=0.5),))
    first.train(epochs=1)
    first.save(tmp_path / "checkpoint")
    for others in ((sf.Bits(4, limit=0.6),), (sf.Bits(3, limit=0.5),), None):
        with pytest.raises(SpikefaError, match="its constraints of the synapses onto 'hidden1'"):
            simulation(tiny, others).restore(tmp_path / "checkpoint")


def test_weights_in_a_file_keep_levels_and_factors(tmp_path):
    one = network(partial(sf.Dense, constraints=SETS["all"]))
    sf.save_weights(one, tmp_path / "weights.safetensors")
    other = network(partial(sf.Dense, constraints=SETS["all"]))
    other.initialise(8)
    assert not other.tensors()["synapses.hidden1.levels"].equal(
        one.tensors()["synapses.hidden1.levels"]
    )
    sf.load_weights(other, tmp_path / "weights.safetensors")
    for name, tensor in one.tensors().items():
        assert tensor.equal(other.tensors()[name]), name

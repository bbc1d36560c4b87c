"""A rule for each projection."""

import pytest
import torch

import spikefa as sf
from spikefa.errors import SpikefaError

SIZES = {"hidden": 5, "output": 4}
RULES = {
    "hidden": sf.Oja(0.1, weight_decay=0.2),
    "output": sf.ThreeFactor(0.3, weight_decay=0.0),
    "hidden_to_hidden": sf.STDP(0.2, weight_decay=0.1, decay_times_rate=True),
}


def network(rules, **options):
    return sf.Network(
        3,
        {name: sf.StochasticBinary(size) for name, size in SIZES.items()},
        sf.FA(0.5),
        rules,
        dtype=torch.float64,
        connections=[sf.Connection("hidden", "hidden")],
        **options,
    )


def advanced(net, steps=6):
    net.initialise(3)
    state, source = net.state(2), torch.Generator().manual_seed(1)
    for _ in range(steps):
        for population in state.populations:
            population.uniforms.uniform_(generator=source)
        inputs = torch.rand(2, 3, generator=source, dtype=torch.float64).round()
        net.step(state, inputs, torch.rand(2, 4, generator=source, dtype=torch.float64))
    return state


def test_each_projection_learns_by_its_rule():
    """With all others frozen, a projection changes as if its rule were that of all."""
    for number, (name, rule) in enumerate(RULES.items()):
        mixed, alone = network(RULES), network(rule)
        for net in (mixed, alone):
            net.initialise(3)
            state, source = net.state(2), torch.Generator().manual_seed(1)
            net.set_learning_rates(state, [float(n == number) for n in range(3)])
            for _ in range(6):
                for population in state.populations:
                    population.uniforms.uniform_(generator=source)
                inputs = torch.rand(2, 3, generator=source, dtype=torch.float64).round()
                net.step(state, inputs, torch.rand(2, 4, generator=source, dtype=torch.float64))
        begun = network(rule)
        begun.initialise(3)
        for key, synapses in mixed.projections.items():
            assert synapses.weight.equal(alone.projections[key].weight), key
            assert synapses.weight.equal(begun.projections[key].weight) == (key != name)


def test_rates_and_decay_are_those_of_each_rule():
    rates = advanced(network(RULES), steps=0).learning_rates
    assert rates.rates == [0.1, 0.3, 0.2]
    assert rates.lost.tolist() == pytest.approx([0.2, 0.0, 0.1 * 0.2])


def test_traces_are_those_of_each_rule():
    net = network(RULES)
    variables = net.variables(advanced(net))
    assert {"pre_trace_hidden_to_hidden", "post_trace_hidden_to_hidden"} <= variables[
        "hidden"
    ].keys()
    assert "factor" in variables["output"]
    assert "pre_trace" not in variables["hidden"] | variables["input"]
    assert repr(net).endswith("Oja, ThreeFactor, STDP, hidden_to_hidden)")


def test_an_optimiser_takes_the_rate_of_each_rule():
    plain, sgd = network(RULES), network(RULES, optimiser=torch.optim.SGD)
    advanced(plain)
    advanced(sgd)
    for name, tensor in plain.tensors().items():
        torch.testing.assert_close(sgd.tensors()[name], tensor, msg=name)


def test_replicas_share_the_rules():
    net = network(RULES, replicas=2)
    assert net.replica(1).rules is net.rules
    net.initialise(0)
    assert len(net.state(2).plasticity) == 3


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({**RULES, "hiden": sf.Oja()}, r"a rule for 'hiden' \(did you mean 'hidden'\?\), but the"),
        ({"hidden": sf.Oja()}, r"there is no rule for output, hidden_to_hidden: give one for each"),
        (
            {**RULES, "output": sf.Oja},
            r"the rule for 'output' is the class Oja: call it, Oja\(...\)",
        ),
        ({**RULES, "output": sf.Oja([0.1])}, r"the rule for 'output' has several learning rates"),
    ],
)
def test_a_wrong_mapping_is_refused(rules, said):
    with pytest.raises(SpikefaError, match=said):
        network(rules)


def test_another_rule_of_one_projection_is_another_training(tiny, tmp_path):
    def simulation(rule):
        populations = {"hidden": sf.StochasticBinary(5), "output": sf.StochasticBinary(4)}
        rules = {"hidden": rule, "output": sf.ThreeFactor(0.1)}
        return sf.Simulation(
            sf.Network(12, populations, sf.FA(), rules), tiny, batch_size=2, progress=False
        )

    simulation(sf.STDP(0.1)).save(tmp_path / "c.pt")
    simulation(sf.STDP(0.1)).restore(tmp_path / "c.pt")
    with pytest.raises(SpikefaError, match=r"of the rule of 'hidden' is 0\.5, here it is 0\.25"):
        simulation(sf.STDP(0.1, pre_memory=0.25)).restore(tmp_path / "c.pt")

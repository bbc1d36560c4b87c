"""Rules that break one promise each: the kit catches all of them, and says which promise."""

from itertools import cycle

import pytest
import torch

import spikefa as sf
from spikefa.testing import NotConformant, check_rule


def factor(post, modulator, state):
    return -state.learning_rate * modulator * post.gain


class Nothing(sf.PlasticityRule):
    def update(self, pre, post, modulator, state):
        state.learning_rate * modulator


class SwappedShapes(sf.PlasticityRule):
    def update(self, pre, post, modulator, state):
        return sf.Outer(factor(post, modulator, state), pre)


class TransposedDirect(sf.PlasticityRule):
    def update(self, pre, post, modulator, state):
        change = factor(post, modulator, state)
        return sf.Direct(change.mT @ pre, change.sum(0))


class CountsFromTheFirst(sf.PlasticityRule):
    def update(self, pre, post, modulator, state):
        change = factor(post, modulator, state)
        return sf.Direct(pre.mT @ change, change.sum(0))


class AlwaysFloat32(sf.PlasticityRule):
    def update(self, pre, post, modulator, state):
        return sf.Outer(pre.float(), factor(post, modulator, state).float())


class DividesBySilence(sf.PlasticityRule):
    def update(self, pre, post, modulator, state):
        return sf.Outer(pre, factor(post, modulator, state) / post.spikes)


class Noisy(sf.PlasticityRule):
    def update(self, pre, post, modulator, state):
        return sf.Outer(pre, factor(post, modulator, state) * torch.rand_like(modulator))


class HoldsATensor(sf.PlasticityRule):
    def __init__(self):
        super().__init__()
        self.mask = torch.ones(1, dtype=torch.float64)

    def update(self, pre, post, modulator, state):
        return sf.Outer(pre, factor(post, modulator, state))


class Counts(sf.PlasticityRule):
    def __init__(self):
        super().__init__()
        self.count = 0

    def update(self, pre, post, modulator, state):
        self.count += 1
        return sf.Outer(pre, factor(post, modulator, state) / self.count)


class RebindsItsTrace(sf.PlasticityRule):
    traces = {"mean": "pre"}  # noqa: RUF012

    def update(self, pre, post, modulator, state):
        state.traces["mean"] = 0.9 * state.traces["mean"] + 0.1 * pre
        return sf.Outer(state.traces["mean"], factor(post, modulator, state))


class UndeclaredTrace(sf.PlasticityRule):
    def update(self, pre, post, modulator, state):
        state.traces.setdefault("mean", torch.zeros_like(pre)).lerp_(pre, 0.1)
        return sf.Outer(state.traces["mean"], factor(post, modulator, state))


class OverwritesTheModulator(sf.PlasticityRule):
    def update(self, pre, post, modulator, state):
        return sf.Outer(pre, modulator.mul_(post.gain).mul_(-state.learning_rate))


class OverwritesPre(sf.PlasticityRule):
    def update(self, pre, post, modulator, state):
        return sf.Outer(pre.sub_(0.5), factor(post, modulator, state))


class Mean(sf.PlasticityRule):
    def update(self, pre, post, modulator, state):
        return sf.Outer(pre, factor(post, modulator, state) / pre.shape[0])


class MixesStreams(sf.PlasticityRule):
    def update(self, pre, post, modulator, state):
        return sf.Outer(pre, factor(post, modulator, state) * modulator.abs().mean(0))


class LooksAtData(sf.PlasticityRule):
    def update(self, pre, post, modulator, state):
        if modulator.abs().sum() == 0:
            return sf.Outer(pre, torch.zeros_like(modulator))
        return sf.Outer(pre, factor(post, modulator, state))


class Flips(sf.PlasticityRule):
    """Decides in Python, at every other step."""

    def __init__(self):
        super().__init__()
        self.signs = cycle([1, -1])

    def update(self, pre, post, modulator, state):
        return sf.Outer(pre, factor(post, modulator, state) * next(self.signs))


class Stops(sf.PlasticityRule):
    """Decides in Python, but the same for some steps."""

    def __init__(self):
        super().__init__()
        self.steps = iter(range(1000))

    def update(self, pre, post, modulator, state):
        return sf.Outer(pre, factor(post, modulator, state) * float(next(self.steps) < 4))


class Competes(sf.PlasticityRule):
    """Softmax over the population: each synapse knows all neurons."""

    def update(self, pre, post, modulator, state):
        return sf.Outer(pre, factor(post, modulator, state) * torch.softmax(post.potential, -1))


class ComparesModulators(sf.PlasticityRule):
    def update(self, pre, post, modulator, state):
        return sf.Outer(pre, factor(post, modulator - modulator.mean(-1, keepdim=True), state))


class NormalisesInput(sf.PlasticityRule):
    def update(self, pre, post, modulator, state):
        return sf.Outer(pre / (1 + pre.sum(-1, keepdim=True)), factor(post, modulator, state))


class BiasKnowsInput(sf.PlasticityRule):
    def update(self, pre, post, modulator, state):
        change = factor(post, modulator, state)
        return sf.Direct(pre.mT @ change, (change * pre.mean(-1, keepdim=True)).sum(0))


class NamesAnotherFactor(sf.PlasticityRule):
    traces = {"factor": "post"}  # noqa: RUF012
    outer_factor = "factor"

    def update(self, pre, post, modulator, state):
        return sf.Outer(pre, factor(post, modulator, state))


@pytest.mark.parametrize(
    ("rule", "check", "message"),
    [
        (Nothing, "shapes_dtypes_devices", r"returned nothing \(None\): return spikefa.Outer"),
        (SwappedShapes, "shapes_dtypes_devices", r"shape \[4, 5\], expected \[4, 6\]"),
        (TransposedDirect, "shapes_dtypes_devices", r"shape \[5, 6\], expected \[6, 5\]"),
        (AlwaysFloat32, "shapes_dtypes_devices", "torch.float32, expected torch.float64"),
        (DividesBySilence, "finite", "NaN or infinite for ordinary activity"),
        (Noisy, "deterministic", "differs from run to run"),
        (HoldsATensor, "one_rule_for_all", "holds the tensor .*mask.*declare it in `traces`"),
        (Counts, "one_rule_for_all", "changes its own attribute .*count"),
        (Counts, "checkpoint_round_trip", "remembers something that is not in its `traces`"),
        (RebindsItsTrace, "state_in_place", "another tensor in the place of trace 'mean'"),
        (UndeclaredTrace, "state_in_place", "adds the trace .*mean"),
        (OverwritesTheModulator, "state_in_place", "writes to the modulator"),
        (OverwritesPre, "leaves_pre_alone", "writes to the presynaptic activity"),
        (NamesAnotherFactor, "names_its_factor", "is not the `post` of the Outer"),
        (Mean, "batch_is_a_sum", "but the mean: updates are summed"),
        (MixesStreams, "batch_is_a_sum", "not the sum of their own updates"),
        (LooksAtData, "no_look_at_data", "asks for the value of a tensor"),
        (LooksAtData, "can_be_captured", "line .*, asks for the values of a tensor"),
        (Counts, "can_be_captured", "changes the Python number 'count' at every step"),
        (Noisy, "can_be_captured", "draws random numbers for itself"),
        (Flips, "can_be_captured", r"does not do the same .*aten.mul.Tensor with 1, then with -1"),
        (Stops, "can_be_captured", "in step 4 the update is another one if the operations"),
        (Competes, "local", "depends on the potential of other postsynaptic neurons"),
        (ComparesModulators, "local", "depends on the modulator of other postsynaptic neurons"),
        (NormalisesInput, "local", "depends on the activity of other presynaptic neurons"),
        (CountsFromTheFirst, "works_in_replicas", "count dimensions from the last"),
        (BiasKnowsInput, "local", "the change of the bias .* other presynaptic neurons"),
    ],
)
def test_a_broken_rule_is_caught(rule, check, message):
    with pytest.raises(NotConformant, match=f"{rule.__name__}, {check}: .*{message}"):
        check_rule(rule(), [check])
    with pytest.raises(NotConformant):
        check_rule(rule())


def test_a_rule_that_peeks_at_weights_is_caught():
    """As if the engine had let it: the trial's own weights reach the rule."""
    from spikefa.testing.rule_trial import RuleTrial

    class Peeks(sf.PlasticityRule):
        def update(self, pre, post, modulator, state):
            weight = PEEKED[-1].synapses.weight
            return sf.Outer(pre, factor(post, modulator, state) * weight.sum())

    PEEKED = []
    make = RuleTrial.__init__

    def remember(self, *arguments, **options):
        PEEKED.append(self)
        make(self, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RuleTrial, "__init__", remember)
        with pytest.raises(NotConformant, match="depends on the weights of other synapses"):
            check_rule(Peeks(), ["local"])

"""The promises of a plasticity rule, one function each."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from spikefa.backends import Scope
from spikefa.backends.capturable import check_capturable
from spikefa.network.checks import check_change
from spikefa.plasticity import PlasticityRule, Post
from spikefa.testing.compare import devices, expect, first_difference, reported, run_checks, same
from spikefa.testing.in_replicas import rule_in_replicas
from spikefa.testing.rule_factor import names_its_factor
from spikefa.testing.rule_trial import (
    N_POST,
    N_PRE,
    STEPS,
    STREAMS,
    Activity,
    RuleTrial,
    activity,
)
from spikefa.utils.tensors import copy_into, named_tensors

Changes = list[tuple[Tensor, Tensor]]


def check_rule(rule: PlasticityRule, checks: Sequence[str] | None = None) -> None:
    """Check that a plasticity rule keeps the promises that the engine relies on.

    Parameters
    ----------
    rule : PlasticityRule
        It is copied, and left as it is.
    checks : sequence of str, optional
        Names from `RULE_CHECKS`; default: all.

    Raises
    ------
    NotConformant
        An AssertionError: which promise is broken, and how.
    """
    run_checks(rule, RULE_CHECKS, checks)


def _update(rule: PlasticityRule, dtype: torch.dtype, device: torch.device) -> object:
    shown = activity(dtype=dtype)
    trial = RuleTrial(rule, device=device, dtype=dtype)
    see = [shown.potential[0], shown.spikes[0], shown.gain[0], shown.modulator[0]]
    potential, spikes, gain, modulator = (tensor.to(device) for tensor in see)
    return trial.rule.update(
        shown.pre[0].to(device),
        Post(potential, spikes, gain),
        modulator,
        trial.state.plasticity[0],
    )


def shapes_dtypes_devices(rule: PlasticityRule) -> None:
    """It returns an `Outer` or a `Direct` of the right shapes, dtype and device."""
    for device in devices():
        for dtype in (torch.float32, torch.float64):
            check_change(_update(rule, dtype, device), STREAMS, N_PRE, N_POST, dtype, device)


def finite(rule: PlasticityRule) -> None:
    """It never returns NaN or infinity, not even where all is silent."""
    silent = Activity(*(torch.zeros_like(tensor) for tensor in vars(activity()).values()))
    for label, shown in (("ordinary activity", activity()), ("complete silence", silent)):
        for weight, bias in RuleTrial(rule).learn(shown):
            good = bool(torch.isfinite(weight).all() and torch.isfinite(bias).all())
            expect(good, f"the update is NaN or infinite for {label}")


def deterministic(rule: PlasticityRule) -> None:
    """The same activity leads to the same update; global random numbers are left alone."""
    before = torch.random.get_rng_state()
    first = RuleTrial(rule).learn(activity())
    torch.manual_seed(1)
    second = RuleTrial(rule).learn(activity())
    moved = not torch.equal(torch.random.get_rng_state(), torch.manual_seed(1).get_state())
    torch.random.set_rng_state(before)
    step = _first_unequal(first, second, 0)
    expect(step is None, f"the update of step {step} differs from run to run")
    expect(not moved, "it draws from torch's global random generator: results depend on others")


def one_rule_for_all(rule: PlasticityRule) -> None:
    """It remembers nothing in itself: one object serves all projections and streams."""
    trial = RuleTrial(rule)
    before = copy.deepcopy(vars(trial.rule))
    trial.learn(activity())
    held = sorted(named_tensors(vars(trial.rule)))
    expect(not held, f"it holds the tensor {held[:1]}: declare it in `traces`, or pass a number")
    changed = [
        name for name, value in vars(trial.rule).items() if name not in before
        or value != before[name]
    ]  # fmt: skip
    expect(
        not changed,
        f"it changes its own attribute {changed[:1]}: what is remembered must be in `traces`, "
        "where it is kept for each projection, saved and restored",
    )


def state_in_place(rule: PlasticityRule) -> None:
    """Traces stay the same tensors; activity that was shown is not written to."""
    trial = RuleTrial(rule)
    plasticity, shown = trial.state.plasticity[0], activity()
    before = dict(plasticity.traces)
    addresses = {name: trace.data_ptr() for name, trace in before.items()}
    population = trial.state.populations[0]
    step = iter(range(STEPS))

    def look() -> None:
        now = next(step)
        for name, written in (
            ("potential", population.potential),
            ("spikes", population.spikes),
            ("gain", population.gain),
            ("modulator", trial.state.feedback.modulators[0]),
        ):
            right = torch.equal(written, getattr(shown, name)[now])
            expect(right, f"it writes to the {name} of the network: write to its traces only")

    trial.learn(shown, look=look)
    for name, trace in before.items():
        expect(
            plasticity.traces.get(name) is trace and trace.data_ptr() == addresses[name],
            f"it puts another tensor in the place of trace {name!r}: update it in place, such as "
            f"state.traces[{name!r}].lerp_(pre, 0.1)",
        )
    new = sorted(set(plasticity.traces) - set(before))
    expect(not new, f"it adds the trace {new[:1]} while running: declare it in `traces`")


def leaves_pre_alone(rule: PlasticityRule) -> None:
    """The presynaptic activity is not written to."""
    shown, trial = activity(), RuleTrial(rule)
    pre = shown.pre[0].clone()
    see = Post(shown.potential[0], shown.spikes[0], shown.gain[0])
    trial.rule.update(pre, see, shown.modulator[0], trial.state.plasticity[0])
    expect(torch.equal(pre, shown.pre[0]), "it writes to the presynaptic activity")


def batch_is_a_sum(rule: PlasticityRule) -> None:
    """The update of several streams is the sum of their own.

    A rule with a trace for each synapse, which all streams share, is exempt.
    """
    if "synapse" in rule.traces.values():
        return
    shown = activity()
    together = RuleTrial(rule).learn(shown)
    alone = [
        RuleTrial(rule, 1).learn(shown.streams(slice(stream, stream + 1)))
        for stream in range(STREAMS)
    ]
    for step, (weight, bias) in enumerate(together):
        for name, whole, parts in (
            ("weights", weight, sum(stream[step][0] for stream in alone)),
            ("biases", bias, sum(stream[step][1] for stream in alone)),
        ):
            assert isinstance(parts, Tensor)
            mean = same(whole * STREAMS, parts) and bool(whole.any())
            expect(
                same(parts, whole),
                f"in step {step} the update of the {name} for {STREAMS} streams is not the sum of "
                "their own updates" + (", but the mean: updates are summed" if mean else ""),
            )


def checkpoint_round_trip(rule: PlasticityRule) -> None:
    """Everything that it needs to go on is in its declared state."""
    shown, half = activity(), STEPS // 2
    whole, second = RuleTrial(rule), RuleTrial(rule)
    whole.learn(shown, range(half))
    saved = {name: tensor.clone() for name, tensor in named_tensors(whole.state.plasticity).items()}
    rest = whole.learn(shown, range(half, STEPS))
    copy_into(named_tensors(second.state.plasticity), saved)
    step = _first_unequal(rest, second.learn(shown, range(half, STEPS)), 0)
    expect(
        step is None,
        "after a checkpoint is restored it goes on differently: it remembers something that is "
        "not in its `traces`",
    )


def no_look_at_data(rule: PlasticityRule) -> None:
    """It makes no decision that depends on data: no `if` on a tensor, no `.item()`."""
    with reported(
        "it asks for the value of a tensor (if, while, .item(), float(), a mask as index), which "
        "makes the host wait for the device and cannot be captured; use torch.where"
    ):
        _update(rule, torch.float32, torch.device("meta"))


def can_be_captured(rule: PlasticityRule) -> None:
    """What it does is the same at every step, so that a CUDA graph of one step repeats it."""
    trial = RuleTrial(rule)

    def work() -> None:
        trial.network.learn(trial.state, torch.zeros(STREAMS, N_PRE, dtype=torch.float64))

    with reported("a step cannot be captured"):
        check_capturable(work, Scope(objects=[trial.rule, trial.state]), trial.network.device)
    captured = RuleTrial(rule).learn(activity(), captured=True)
    step = _first_unequal(RuleTrial(rule).learn(activity()), captured, 0)
    expect(
        step is None,
        f"in step {step} the update is another one if the operations of the first step are "
        "repeated: it decides, or makes numbers, in Python, where a tensor is needed",
    )


def local(rule: PlasticityRule) -> None:
    """The change of a synapse depends on its own two neurons and nothing else."""
    shown, other = activity(), activity("other")
    i, j = 2, 3
    expected = RuleTrial(rule).learn(shown)
    for what, perturbed in perturbations(shown, other, i, j).items():
        changes = RuleTrial(rule).learn(perturbed)
        for step, ((weight, bias), (weight0, bias0)) in enumerate(
            zip(changes, expected, strict=True)
        ):
            expect(
                same(weight0[i, j], weight[i, j]),
                f"it is not local: in step {step} the change of the synapse from neuron {i} to "
                f"neuron {j} depends on the {what}, which it cannot see",
            )
            expect(
                same(bias0[j], bias[j]),
                f"it is not local: in step {step} the change of the bias of neuron {j} depends on "
                f"the {what}, which it cannot see",
            )


def works_in_replicas(rule: PlasticityRule) -> None:
    """It serves networks side by side: each learns what it would learn alone."""
    rule_in_replicas(rule)


def perturbations(shown: Activity, other: Activity, i: int, j: int) -> dict[str, Activity]:
    """Return the activity with everything replaced that synapse i -> j cannot see, by kind."""

    def keep(name: str, unit: int) -> Activity:
        mixed = getattr(other, name).clone()
        mixed[..., unit] = getattr(shown, name)[..., unit]
        return replace(shown, **{name: mixed})

    weight = other.weight.clone()
    weight[i, j] = shown.weight[i, j]
    return {
        "activity of other presynaptic neurons": keep("pre", i),
        "potential of other postsynaptic neurons": keep("potential", j),
        "spikes of other postsynaptic neurons": keep("spikes", j),
        "gain of other postsynaptic neurons": keep("gain", j),
        "modulator of other postsynaptic neurons": keep("modulator", j),
        "weights of other synapses": replace(shown, weight=weight),
    }


def _first_unequal(one: Changes, other: Changes, start: int) -> int | None:
    for step, ((weight, bias), (weight2, bias2)) in enumerate(zip(one, other, strict=True), start):
        if first_difference({"w": weight, "b": bias}, {"w": weight2, "b": bias2}):
            return step
    return None


RULE_CHECKS: dict[str, Callable[[PlasticityRule], None]] = {
    check.__name__: check
    for check in (
        shapes_dtypes_devices,
        finite,
        deterministic,
        one_rule_for_all,
        state_in_place,
        leaves_pre_alone,
        names_its_factor,
        batch_is_a_sum,
        checkpoint_round_trip,
        no_look_at_data,
        can_be_captured,
        local,
        works_in_replicas,
    )
}
"""What is checked of a rule, by name."""

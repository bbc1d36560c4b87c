"""The promises of a plasticity rule, one function each."""

import copy
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from spikefa.backends import Scope
from spikefa.backends.capturable import check_capturable
from spikefa.network.checks import check_change
from spikefa.plasticity import PlasticityRule, Post
from spikefa.testing.compare import devices, expect, first_difference, reported, run_checks, same
from spikefa.testing.in_replicas import rule_in_replicas
from spikefa.testing.rule_factor import names_its_factor
from spikefa.testing.rule_locality import local, shared_weights_learn_the_sum
from spikefa.testing.rule_trial import N_PRE, STEPS, STREAMS, Activity, RuleSubject
from spikefa.utils.tensors import copy_into, named_tensors

Changes = list[tuple[Tensor, Tensor]]


def check_rule(
    rule: PlasticityRule, checks: Sequence[str] | None = None, *, convolutional: bool = False
) -> None:
    """Check that a plasticity rule keeps the promises that the engine relies on.

    For synapses that share a weight, locality means that the weight learns the sum, over the
    positions where it stands, of what a synapse would learn there from its own two neurons, and
    sees nothing else: no neuron that none of its synapses reaches, and no other weight.

    Parameters
    ----------
    rule : PlasticityRule
        It is copied, and left as it is.
    checks : sequence of str, optional
        Names from `RULE_CHECKS`; default: all.
    convolutional : bool, default False
        Whether the synapses are those of a `Conv`.

    Raises
    ------
    NotConformant
        An AssertionError: which promise is broken, and how.
    SpikefaError
        If the rule cannot serve these synapses.
    """
    subject = RuleSubject(rule, convolutional)
    if convolutional:
        subject.trial()
    run_checks(subject, RULE_CHECKS, checks, label=type(rule).__name__)


def _update(subject: RuleSubject, dtype: torch.dtype, device: torch.device) -> object:
    shown = subject.activity(dtype=dtype)
    trial = subject.trial(device=device, dtype=dtype)
    see = [shown.potential[0], shown.spikes[0], shown.gain[0], shown.modulator[0]]
    potential, spikes, gain, modulator = (tensor.to(device) for tensor in see)
    return trial.rule.update(
        shown.pre[0].to(device),
        Post(potential, spikes, gain),
        modulator,
        trial.state.plasticity[0],
    )


def shapes_dtypes_devices(subject: RuleSubject) -> None:
    """It returns an `Outer` or a `Direct` of the right shapes, dtype and device."""
    for device in devices():
        for dtype in (torch.float32, torch.float64):
            n_post = subject.n_post
            check_change(_update(subject, dtype, device), STREAMS, N_PRE, n_post, dtype, device)


def finite(subject: RuleSubject) -> None:
    """It never returns NaN or infinity, not even where all is silent."""
    silent = Activity(*(torch.zeros_like(tensor) for tensor in vars(subject.activity()).values()))
    for label, shown in (("ordinary activity", subject.activity()), ("complete silence", silent)):
        for weight, bias in subject.trial().learn(shown):
            good = bool(torch.isfinite(weight).all() and torch.isfinite(bias).all())
            expect(good, f"the update is NaN or infinite for {label}")


def deterministic(subject: RuleSubject) -> None:
    """The same activity leads to the same update; global random numbers are left alone."""
    before = torch.random.get_rng_state()
    first = subject.trial().learn(subject.activity())
    torch.manual_seed(1)
    second = subject.trial().learn(subject.activity())
    moved = not torch.equal(torch.random.get_rng_state(), torch.manual_seed(1).get_state())
    torch.random.set_rng_state(before)
    step = _first_unequal(first, second, 0)
    expect(step is None, f"the update of step {step} differs from run to run")
    expect(not moved, "it draws from torch's global random generator: results depend on others")


def one_rule_for_all(subject: RuleSubject) -> None:
    """It remembers nothing in itself: one object serves all projections and streams."""
    trial = subject.trial()
    before = copy.deepcopy(vars(trial.rule))
    trial.learn(subject.activity())
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


def state_in_place(subject: RuleSubject) -> None:
    """Traces stay the same tensors; activity that was shown is not written to."""
    trial = subject.trial()
    plasticity, shown = trial.state.plasticity[0], subject.activity()
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


def leaves_pre_alone(subject: RuleSubject) -> None:
    """The presynaptic activity is not written to."""
    shown, trial = subject.activity(), subject.trial()
    pre = shown.pre[0].clone()
    see = Post(shown.potential[0], shown.spikes[0], shown.gain[0])
    trial.rule.update(pre, see, shown.modulator[0], trial.state.plasticity[0])
    expect(torch.equal(pre, shown.pre[0]), "it writes to the presynaptic activity")


def batch_is_a_sum(subject: RuleSubject) -> None:
    """The update of several streams is the sum of their own.

    A rule with a trace for each synapse, which all streams share, is exempt.
    """
    if "synapse" in subject.rule.traces.values():
        return
    shown = subject.activity()
    together = subject.trial().learn(shown)
    alone = [
        subject.trial(1).learn(shown.streams(slice(stream, stream + 1)))
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


def checkpoint_round_trip(subject: RuleSubject) -> None:
    """Everything that it needs to go on is in its declared state."""
    shown, half = subject.activity(), STEPS // 2
    whole, second = subject.trial(), subject.trial()
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


def no_look_at_data(subject: RuleSubject) -> None:
    """It makes no decision that depends on data: no `if` on a tensor, no `.item()`."""
    with reported(
        "it asks for the value of a tensor (if, while, .item(), float(), a mask as index), which "
        "makes the host wait for the device and cannot be captured; use torch.where"
    ):
        _update(subject, torch.float32, torch.device("meta"))


def can_be_captured(subject: RuleSubject) -> None:
    """What it does is the same at every step, so that a CUDA graph of one step repeats it."""
    trial = subject.trial()

    def work() -> None:
        trial.network.learn(trial.state, torch.zeros(STREAMS, N_PRE, dtype=torch.float64))

    with reported("a step cannot be captured"):
        check_capturable(work, Scope(objects=[trial.rule, trial.state]), trial.network.device)
    captured = subject.trial().learn(subject.activity(), captured=True)
    step = _first_unequal(subject.trial().learn(subject.activity()), captured, 0)
    expect(
        step is None,
        f"in step {step} the update is another one if the operations of the first step are "
        "repeated: it decides, or makes numbers, in Python, where a tensor is needed",
    )


def works_in_replicas(subject: RuleSubject) -> None:
    """It serves networks side by side: each learns what it would learn alone."""
    rule_in_replicas(subject)


def _first_unequal(one: Changes, other: Changes, start: int) -> int | None:
    for step, ((weight, bias), (weight2, bias2)) in enumerate(zip(one, other, strict=True), start):
        if first_difference({"w": weight, "b": bias}, {"w": weight2, "b": bias2}):
            return step
    return None


RULE_CHECKS: dict[str, Callable[[RuleSubject], None]] = {
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
        shared_weights_learn_the_sum,
        works_in_replicas,
    )
}
"""What is checked of a rule, by name."""

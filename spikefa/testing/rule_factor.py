"""The promise of a rule that names the factor of its changes."""

from spikefa.plasticity import Outer, Post
from spikefa.testing.compare import expect
from spikefa.testing.rule_trial import RuleSubject


def names_its_factor(subject: RuleSubject) -> None:
    """Change by ``Outer(pre, post)`` and leave `post` in the trace of `outer_factor`, if named."""
    if subject.rule.outer_factor is None:
        return
    shown, trial = subject.activity(), subject.trial()
    see = Post(shown.potential[0], shown.spikes[0], shown.gain[0])
    own = trial.state.plasticity[0]
    change = trial.rule.update(shown.pre[0], see, shown.modulator[0], own)
    name = subject.rule.outer_factor
    expect(
        isinstance(change, Outer)
        and change.loss is None
        and change.pre.equal(shown.pre[0])
        and name in own.traces
        and change.post.equal(own.traces[name]),
        f"its outer_factor is {name!r}, which is not the `post` of the Outer that it returns, "
        "beside the `pre` that it was given and no loss: name no outer_factor",
    )

"""Triggers: windows that open when something happens, as on an oscilloscope."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from spikefa.errors import SpikefaError, require
from spikefa.recording.plan.predicates import TEXT_BYTES, Function, Own, Predicate
from spikefa.recording.plan.probes import Variables
from spikefa.recording.plan.windows import OPEN_END, Window, check_labels

MOST_STEPS = 1 << 40
"""Of `before`, `after` and `hold_off`: more than any run has."""


@dataclass(frozen=True)
class Trigger:
    """Record around the steps at which something happens, and what came before it, too.

    When it fires after step f, the steps ``f - before`` to ``f + after`` are recorded, both
    included, and as many fewer as the run has begun later or ends earlier. Firings may overlap: no
    step is recorded twice.

    Parameters
    ----------
    predicate : Predicate or callable
        What is watched for: `ClassShown`, `WrongGuess`, `RateLeaves`, or a function of the
        variables, ``variables[population][variable]``, that returns a bool tensor without
        dimensions on the device of the state. It is called after every step and must change
        nothing.
    before, after : int, default 0
        Steps.
    label : str, optional
        The name; its firings are the windows ``"<label> #1"``, ``"<label> #2"`` and so on.
    hold_off : int, default 0
        So many steps after a firing it does not fire again.
    at_most : int, optional
        So often it fires, in the whole run.
    edge : bool, optional
        Whether it fires only at a step at which the predicate becomes true, or at every one at
        which it is. By default it is an edge, but for `ClassShown` and `WrongGuess`, which are
        asked once in a presentation.
    """

    predicate: Predicate | Function
    before: int = 0
    after: int = 0
    label: str = ""
    hold_off: int = 0
    at_most: int | None = None
    edge: bool | None = None

    @property
    def watched(self) -> Predicate:
        """The predicate; a function of the user's is wrapped."""
        return self.predicate if isinstance(self.predicate, Predicate) else Own(self.predicate)

    def window(self, number: int, step: int) -> Window:
        """Return the window of a firing, the first having the number 1."""
        return Window(f"{self.label} #{number}", max(0, step - self.before), step + self.after + 1)


def bind_trigger(trigger: Trigger, stream: int | None, steps_per_image: int | None) -> Trigger:
    """Return `trigger` with everything filled in that was left to the recorder.

    Raises
    ------
    SpikefaError
        If something in it is wrong.
    """
    require(
        callable(trigger.predicate),
        f"a trigger has the predicate {trigger.predicate!r}: give ClassShown, WrongGuess, "
        "RateLeaves or a function of the variables",
    )
    watched = trigger.watched.bind(stream, steps_per_image)
    label = trigger.label or watched.name
    edge = watched.edge if trigger.edge is None else trigger.edge
    bound = replace(trigger, predicate=watched, label=label, edge=edge)
    require(
        len(watched.text.encode(errors="replace")) <= TEXT_BYTES,
        f"the predicate of trigger {label!r} takes more than {TEXT_BYTES} bytes: give it or its "
        "population a shorter name",
    )
    return bound


def check_triggers(triggers: Sequence[Trigger]) -> tuple[Trigger, ...]:
    """Return bound triggers; refuse numbers that cannot be."""
    check_labels([trigger.label for trigger in triggers])
    for trigger in triggers:
        for name in ("before", "after", "hold_off"):
            steps = getattr(trigger, name)
            require(
                isinstance(steps, int) and 0 <= steps <= MOST_STEPS,
                f"trigger {trigger.label!r} has {name}={steps!r}: give 0 or more steps",
            )
        require(
            trigger.at_most is None
            or (isinstance(trigger.at_most, int) and 1 <= trigger.at_most < OPEN_END),
            f"trigger {trigger.label!r} has at_most={trigger.at_most!r}: give 1 or more firings, "
            "or None",
        )
    return tuple(triggers)


def try_trigger(trigger: Trigger, variables: Variables) -> None:
    """Ask the predicate once of the present state, so that mistakes come up at the door.

    Raises
    ------
    SpikefaError
        If it fails, returns something else than one bool on the device of the state, or changes
        the state.
    """
    tensors = [
        each for found in variables.values() for each in found.values() if isinstance(each, Tensor)
    ]
    versions = [tensor._version for tensor in tensors]
    try:
        with torch.no_grad():
            found = trigger.watched(variables)
    except SpikefaError:
        raise
    except Exception as error:
        raise SpikefaError(
            f"the predicate of trigger {trigger.label!r} fails: {type(error).__name__}: {error}"
        ) from error
    is_flag = isinstance(found, Tensor) and found.dtype == torch.bool and found.ndim == 0
    require(
        is_flag,
        f"the predicate of trigger {trigger.label!r} returns {_describe(found)}: a bool tensor "
        "without dimensions is wanted, such as (x > 0).any()",
    )
    device = state_device(variables)
    require(
        found.device == device,
        f"the predicate of trigger {trigger.label!r} answers on {found.device}, and the state is "
        f"on {device}: compute it there, since nothing may wait for the device",
    )
    require(
        versions == [tensor._version for tensor in tensors],
        f"the predicate of trigger {trigger.label!r} changes the state of the network: it may "
        "only look, so leave out what works in place",
    )


def state_device(variables: Variables) -> torch.device:
    """Return the device of the state: that of the first variable."""
    first = next(iter(variables.values()))
    source = next(iter(first.values()))
    return (source if isinstance(source, Tensor) else source()).device


def _describe(found: object) -> str:
    if isinstance(found, Tensor):
        return f"{found.dtype} of shape {tuple(found.shape)}"
    return f"a {type(found).__name__}"

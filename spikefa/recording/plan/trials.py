"""Call every predicate once before the run, so that mistakes are reported at the beginning."""

from collections.abc import Sequence

import torch
from torch import Tensor

from spikefa.errors import SpikefaError, require
from spikefa.recording.plan.clocks import Clock
from spikefa.recording.plan.ready_made import ClassShown
from spikefa.recording.plan.triggers import Trigger
from spikefa.recording.plan.variables import Variables, state_device
from spikefa.utils.ranges import MOST_CLASSES


def try_triggers(
    clocks: Sequence[Clock], variables: Variables, n_classes: int = MOST_CLASSES
) -> None:
    """Call every predicate once.

    Raises
    ------
    SpikefaError
        If one fails, or waits for a class that is not among the `n_classes`.
    """
    tried: list[Trigger] = []
    for trigger in (trigger for clock in clocks for trigger in clock.triggers):
        if trigger not in tried:
            shown = trigger.watched.label if isinstance(trigger.watched, ClassShown) else 0
            require(
                shown < n_classes,
                f"trigger {trigger.label!r} waits for class {shown}: give 0 to {n_classes - 1}",
            )
            _try_trigger(trigger, variables)
            tried.append(trigger)


def _try_trigger(trigger: Trigger, variables: Variables) -> None:
    """Call the predicate of one trigger; see `_check_answer`."""
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
    _check_answer(trigger.label, found, state_device(variables))
    require(
        versions == [tensor._version for tensor in tensors],
        f"the predicate of trigger {trigger.label!r} changes the state of the network: it may "
        "only read it, so remove operations in place",
    )


def _check_answer(label: str, found: object, device: torch.device) -> None:
    """Refuse anything but one bool on the device of the state."""
    if not (isinstance(found, Tensor) and found.dtype == torch.bool and found.ndim == 0):
        raise SpikefaError(
            f"the predicate of trigger {label!r} returns {_describe(found)}: it must return a bool "
            "tensor without dimensions, such as (x > 0).any()"
        )
    require(
        found.device == device,
        f"the predicate of trigger {label!r} answers on {found.device}, and the state is on "
        f"{device}: compute the answer there, since nothing may wait for the device",
    )


def _describe(found: object) -> str:
    if isinstance(found, Tensor):
        return f"{found.dtype} of shape {tuple(found.shape)}"
    return f"a {type(found).__name__}"

"""The pruners of Optuna, which end bad trials early."""

from typing import Any

from spikefa.errors import SpikefaError
from spikefa.runs.sweeps.plan import Plan

PRUNERS = {
    "none": "NopPruner",
    "median": "MedianPruner",
    "percentile": "PercentilePruner",
    "halving": "SuccessiveHalvingPruner",
    "hyperband": "HyperbandPruner",
    "threshold": "ThresholdPruner",
}


class Pruned(Exception):
    """The trial of the run under way has been pruned."""


def pruner_of(plan: Plan, optuna: Any) -> Any:
    """Return the pruner that a plan names, with its options.

    Raises
    ------
    SpikefaError
        If the pruner does not take these options.
    """
    kind = getattr(optuna.pruners, PRUNERS[plan.pruner])
    try:
        return kind(**plan.pruner_options)
    except (TypeError, ValueError) as error:
        raise SpikefaError(
            f"the pruner {plan.pruner} does not take pruner_options {dict(plan.pruner_options)}: "
            f"{' '.join(str(error).split())}; give those of Optuna's {kind.__name__}"
        ) from error

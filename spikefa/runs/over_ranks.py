"""A run over ranks: processes of torchrun that run one network together."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout
from dataclasses import replace
from typing import Any
from warnings import catch_warnings, simplefilter

from spikefa.distributed import join
from spikefa.runs.experiment import Experiment
from spikefa.utils.devices import choose_device
from spikefa.utils.showing import showing


@contextmanager
def on_ranks(experiment: Experiment, settings: Any) -> Iterator[Experiment]:
    """Join the other ranks for a block, if the settings say so; all but the first are silent.

    Yields
    ------
    Experiment
        The same, over these ranks.

    Raises
    ------
    SpikefaError
        If the process was not started by torchrun, or the others cannot be reached.
    """
    if not getattr(settings, "distributed", False):
        yield experiment
        return
    device = choose_device(settings.device).type
    with (
        join(settings.rank_timeout, device, settings.stream_groups) as ranks,
        _silent() if ranks.rank > 0 else nullcontext(),
    ):
        yield replace(experiment, ranks=ranks)


@contextmanager
def _silent() -> Iterator[None]:
    """Print neither progress nor warnings: the first rank does."""
    with showing("none"), open(os.devnull, "w") as away, redirect_stdout(away), catch_warnings():
        simplefilter("ignore")
        yield

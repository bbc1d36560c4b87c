"""Benchmarks: the time of a step, relative to the machine's limits and to a plain loop."""

from spikefa.bench.limits import Limits, measure_limits
from spikefa.bench.plain_loop import PlainLoop
from spikefa.bench.step_times import StepTimes
from spikefa.bench.steps import time_steps
from spikefa.bench.work import Work, work_of
from spikefa.utils.timing import interleaved, milliseconds, spread

__all__ = [
    "Limits",
    "PlainLoop",
    "StepTimes",
    "Work",
    "interleaved",
    "measure_limits",
    "milliseconds",
    "spread",
    "time_steps",
    "work_of",
]

"""Measured times of a step, and the speeds and ratios that follow from them."""

import statistics
from dataclasses import dataclass, field
from typing import Any

from spikefa.bench.limits import Limits, fraction
from spikefa.bench.work import Work
from spikefa.utils.timing import ratio

ENGINE = "eager"
PLAIN = "plain loop"
"""Where the names of all plain loops begin."""
TF32 = ", TF32"
"""Where the names of plain loops end that round the factors of their products."""
PRODUCTS = "products"
STEPS_PER_IMAGE = 5
COLUMNS = ("ms a step (range)", "images/s", "synapse-steps/s", "/ best plain", "of limit", "MB")


@dataclass(frozen=True)
class StepTimes:
    """Milliseconds per step of several repetitions, and derived speeds and ratios.

    Attributes
    ----------
    times : dict of list of float
        By the name of what was timed. The repetitions were interleaved.
    batch : int
    work : Work
    limits : Limits
    memory : dict of int
        Peak bytes of each backend on a GPU, without the network; {} on a CPU.
    left_out : dict of str
        Why a variant of the plain loop was not timed.
    """

    times: dict[str, list[float]]
    batch: int
    work: Work
    limits: Limits
    memory: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def best_plain(self) -> str:
        """The fastest of the plain loops that multiply in float32."""
        loops = [name for name in self.times if name.startswith(PLAIN) and not name.endswith(TF32)]
        return min(loops, key=lambda name: statistics.median(self.times[name]))

    def ratio(self, of: str, to: str) -> float:
        """Return the median of ``of / to`` over the repetitions."""
        return ratio(self.times[of], self.times[to])

    def steps_per_second(self, name: str) -> float:
        """Return the speed of the median repetition."""
        return 1e3 / statistics.median(self.times[name])

    def images_per_second(self, name: str) -> float:
        """Return how many images all streams see per second, at 5 steps each."""
        return self.steps_per_second(name) * self.batch / STEPS_PER_IMAGE

    def synapse_steps_per_second(self, name: str) -> float:
        """Return plastic synapses times streams times steps per second."""
        return self.steps_per_second(name) * self.batch * self.work.plastic

    def of_limit(self, name: str) -> float:
        """Return the least possible time as a fraction of the measured time."""
        return fraction(self.work.milliseconds(self.limits), self.times[name])

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "milliseconds": self.times,
            "batch_size": self.batch,
            "steps_per_second": {name: self.steps_per_second(name) for name in self.times},
            "images_per_second": {name: self.images_per_second(name) for name in self.times},
            "plastic_synapse_steps_per_second": {
                name: self.synapse_steps_per_second(name) for name in self.times
            },
            "backends": {name: self._compared(name) for name in self._backends()},
            "best_plain_loop": self.best_plain,
            **self._compared(ENGINE),
            "limit_flops": self.limits.flops,
            "limit_bytes_per_second": self.limits.bandwidth,
            "flops_per_step": self.work.flops,
            "bytes_per_step": self.work.bytes,
            "peak_device_bytes": self.memory,
            "left_out": self.left_out,
        }

    def _backends(self) -> list[str]:
        return [name for name in self.times if name != PRODUCTS and not name.startswith(PLAIN)]

    def _compared(self, name: str) -> dict[str, float]:
        return {
            "ratio_to_plain_loop": self.ratio(name, PLAIN),
            "ratio_to_best_plain_loop": self.ratio(name, self.best_plain),
            "ratio_to_products": self.ratio(name, PRODUCTS),
            "ratio_to_eager": self.ratio(name, ENGINE),
            "fraction_of_limit": self.of_limit(name),
        }

    def __str__(self) -> str:
        least = self.work.milliseconds(self.limits)
        return "\n".join(
            [
                str(self.limits),
                f"least time  {least:.3f} ms a step ({self.work.flops / 1e9:.3g} GFLOP, "
                f"{self.work.bytes / 1e6:.4g} MB if every pass goes to memory)",
                _row("", *COLUMNS),
                *(self._line(name) for name in self.times),
                *(f"{name} not timed: {reason}" for name, reason in self.left_out.items()),
                f"engine / {self.best_plain}: {self.ratio(ENGINE, self.best_plain):.3f}, "
                f"engine / its products: {self.ratio(ENGINE, PRODUCTS):.3f} (medians of pairs)",
            ]
        )

    def _line(self, name: str) -> str:
        times = self.times[name]
        middle = statistics.median(times)
        memory = self.memory.get(name)
        return _row(
            name,
            f"{middle:.3f} ({min(times):.3f} to {max(times):.3f})",
            f"{self.images_per_second(name):.4g}",
            f"{self.synapse_steps_per_second(name):.3g}",
            f"{self.ratio(name, self.best_plain):.3f}",
            f"{self.of_limit(name):.2f}" if name != PRODUCTS else "",
            "" if memory is None else f"{memory / 1e6:.0f}",
        )


def _row(name: str, *cells: str) -> str:
    widths = (28, 10, 16, 13, 9, 7)
    aligned = "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
    return f"{name:33}{aligned}".rstrip()

"""The settings of an experiment: a frozen dataclass whose fields are command-line options.

`Placed` holds the options that all experiments share; `Repeated` adds the options of experiments
that are repeated over seeds.
"""

from dataclasses import Field, dataclass, fields
from typing import Any, Literal

from spikefa.datasets.own import names_function
from spikefa.errors import require
from spikefa.runs.options import MOST_PARTS, option
from spikefa.utils.checking import annotations, check_fields, number_of
from spikefa.utils.ranges import Few, Replicas, ThreadCount

Device = Literal["cpu", "cuda", "auto"]
Backend = Literal[
    "auto",
    "eager",
    "graph",
    "deferred",
    "deferred-reads-bf16",
    "deferred-reads-fp16",
    "fused",
    "fused-bf16x6",
    "fused-bf16x3",
    "fused-tf32",
    "fused-bf16",
    "fused-deferred",
    "fused-deferred-fp16",
]
DEVICE = "auto: a GPU if there is one"
DATASET = (
    "mnist, fashion_mnist, kmnist, digits, cifar10 or cifar100; or your own: data.npz, a folder, "
    "or FILE.py:FUNCTION, see docs/your-own-data.md"
)
DATA_DIR = "where the data set lies; else $SPIKEFA_DATA, else fetched"
REPEATS = "how often, with seeds 0, 1, 2 and so on"
WHICH_CELLS = "cells of the table to run, with commas between; --resume adds others"
"""Help texts of options that several experiments share."""
ALL = "all"
"""Value of ``--cells`` that selects every cell."""


@dataclass(frozen=True, kw_only=True)
class Placed:
    """The device, the backend and the threads of an experiment.

    Raises
    ------
    SpikefaError
        If an option is out of the range that its annotation gives, or divides another one into
        too many parts.
    """

    device: Device = option("cpu", DEVICE)
    backend: Backend = option(
        "auto",
        "what executes the steps; auto: the fastest on a GPU, else eager; see docs/performance.md",
    )
    threads: ThreadCount | None = option(
        None, "of the processor; default: the fewest near the fastest, see docs/threads.md"
    )

    def __post_init__(self) -> None:
        check_fields(self, flag, of="")
        for item in fields(self):
            part = getattr(self, item.name)
            for name in item.metadata.get("divides", ()):
                whole = getattr(self, name)
                require(
                    whole <= MOST_PARTS * part,
                    f"{flag(name)} {whole} in parts of {flag(item.name)} {part} are more than "
                    f"{MOST_PARTS:,}: lower the first, or raise the second",
                )


@dataclass(frozen=True, kw_only=True)
class Repeated(Placed):
    """The options of an experiment that is repeated over seeds."""

    threads: ThreadCount | None = option(
        None, "of each of --processes; default: 1, see docs/threads.md"
    )
    repeats: Few = option(1, REPEATS)
    processes: Replicas = option(1, "runs side by side")
    quick: bool = option(False, "a shorter version, under a minute, that still shows the effect")


def dataset_option(default: str = "mnist") -> Any:
    """Return the field of the data set: a name, or the user's own data, see `spikefa.datasets`."""
    return option(default, DATASET, names_code=names_function)


def flag(name: str) -> str:
    """Return the option of the setting `name`: of "batch_size" "--batch-size"."""
    return f"--{name.replace('_', '-')}"


def what_to_lower(settings: Any) -> str:
    """Return the options that take memory, as advice to lower them."""
    hints = annotations(type(settings))  # type: ignore[arg-type]
    kinds = {item.name: number_of(hints[item.name]) for item in fields(settings)}
    flags = [flag(name) for name, kind in kinds.items() if kind and kind.range.takes_memory]
    advice = f"lower {' or '.join(flags)}"
    if not hasattr(settings, "feedback"):
        return advice
    return f"{advice}, or draw B instead of storing it (--feedback.procedural true)"


def options(settings: Any) -> list["Field[Any]"]:
    """Return the fields of settings or of their class: their own first, then the shared ones."""
    common = {item.name for item in fields(Repeated)}
    return sorted(fields(settings), key=lambda item: item.name in common)

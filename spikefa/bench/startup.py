"""Startup times, measured in fresh processes."""

import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from spikefa.datasets.folders import cache_folder, find_folder
from spikefa.datasets.sources import MNIST

STARTS = {
    "spikefa --help": ["-m", "spikefa", "--help"],
    "import torch": ["-c", "import torch"],
    "import torch, spikefa": ["-c", "import torch; import spikefa"],
    "import torch, spikefa, all it offers": [
        "-c",
        "import torch; import spikefa; [getattr(spikefa, name) for name in dir(spikefa)]",
    ],
    "spikefa.datasets.digits()": ["-c", "import spikefa; spikefa.datasets.digits()"],
}
"""Arguments of Python processes that are timed from start to end."""

CALLS = {
    "import spikefa, after torch": ("import torch", "import spikefa"),
    "spikefa.datasets.mnist(), after the imports": (
        "import torch; import spikefa; spikefa.datasets",
        "spikefa.datasets.mnist()",
    ),
}
"""Pairs of statements: the second is timed by the process, after the first."""


def time_startup(repetitions: int = 5) -> dict[str, list[float]]:
    """Return the seconds of each start and call, measured in turns.

    A first repetition is not counted. MNIST is left out if its files are missing; it is not
    fetched.
    """
    calls = {name: ["-c", _timed(*code)] for name, code in CALLS.items() if _possible(code[1])}
    seconds: dict[str, list[float]] = {name: [] for name in (*STARTS, *calls)}
    for _ in range(repetitions + 1):
        for name, arguments in STARTS.items():
            started = time.perf_counter()
            _python(arguments)
            seconds[name].append(time.perf_counter() - started)
        for name, arguments in calls.items():
            seconds[name].append(float(_python(arguments)))
    return {name: values[1:] for name, values in seconds.items()}


def _timed(before: str, timed: str) -> str:
    return (
        f"{before}\nimport time\nt = time.perf_counter()\n{timed}\nprint(time.perf_counter() - t)"
    )


def _possible(timed: str) -> bool:
    """Return whether the files that a call needs exist."""
    return "mnist" not in timed or find_folder(MNIST, cache_folder()) is not None


def _python(arguments: Sequence[str]) -> str:
    """Run Python and return its output."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def summary(seconds: Mapping[str, Sequence[float]]) -> str:
    """Return a line with median and range for each name."""
    return "\n".join(
        f"{statistics.median(values):6.3f} s  ({min(values):.3f} to {max(values):.3f})  {name}"
        for name, values in seconds.items()
    )

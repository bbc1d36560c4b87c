"""The parts of ``make gpu``: what each runs, how long it may take, and when it has passed."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spikefa.errors import require

Measured = Mapping[str, Any]
Verdict = Callable[[Measured, bool], str]
"""Returns why what was measured is not good enough, "" if it is; the bool: in a rehearsal."""
MOST_SLOWDOWN = 5.0
"""Percent by which a step may take longer while all spikes of a stream are recorded."""
MOST_ERROR = {"FA": 1.8}
"""Mean test error over the seeds in percent, summed spikes, that a circuit has to reach."""


@dataclass(frozen=True)
class Part:
    """A part, which runs in a process of its own.

    Attributes
    ----------
    name : str
    what : str
        What it does, in a few words.
    seconds : float
        What it may take on an H100.
    module : tuple of str
        The Python module that it runs, and arguments that are always given. It is also given
        ``--device`` and ``--json``, and ``--quick`` in a rehearsal.
    verdict : callable
    default : bool
        Whether it runs if no parts are named.
    """

    name: str
    what: str
    seconds: float
    module: tuple[str, ...]
    verdict: Verdict = lambda measured, rehearsal: ""
    default: bool = True

    def command(self, device: str, out: Path, kept: Path | None, rehearsal: bool) -> list[str]:
        """Return the command that runs the part and writes its numbers to `out`.

        With `kept`, a file with what an earlier run of the part has measured, it goes on from that.
        """
        return [
            *(sys.executable, "-m", *self.module, "--device", device, "--json", str(out)),
            *(["--kept", str(kept)] if kept is not None else []),
            *(["--quick"] if rehearsal else []),
        ]

    @property
    def goes_on(self) -> bool:
        """Whether it can go on where it was stopped, instead of beginning again."""
        return self.module[0] == LEARNING


def _slowdown(measured: Measured, rehearsal: bool) -> str:
    slow = [
        f"{row['slowdown_percent']:.1f} % under {row['backend']}"
        for row in measured["rows"]
        if row["slowdown_percent"] > MOST_SLOWDOWN
    ]
    return f"recording costs {', '.join(slow)}" if slow and not rehearsal else ""


def _tests(measured: Measured, rehearsal: bool) -> str:
    bad = [*measured["failed"]]
    if bad:
        return f"{len(bad)} of {measured['tests']} fail: {', '.join(bad[:5])}"
    if not measured["tests"]:
        return "there are no tests"
    return f"{measured['skipped']} are skipped" if measured["skipped"] and not rehearsal else ""


def _learned(measured: Measured, rehearsal: bool) -> str:
    errors = [run["test_error_percent_summed"] for run in measured["runs"]]
    if len(errors) < measured["seeds"]:
        return f"{len(errors)} of {measured['seeds']} seeds are done"
    most = MOST_ERROR.get(measured["circuit"])
    mean = sum(errors) / len(errors)
    if most is None or mean <= most or rehearsal:
        return ""
    return f"the test error is {mean:.2f} %, at most {most} was to be reached"


TESTS, LEARNING, BENCH = "spikefa.bench.gpu.tests", "spikefa.bench.gpu.learning", "spikefa"
FIG4 = (BENCH, "bench", "fig4")

PARTS = {
    part.name: part
    for part in (
        Part("tests", "tests marked gpu", 100, (TESTS, "rooms"), _tests),
        Part("fig4.batch1", "a step, one stream", 45, (*FIG4, "--batch-size", "1")),
        Part("fig4.batch100", "a step, 100 streams", 45, (*FIG4, "--batch-size", "100")),
        Part("recorder", "the cost of recording", 30, (BENCH, "bench", "recorder"), _slowdown),
        Part("scaling", "widths and batches", 45, (BENCH, "bench", "scaling")),
        Part("FA", "figure 4 by FA, five seeds", 50, (LEARNING, "FA"), _learned),
        Part("DFA", "figure 4 by DFA, five seeds", 50, (LEARNING, "DFA"), _learned),
        Part("PFAo", "figure 4 by PFA-o, five seeds", 60, (LEARNING, "PFAo"), _learned),
        Part("experiments", "all experiments, quickly", 115, (TESTS, "experiments"), _tests),
        Part("peers", "other simulators", 600, (BENCH, "bench", "peers"), default=False),
    )
}
"""All parts by name, in the order in which they run; those by default take 540 s at most."""


def chosen_parts(names: Sequence[str]) -> list[Part]:
    """Return the parts of these names, or of a common beginning such as "fig4"; all for none.

    Raises
    ------
    SpikefaError
        If a name is unknown.
    """
    for name in names:
        require(
            any(_named(part, name) for part in PARTS.values()),
            f"no part is called {name!r}: there is {', '.join(PARTS)}",
        )
    return [
        part
        for part in PARTS.values()
        if any(_named(part, name) for name in names) or (not names and part.default)
    ]


def _named(part: Part, name: str) -> bool:
    return name in (part.name, part.name.split(".")[0])

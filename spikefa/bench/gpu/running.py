"""Running a part in a process of its own, which is stopped when its time is over."""

import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from spikefa.bench.gpu.parts import Part
from spikefa.bench.gpu.results import Origin, Result
from spikefa.bench.processes import run_limited

LAST_LINES = 15
OF_THE_WHOLE = ("git_commit", "git_dirty", "command", "hardware", "quick")
"""What a benchmark says of itself that its result says already, or that holds a temporary name."""


def run_part(
    part: Part, origin: Origin, folder: Path, seconds: float, kept: Result | None = None
) -> Result:
    """Run a part and return its result, whatever happens in it.

    Parameters
    ----------
    part : Part
    origin : Origin
    folder : Path
        Its output goes to a file ``NAME.log`` there.
    seconds : float
        After which it is stopped.
    kept : Result, optional
        Of an earlier run that was stopped; the part goes on from there if it can.
    """
    log = folder / f"{part.name}.log"
    goes_on = kept is not None and part.goes_on and kept.measured
    with TemporaryDirectory() as temporary:
        out = Path(temporary) / "measured.json"
        before = folder / f"{part.name}.json" if goes_on else None
        command = part.command(origin.device, out, before, origin.rehearsal)
        started = time.perf_counter()
        code = run_limited(command, log, seconds)
        taken = time.perf_counter() - started
        measured = _read(out) or (dict(kept.measured) if goes_on and kept else {})
    why = _why(part, code, measured, origin.rehearsal, seconds)
    if why and code != 0:
        print("".join(f"  | {line}\n" for line in _last_lines(log)), end="")
    measured = {key: value for key, value in measured.items() if key not in OF_THE_WHOLE}
    return Result(part.name, not why, why, round(taken, 1), seconds, origin, measured)


def _read(path: Path) -> dict[str, Any]:
    """Return what a part has written; {} if it has not come to that."""
    if not path.is_file():
        return {}
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _why(
    part: Part, code: int | None, measured: dict[str, Any], rehearsal: bool, seconds: float
) -> str:
    """Return why a part has not passed; "" if it has."""
    said = part.verdict(measured, rehearsal) if measured else ""
    if code is None:
        return "; ".join(filter(None, [f"stopped after {seconds:.0f} s", said]))
    if code != 0 or not measured:
        return said or f"it ended with exit code {code}"
    return said


def _last_lines(log: Path) -> list[str]:
    return log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]

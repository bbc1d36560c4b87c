"""Give each mutant to a process of its own, with little memory and time.

``python -m tests.helpers.hostile.server FOLDER FIRST KIND=COUNT...`` imports the program once and
forks for each trial. It prints for each kind how many were refused, the most seconds and MB that
one took, and what went wrong if a trial did anything but succeed or refuse, as JSON.
"""

import contextlib
import faulthandler
import json
import os
import random
import resource
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Sequence
from pathlib import Path

from tests.helpers.hostile.kinds import KINDS

SECONDS, MEGABYTES = 20, 1500
WALL_SECONDS = 300
"""So long may a trial take while other processes use the machine."""


class Fault(Exception):
    """What went wrong in a trial."""


def trial(kind: str, number: int, folder: Path) -> bool:
    """Make and read one mutant; return whether it was refused."""
    with tempfile.TemporaryDirectory() as scratch:
        return KINDS[kind](random.Random(f"{kind} {number}"), folder, Path(scratch))


def limit() -> None:
    """Take little more memory than the program has now, and little time."""
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    most = held + (MEGABYTES << 20)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 5))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(WALL_SECONDS)


def child(kind: str, number: int, folder: Path, answer: int) -> None:
    """Run a trial in a child process, and write what came of it."""
    faulthandler.enable()
    limit()
    warnings.simplefilter("ignore")
    try:
        text = "refused" if trial(kind, number, folder) else "read"
    except BaseException:
        text = traceback.format_exc()[-3000:]
    os.write(answer, text.encode(errors="replace"))


def attempt(kind: str, number: int, folder: Path) -> tuple[bool, float, float]:
    """Return whether a mutant was refused, the seconds, and the MB of the process."""
    read, write = os.pipe()
    process = os.fork()
    if process == 0:
        with contextlib.suppress(BaseException):
            child(kind, number, folder, write)
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as answer:
        text = answer.read().decode(errors="replace")
    _, status, usage = os.wait4(process, 0)
    seconds, megabytes = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    if text not in ("refused", "read"):
        raise Fault(f"{kind} {number}: {text or f'ended with status {status}'}")
    if seconds > SECONDS or megabytes > MEGABYTES:
        raise Fault(f"{kind} {number}: {text} after {seconds:.1f} s with {megabytes:.0f} MB")
    return text == "refused", seconds, megabytes


def attempts(folder: Path, kind: str, first: int, count: int) -> dict[str, object]:
    """Run some trials of one kind, until ten have gone wrong, and return what came of them."""
    refused, longest, largest, faults = 0, (0.0, 0), 0.0, []
    for number in range(first, first + count):
        try:
            gone, seconds, megabytes = attempt(kind, number, folder)
        except Fault as fault:
            faults.append(str(fault))
            if len(faults) == 10:
                break
            continue
        refused += gone
        longest, largest = max(longest, (round(seconds, 2), number)), max(largest, megabytes)
    found = {"tried": count, "refused": refused, "seconds": longest[0], "slowest": longest[1]}
    return found | {"megabytes": round(largest), "faults": faults}


def main(folder: Path, first: int, counts: Sequence[str]) -> None:
    """Run the trials of some kinds."""
    pairs = [each.split("=") for each in counts]
    print(json.dumps({kind: attempts(folder, kind, first, int(count)) for kind, count in pairs}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])

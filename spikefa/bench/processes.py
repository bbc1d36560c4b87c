"""Running a command in a process of its own, which is stopped when its time is over."""

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
GRACE = 5.0
"""Seconds between asking a process to end and ending it."""


def run_limited(command: Sequence[str], log: Path, seconds: float) -> int | None:
    """Run a command from the repository's root; return its exit code, None if it was stopped.

    Its output is written to `log`. What it started is stopped with it. It finds spikefa in this
    checkout, also if Python was told not to look into the working directory.
    """
    places = [str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(places)}
    with open(log, "w", encoding="utf-8") as output:
        process = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:  # after Ctrl-C too
            _stop(process)


def _stop(process: subprocess.Popen[Any]) -> None:
    """Stop a process and all that it started, which are a group of their own."""
    if process.poll() is not None:
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
            return

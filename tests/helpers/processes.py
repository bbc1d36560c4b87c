"""Python in a process of its own that finds `spikefa` and `tests.helpers` of this tree."""

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def environment() -> dict[str, str]:
    """Return the environment of this process, in which this repository comes first."""
    others = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([str(REPOSITORY), *([others] if others else [])])
    return {**os.environ, "PYTHONPATH": path}


def start_python(script: str, *arguments: object, **options) -> subprocess.Popen:
    """Start a script; `options` are those of `subprocess.Popen`, such as ``cwd``."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, env=environment(), text=True, **options)


def run_python(script: str, *arguments: object, timeout=600, **options):
    """Run a script to its end and return its exit code and what it printed."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.run(
        command, env=environment(), text=True, capture_output=True, timeout=timeout, **options
    )

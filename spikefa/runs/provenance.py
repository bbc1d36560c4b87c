"""The provenance of a result: versions, commit, command and hardware."""

import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch

from spikefa import __version__

CODE = (":/", ":(top,exclude)docs")
"""Where changes count."""


def git_state() -> tuple[str, bool]:
    """Return the commit of the checkout that contains this package, and whether it has changes.

    Changes of the documentation, to which results are added, do not count.

    Returns
    -------
    commit : str
        "" for an installed package.
    dirty : bool
    """
    folder = Path(__file__).resolve().parent

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(folder), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        # A package installed inside another repository is not part of that repository.
        git("ls-files", "--error-unmatch", Path(__file__).name)
        return git("rev-parse", "HEAD"), bool(git("status", "--porcelain", "--", *CODE))
    except (OSError, subprocess.CalledProcessError):
        return "", False


def code_version() -> str:
    """Return the commit, with a "+" if the code has changes; "" for an installed package."""
    commit, dirty = git_state()
    return commit + "+" * dirty


def provenance(device: str, backend: str = "eager") -> dict[str, Any]:
    """Return the provenance that recordings and summaries store.

    Parameters
    ----------
    device : str
        The device of the run.
    backend : str, default "eager"
        The backend that executes the steps.
    """
    commit, dirty = git_state()
    return {
        "spikefa_version": __version__,
        "torch_version": torch.__version__,
        "python_version": platform.python_version(),
        "git_commit": commit,
        "git_dirty": dirty,
        "command": " ".join(["spikefa", *sys.argv[1:]]),
        "device": device,
        "hardware": _hardware(device),
        "backend": backend,
        "threads": torch.get_num_threads(),
    }


def _hardware(device: str) -> str:
    if device.startswith("cuda"):
        return torch.cuda.get_device_name(device)
    return f"{_processor()}, {torch.get_num_threads()} threads"


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()

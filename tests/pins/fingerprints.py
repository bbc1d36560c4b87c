"""What is kept of an array, and of the machine that computed it."""

import hashlib
import json
import platform
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from tests.pins.experiments import EXPERIMENTS

FILE = Path(__file__).with_name("digests.json")
FIRST = 3
"""Values that a fingerprint begins with."""


def pinned() -> dict:
    """Return what `write.py` has written."""
    return json.loads(FILE.read_text())


def compute(experiment: str) -> dict[str, dict]:
    """Run an experiment; return the fingerprint of each of its arrays."""
    with TemporaryDirectory() as folder:
        arrays = EXPERIMENTS[experiment](Path(folder))
    return {name: fingerprint(arrays[name]) for name in sorted(arrays)}


def fingerprint(array: np.ndarray) -> dict:
    """Return the digest of every bit, and a few numbers by which another rounding is judged."""
    array = np.ascontiguousarray(array)
    hashed = hashlib.sha256(f"{array.dtype.str} {array.shape} ".encode() + array.tobytes())
    numbers = array.astype(np.float64).ravel()
    there = numbers[np.isfinite(numbers)]  # what has no value, such as the spread of one, is NaN
    few = [there.mean(), there.std(), *numbers[:FIRST]] if there.size else []
    return {
        "sha256": hashed.hexdigest(),
        "dtype": array.dtype.str,
        "shape": list(array.shape),
        "mean_sd_first": [float(f"{number:.9g}") for number in few],
    }


def machine() -> dict[str, str]:
    """Return what decides on the last bits of a sum: libraries choose kernels by the processor."""
    return {
        "torch": torch.__version__,
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "machine": platform.machine(),
        "processor": _processor(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    told = dict(line.split(":", 1) for line in lines if ":" in line)
    told = {name.strip(): value.strip() for name, value in told.items()}
    wanted = (told.get(name) for name in ("model name", "cpu family", "model"))
    return " ".join(filter(None, wanted)) or platform.processor()

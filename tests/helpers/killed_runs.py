"""Runs of figure 4 that are killed at random moments, and resumed until they end."""

import os
import random
import signal
import sys
import time
from pathlib import Path

import torch

from spikefa.errors import SpikefaError
from spikefa.experiments.lillicrap2016.fig4 import EXPERIMENT, Settings

SHORT = Settings(
    device="cpu",
    dataset="digits",
    train_images=60,
    test_images=20,
    hidden=8,
    hidden_layers=1,
    outputs=10,
    batch_size=5,
    epochs=4,
    validation_images=10,
    learning_rate=1e-2,
    checkpoint_minutes=3e-4,  # one or two in each epoch
)


def run(settings, folder: Path) -> None:
    """Begin the run in a folder, or go on with what a killed process has left there."""
    begun = (folder / "config.yaml").exists()
    EXPERIMENT.run(settings, **{"resume" if begun else "out": folder}, figures=False)


def in_child(settings, folder: Path, seconds: float | None = None) -> int | None:
    """Run in a child; return its exit code, or None if it was killed after so many seconds."""
    child = os.fork()
    if child == 0:
        try:
            run(settings, folder)
        except SpikefaError as error:
            print(f"refused: {error}", file=sys.stderr, flush=True)
            os._exit(2)
        except BaseException as error:
            print(f"failed: {error!r}", file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    return None if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status)


def main(kills: int, settings) -> None:
    """Kill so often; print for each run how often it was killed before it ended by itself."""
    torch.set_num_threads(1)
    run(settings, Path("warm"))  # and imports what is imported late
    started = time.perf_counter()
    assert in_child(settings, Path("whole")) == 0
    longest = 0.5 * (time.perf_counter() - started)
    done, runs, chance = 0, 0, random.Random(kills)
    while done < kills:
        folder, killed, code = Path(f"run{runs}"), 0, None
        while code is None:
            last = done == kills or killed >= 20
            code = in_child(settings, folder, None if last else chance.uniform(0, longest))
            killed += code is None
            done += code is None
        if code:
            sys.exit(f"{folder}: exit code {code} after {killed} kills")
        print(folder, killed, flush=True)
        runs += 1

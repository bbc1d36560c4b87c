"""A recorder for a simulation: what it is told of the network, the stimulus and the run."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from spikefa.recording import MAX_HOST_BYTES, Probe, Recorder, When
from spikefa.recording.predicates import Function
from spikefa.simulation.runner import Runner


def start_recording(
    runner: Runner,
    path: Path | str,
    probes: Sequence[Probe],
    windows: When | Sequence[When],
    provenance: Mapping[str, Any] | None = None,
    max_host_bytes: int = MAX_HOST_BYTES,
    durability: Literal["flush", "fsync"] = "flush",
) -> Recorder:
    """Return the recorder of a new file, see `Simulation.record`."""
    network, stimulus = runner.network, runner.stimulus
    given = {"seed": runner.seeds[0], "device": str(network.device), **(provenance or {})}
    if network.replicas is not None:
        given |= {"replicas": network.replicas, "seeds": json.dumps(runner.seeds)}
    given["backend"] = runner.backend.name
    return Recorder.create(
        path,
        probes,
        windows,
        runner.variables(),
        given,
        stimulus.thumbnails,
        stimulus.n_classes,
        max_host_bytes=max_host_bytes,
        durability=durability,
        steps_per_image=stimulus.steps,
    )


def continue_recording(
    runner: Runner,
    path: Path | str,
    step: int,
    predicates: Mapping[str, Function] | None = None,
) -> Recorder:
    """Return the recorder that goes on with a file, see `Simulation.resume_recording`."""
    return Recorder.resume(
        path,
        runner.variables(),
        step,
        images=runner.stimulus.thumbnails,
        predicates=predicates,
    )


def recorded(
    runner: Runner, recorder: Recorder, item: int, first: int, each: bool
) -> Iterator[int]:
    """Let the runner learn from what it has loaded, recorded; yield the number of each step.

    Parameters
    ----------
    runner : Runner
    recorder : Recorder
    item : int
        What the recorded stream sees.
    first : int
        Number of the first step since the beginning of the run.
    each : bool
        Whether to stop after each step. If not, a backend that captures keeps the rows of the whole
        presentation on the device, and the recorder chooses from them afterwards.
    """
    steps, label = runner.stimulus.steps, runner.stimulus.label(item)
    if not recorder.waits(first + steps):
        yield from runner.learn(each=each)
        return
    keep = recorder.landing(steps) if runner.backend.captures and not each else None
    for n in runner.learn(each=keep is None, keep=keep):
        for row in [n] if keep is None else range(steps):
            recorder.observe(first + row, item, label, None if keep is None else row)
        yield n

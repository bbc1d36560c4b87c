"""A recorder for a simulation: what it is told of the network, the stimulus and the run."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from spikefa.recording import MAX_HOST_BYTES, Probe, Recorder, When
from spikefa.recording.plan.predicates import Function
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
    """Return the recorder of a training, from its present step on, in a new file.

    Parameters
    ----------
    runner : Runner
    path : path
        The file to make.
    probes : sequence of Probe
        What is read.
    windows : Window, Always, ImageWindow, EveryImage, Trigger, or sequence of them
        When: steps and presentations are counted from the beginning of the run. They may overlap,
        and `spikefa.recording.figure_windows` makes those of figure 4.
    provenance : mapping, optional
        Attributes of the file.
    max_host_bytes : int, optional
        Memory for rows that are not yet in the file; if it is used up, the simulation waits.
    durability : {"flush", "fsync"}, optional
        Whether what is committed survives the death of the process, or a power cut too.

    Raises
    ------
    SpikefaError
        If the file exists, or a probe or window is wrong.
    """
    network, stimulus = runner.network, runner.stimulus
    given = {"seed": runner.seeds[0], "device": str(network.device), **(provenance or {})}
    if network.leading:
        given |= {"replicas": network.replicas, "seeds": json.dumps(runner.seeds)}
    given["backend"] = runner.backend.name
    return Recorder.create(
        path,
        probes,
        windows,
        runner.variables(),
        given,
        thumbnails=stimulus.thumbnails,
        n_classes=stimulus.n_classes,
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
    """Return the recorder that goes on with the recording of a run that was stopped.

    What the file holds of later steps is dropped: the simulation will go through them again.

    Parameters
    ----------
    runner : Runner
    path : path
        The recording.
    step : int
        The next step.
    predicates : mapping of str to callable, optional
        The predicates of your own that triggers have, by the labels of the triggers.

    Raises
    ------
    SpikefaError
        If the file is none of this network, or a predicate is missing.
    """
    return Recorder.resume(
        path,
        runner.variables(),
        step,
        thumbnails=runner.stimulus.thumbnails,
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
    if not recorder.wants(first + steps):
        yield from runner.learn(each=each)
        return
    rows = recorder.captured_rows(steps) if runner.backend.captures and not each else None
    if rows is None:
        for n in runner.learn():
            recorder.observe(first + n, item, label)
            yield n
        return
    for last in runner.learn(each=False, keep=rows.keep):
        for n in range(steps):
            recorder.observe(first + n, item, label, rows.row(n))
        yield last

"""Recorders for simulations: start or continue a recording, and record a presentation."""

import gc
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from spikefa.errors import SpikefaError
from spikefa.recording import MAX_HOST_BYTES, Probe, Recorder, When
from spikefa.recording.plan.parts import Share
from spikefa.recording.plan.predicates import Function
from spikefa.simulation.interrupts import Stopped
from spikefa.simulation.requests import check_requests
from spikefa.simulation.runner import Runner
from spikefa.utils import notices
from spikefa.utils.checking import ranged
from spikefa.utils.memory import require_room
from spikefa.utils.ranges import Bytes


@ranged
def start_recording(
    runner: Runner,
    step: int,
    path: Path | str,
    probes: Sequence[Probe],
    windows: When | Sequence[When],
    provenance: Mapping[str, Any] | None = None,
    max_host_bytes: Bytes = MAX_HOST_BYTES,
    durability: Literal["flush", "fsync"] = "flush",
    overwrite: bool = False,
) -> Recorder:
    """Return a recorder that records a training into a new file, from the present step on.

    Parameters
    ----------
    runner : Runner
    step : int
        The next step.
    path : path
        The file to create.
    probes : sequence of Probe
        The variables to record.
    windows : Window, Always, ImageWindow, EveryImage, Trigger, or sequence of them
        When to record; steps and presentations are counted from the beginning of the run. Windows
        may overlap; `spikefa.recording.figure_windows` returns those of figure 4.
    provenance : mapping, optional
        Attributes of the file.
    max_host_bytes : int, optional
        Memory for rows that are not yet in the file; if it is used up, the simulation waits.
    durability : {"flush", "fsync"}, optional
        Whether committed rows survive the death of the process ("flush") or also a power cut
        ("fsync").
    overwrite : bool, default False
        Whether it may replace a recording that is there. One that another simulation or process is
        writing is not replaced.

    Raises
    ------
    SpikefaError
        If the file exists, a probe or window is wrong, a window is over, or a trigger cannot fire.
    """
    check_requests(runner, probes, windows)
    if overwrite:  # simulations that nobody has any more let go of their recordings
        gc.collect()
    require_room(
        {"the buffers of the recorder": max_host_bytes}, mend="give a smaller max_host_bytes"
    )
    network, stimulus = runner.network, runner.stimulus
    path, probes, about = _own_part(runner, Path(path), probes)
    given = {"seed": runner.seeds[0], "device": str(network.device), **(provenance or {})}
    if network.leading:
        given |= {"replicas": network.replicas, "seeds": json.dumps(runner.seeds)}
    given |= {"backend": runner.backend.name, **about}
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
        step=step,
        overwrite=overwrite,
    )


def _own_part(
    runner: Runner, path: Path, probes: Sequence[Probe]
) -> tuple[Path, Sequence[Probe], dict[str, Any]]:
    """Return where this rank records, what, and what its file says of that."""
    share = _share(runner)
    if share is None or isinstance(probes, Probe):
        return path, probes, {}
    return share.path(path), *share.probes(probes, runner.variables(), runner.seeds[0])


def _share(runner: Runner) -> Share | None:
    """Return what this rank records; None without ranks, which is everything."""
    network, ranks = runner.network, runner.network.ranks
    if ranks is None:
        return None
    last = list(network.populations)[-1]
    _, of_output = runner.stimulus.variables(runner.stimulus_state)
    whole = [("input", name) for name in runner.variables()["input"]]
    sizes = {name: population.size for name, population in network.populations.items()}
    whole += [(last, name) for name in of_output]
    return Share(ranks.rank, ranks.per_group, ranks.part, sizes, whole, ranks.groups > 1)


def continue_recording(
    runner: Runner,
    path: Path | str,
    step: int,
    predicates: Mapping[str, Function] | None = None,
) -> Recorder:
    """Return a recorder that continues the recording of a run that was stopped.

    Rows of later steps in the file are dropped, because the simulation repeats these steps.

    Parameters
    ----------
    runner : Runner
    path : path
        The recording.
    step : int
        The next step.
    predicates : mapping of str to callable, optional
        Your own predicates of triggers, by the labels of the triggers.

    Raises
    ------
    SpikefaError
        If the file does not fit this network, or a predicate is missing.
    """
    share = _share(runner)
    return Recorder.resume(
        path if share is None else share.path(Path(path)),
        runner.variables(),
        step,
        thumbnails=runner.stimulus.thumbnails,
        predicates=predicates,
    )


def go_on_recording(runner: Runner, recorder: Recorder) -> None:
    """Let the recorder record the variables of the runner's new circuit.

    Raises
    ------
    SpikefaError
        If a recorded variable is missing among them, or has another shape. The recording has then
        ended, whole up to the present step.
    """
    try:
        recorder.read_from(runner.variables())
    except SpikefaError as error:
        recorder.close()
        raise SpikefaError(
            f"the recording {recorder.path} has ended, whole up to here: {error}; go on without "
            "it, or record into a new file"
        ) from error


def records_into(runner: Runner, recorder: Recorder, path: Path | str) -> bool:
    """Return whether a recorder, which may be closed, has made the file at a path.

    Over ranks that is the file of this rank.
    """
    share, path = _share(runner), Path(path)
    own = path if share is None else share.path(path)
    return recorder.path.resolve() == own.resolve()


def close_abandoned(recorder: Recorder) -> None:
    """Close the recording of a simulation that nobody has any more, in whatever thread that is."""
    if threading.current_thread() is threading.main_thread():
        recorder.close()
    else:  # perhaps that of the writer, which cannot wait for its own end
        threading.Thread(target=recorder.close).start()


def finish_recording(recorder: Recorder, failure: BaseException | None = None) -> None:
    """Close a recording; warn of windows that never came, unless the run was stopped or failed."""
    missed = recorder.windows_to_come
    orderly = failure is None or isinstance(failure, Stopped)
    recorder.close("closed" if orderly else "failed")
    if missed and failure is None:
        windows = "; ".join(f"{label!r}, from step {start} on" for label, start in missed.items())
        notices.warn(
            f"the recording {recorder.path} holds nothing of {windows}: the run ended before; "
            "train longer, or give windows that begin earlier",
            stacklevel=3,
        )


def recorded(
    runner: Runner, recorder: Recorder, items: Sequence[int], first: int, each: bool
) -> Iterator[int]:
    """Let the runner learn from the loaded items and record it; yield the number of each step.

    Parameters
    ----------
    runner : Runner
    recorder : Recorder
    items : sequence of int
        The item that each of the recorded streams sees.
    first : int
        Number of the first step since the beginning of the run.
    each : bool
        Whether to stop after each step. If not, a backend that captures keeps the rows of the whole
        presentation on the device, and the recorder selects from them afterwards.
    """
    steps = runner.stimulus.steps
    if not recorder.wants(first + steps):
        yield from runner.learn(each=each)
        return
    images, labels = tuple(items), tuple(runner.stimulus.labels(items))
    rows = recorder.captured_rows(steps) if runner.backend.captures and not each else None
    if rows is None:
        for n in runner.learn():
            recorder.observe(first + n, images, labels, start=first)
            yield n
        return
    for last in runner.learn(each=False, keep=rows.keep):
        for n in range(steps):
            recorder.observe(first + n, images, labels, rows.row(n), start=first)
        yield last

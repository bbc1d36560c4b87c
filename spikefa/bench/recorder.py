"""The cost of recording in time, memory and bytes."""

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import h5py
import numpy as np
import torch

from spikefa.backends import BACKENDS, choose_backend, obstacle
from spikefa.bench.step_times import ENGINE
from spikefa.datasets import Images
from spikefa.network.network import Network
from spikefa.recording import Probe, Recorder, Window, open_recording
from spikefa.recording.format.schema import spikes_path
from spikefa.simulation.recorded import recorded
from spikefa.simulation.runner import Runner
from spikefa.stimulus.images import ImageStimulus
from spikefa.utils.devices import captures_on
from spikefa.utils.timing import milliseconds, spread

STEPS = 5
"""Steps of a presentation."""
ALWAYS = (Window("benchmark", 0, 1 << 40),)


@dataclass(frozen=True)
class RecordingCost:
    """The cost of recording, as measured by `time_recording`.

    Attributes
    ----------
    backend : str
        What executed the steps.
    bare, recorded : list of float
        Milliseconds per step without and with a recorder, for each of the interleaved repetitions.
    observe : float
        Milliseconds per step of recording alone, writing included, while the network stands still.
    growth : int
        Bytes by which peak memory grew over the last three quarters of that measurement.
    raster, nominal : int
        Bytes of the spikes in the file, as bits or events, and T * ceil(n/8).
    file : int
        Bytes of the file.
    rows : int
        Rows in the file.
    waited : float
        Total seconds spent waiting for the disk.
    """

    backend: str
    bare: list[float]
    recorded: list[float]
    observe: float
    growth: int
    raster: int
    nominal: int
    file: int
    rows: int
    waited: float

    @property
    def slowdowns(self) -> list[float]:
        """Percent by which a step takes longer with a recorder, of each pair."""
        pairs = zip(self.recorded, self.bare, strict=True)
        return [100 * (recorded / bare - 1) for recorded, bare in pairs]

    @property
    def slowdown(self) -> float:
        """The median of `slowdowns`."""
        return statistics.median(self.slowdowns)

    def __str__(self) -> str:
        return (
            f"bare        {spread(self.bare)}, {self.backend}\n"
            f"recorded    {spread(self.recorded)}\n"
            f"slow-down: {self.slowdown:.2f} % (median of {len(self.bare)} pairs, "
            f"{min(self.slowdowns):.2f} to {max(self.slowdowns):.2f})\n"
            f"recording alone: {self.observe:.4f} ms a step, "
            f"{100 * self.observe / statistics.median(self.bare):.2f} % of a bare step, "
            f"waiting for the disk {self.waited:.3f} s in all\n"
            f"{self.rows} rows: rasters {self.raster / self.nominal:.4f} of T * ceil(n/8) bytes, "
            f"file {self.file / self.rows:.0f} bytes a row, "
            f"memory grew by {self.growth / 1024:.0f} kB"
        )


def cost_probes(network: Network) -> list[Probe]:
    """Return probes of all spikes of all populations, 8 potentials and 8 modulators."""
    first = next(iter(network.populations))
    traced = min(8, network.populations[first].size)
    return [
        *(Probe(name, "spikes", "all") for name in ("input", *network.populations)),
        Probe(first, "potential", traced),
        Probe(first, "modulator", traced),
    ]


def backends_to_record(network: Network, batch: int) -> list[str]:
    """Return the backends under which recording is timed: those that people use for a network."""
    if not captures_on(network.device):
        return [ENGINE]
    names = ("graph", "fused", choose_backend("auto", network, batch).name)
    able = (name for name in names if name in BACKENDS and obstacle(name, network) is None)
    return list(dict.fromkeys(able))


def time_recording(
    network: Network,
    batch: int,
    steps: int = 10,
    repetitions: int = 9,
    alone: int = 8000,
    backend: str = ENGINE,
) -> RecordingCost:
    """Time steps with and without a recorder, in pairs.

    The two of a pair follow each other, and the next pair has them the other way round, so that
    neither load nor heat that change slowly favour one. A backend that captures presentations does
    so with and without the recorder. A repetition with the recorder ends when all its rows are in
    the file. It therefore includes the time of the writing thread, even if that would have
    overlapped with later steps.

    Parameters
    ----------
    network : Network
    batch : int
        Number of streams, of which the first is recorded.
    steps : int, default 10
        Steps in one repetition, rounded up to whole presentations of 5.
    repetitions : int, default 9
        Number of pairs, after a first one that is not counted.
    alone : int, default 8000
        Rows for measuring memory and size, recorded while the network stands still.
    backend : str, default "eager"
    """
    if not network.initialised:
        network.initialise(0)
    pixels = np.full((batch, 1, network.n_inputs), 33, np.uint8)
    images = Images(pixels, np.zeros(batch, np.uint8))
    stimulus = ImageStimulus(images, steps=STEPS)
    runner = Runner(network, stimulus, batch, 0, "benchmark", backend=backend)
    times: tuple[list[float], list[float]] = ([], [])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "step.h5"
        with _recorder(path, runner) as recorder:
            sources = _presentations(runner), _presentations(runner, recorder)
            turn = list(zip(times, sources, strict=True))
            for _ in range(repetitions + 1):
                for kept, source in turn:
                    kept.append(_repetition(source, -(-steps // STEPS), runner, recorder))
                turn.reverse()
        return RecordingCost(
            backend, times[0][1:], times[1][1:], *_alone(Path(folder) / "alone.h5", runner, alone)
        )


def _repetition(source: Iterator[None], number: int, runner: Runner, recorder: Recorder) -> float:
    """Return milliseconds per step of some presentations, including the wait for the disk."""
    whole = milliseconds(lambda: next(source), number, runner.network.device)
    began = time.perf_counter()
    recorder.commit()
    return (whole + 1e3 * (time.perf_counter() - began) / number) / STEPS


def _recorder(path: Path, runner: Runner) -> Recorder:
    probes = cost_probes(runner.network)
    return Recorder.create(path, probes, ALWAYS, runner.variables(), {"seed": 0})


def _presentations(runner: Runner, recorder: Recorder | None = None) -> Iterator[None]:
    """Do one presentation after the other, recorded if there is a recorder."""
    items = torch.arange(runner.batch, device=runner.network.device)
    for number in count():
        runner.load(number, items)
        if recorder is None:
            steps = runner.learn(each=False)
        else:
            shown = [0] * len(recorder.streams)
            steps = recorded(runner, recorder, shown, number * STEPS, each=False)
        for _ in steps:
            pass
        yield


def _alone(path: Path, runner: Runner, rows: int) -> tuple[float, int, int, int, int, int, float]:
    """Measure the recorder alone and return the last fields of `RecordingCost`."""
    with _recorder(path, runner) as recorder:
        for step in range(rows // 4):
            recorder.observe(step, 0, 0)
        recorder.commit()
        peak, began = _peak_memory(), time.perf_counter()
        for step in range(rows // 4, rows):
            recorder.observe(step, 0, 0)
        recorder.commit()
        observe = 1e3 * (time.perf_counter() - began) / (rows - rows // 4)
        growth = _peak_memory() - peak
    with open_recording(path) as recording, h5py.File(path) as file:
        rasters = [c for c in recording.layout.channels if c.variable == "spikes"]
        held = sum(_stored(file, channel.population) for channel in rasters)
        nominal = rows * sum(-(-len(channel.units) // 8) for channel in rasters)
        waited = recording.backpressure.seconds
    return observe, growth, held, nominal, path.stat().st_size, rows, waited


def _stored(file: h5py.File, population: str) -> int:
    """Return the bytes of the spikes of a population in the file, in any encoding."""
    names = ("packed", "until", "events/timestamps", "events/node_ids")
    held = (file.get(spikes_path(population, name)) for name in names)
    return sum(data.id.get_storage_size() for data in held if data is not None)


def _peak_memory() -> int:
    """Return the peak memory of this process in bytes."""
    import resource  # not on Windows

    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

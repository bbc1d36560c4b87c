"""Killed writers: what each stream saw is there for every committed row."""

import numpy as np
import pytest

from spikefa.recording import open_recording, repair

LENGTH = 7
"""Every third presentation is cut short after two steps."""

SCRIPT = """
import sys
from tests.helpers.toy_network import *
from tests.recording.write.test_presentations_crashes import *
from spikefa.recording import *
from tests.helpers.killed_writers import kill_writers
torch.set_num_threads(1)

class Shown(Toy):
    def run(self, recorder, steps):
        for step in steps:
            start = start_of(step)
            seen = [seen_by(stream, start) for stream in recorder.streams]
            recorder.observe(step, *zip(*seen), start=start)

def start(path):
    toy = Shown()
    probes = [Probe("input", "spikes", "all", stream="all"), Probe("hidden1", "gain", 2, every=3)]
    probes.append(Probe("hidden2", "gain", 2, stream=1, window=EveryImage(4)))
    windows = [Window(str(n), 20 * n, 20 * n + 16) for n in range(3000)]
    given = (toy.variables, PROVENANCE)
    return toy, Recorder.create(path, probes, windows, *given, thumbnails=IMAGES, steps_per_image=7)

kill_writers(int(sys.argv[1]), start, steps=40000, longest=0.2)
"""


def start_of(step):
    """Return the first step of the presentation of a step."""
    third, within = divmod(step, 3 * LENGTH - 5)
    return third * (3 * LENGTH - 5) + (within // LENGTH) * LENGTH


def seen_by(stream, start):
    """Return image and label that a stream sees in the presentation from step `start` on."""
    return (start // 2 + 11 * stream) % 40, (start + stream) % 10


def check(recording):
    for channel in recording.layout.channels:
        name = (channel.population, channel.variable)
        steps = recording.steps_of(*name)
        for stream in range(3) if channel.batch else [channel.stream]:
            shown = recording.presentations(*name, stream=stream)
            starts = list(dict.fromkeys(start_of(step) for step in steps.tolist()))
            assert shown.start.tolist() == starts
            seen = [seen_by(stream, start) for start in starts]
            assert list(zip(shown.image, shown.label, strict=True)) == seen
            belongs = np.repeat(shown.start, np.diff(shown.edges)).tolist()
            assert belongs == [start_of(step) for step in steps.tolist()]
    main = {seen_by(0, start_of(step))[0] for step in recording.steps.tolist()}
    other = {seen_by(1, start_of(step))[0] for step in recording.steps.tolist()}
    assert set(recording.images) == main | other


@pytest.mark.slow
@pytest.mark.parametrize("trials", [4, pytest.param(100, marks=pytest.mark.long)])
def test_what_was_shown_to_a_killed_writer_is_there(tmp_path, python, trials):
    done = python(SCRIPT, str(trials))
    assert done.returncode == 0, done.stderr
    acknowledged = [int(line) for line in done.stdout.split()]
    assert len(acknowledged) == trials
    for trial, written in enumerate(acknowledged):
        path = tmp_path / f"{trial}.h5"
        with open_recording(path) as recording:
            check(recording)
            rows = len(recording.steps)
            last = written - 1  # 16 steps of every 20 are recorded
            assert rows >= last // 20 * 16 + min(last % 20 + 1, 16)
        assert repair(path)
        with open_recording(path) as recording:
            assert len(recording.steps) == rows
            check(recording)

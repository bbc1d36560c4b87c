"""Kill who records, resumes or repairs between two system calls, and look at what is left.

``python -m tests.helpers.killed_recorders PART [WHO]``, in an empty folder, kills each, or one of
them, before one in PART of its calls, and prints how often; it fails at the first file that is not
as it should be.
"""

import os
import shutil
import sys
from functools import partial
from pathlib import Path

import numpy as np
import torch

from spikefa.recording import Always, Probe, Recorder, Trigger, open_recording, repair
from spikefa.recording.format.superblock import clear_mark, lookup3
from tests.helpers.killed_calls import killed_before
from tests.helpers.toy_network import IMAGES, PROVENANCE, Toy


def high(variables):
    """Fires at about every eighth step."""
    return variables["hidden1"]["potential"][0, 0] > 1


PROBES = (
    Probe("input", "spikes", "all"),
    Probe("hidden1", "potential", 2, every=3),
    Probe("hidden2", "spikes", [3, 0, 17], encoding="events"),
    Probe("output", "spikes", "all", window=Trigger(high, before=3, after=4)),
)
STEPS = 60
EACH = 5
"""After one in so many kills the recording is gone on with, too."""

FILE = Path("f.h5")


def record(recorder, toy, start, acknowledge=None):
    """Record up to the last step, commit and acknowledge every ten, and close."""
    for step in range(start, STEPS, 10):
        toy.run(recorder, range(step, step + 10))
        recorder.commit()
        if acknowledge is not None:
            os.write(acknowledge, b"x")
    recorder.close()


def create(path, toy):
    return Recorder.create(path, PROBES, [Always()], toy.variables, PROVENANCE, thumbnails=IMAGES)


def resume(path, toy, step):
    return Recorder.resume(path, toy.variables, step, thumbnails=IMAGES, predicates={"high": high})


def rows_of(path):
    """Return the rows of every variable, and their steps."""
    with open_recording(path) as recording:
        held = {("steps", n): steps for n, steps in enumerate(recording.clock_steps)}
        held |= {("firings", n): firings for n, firings in enumerate(recording.clock_firings)}
        held["", "stimulus"] = recording.stimulus
        for each in recording.layout.channels:
            rows = slice(0, len(recording.clock_steps[each.clock]))
            name = each.population, each.variable
            held[name] = recording.stored(*name, rows)
    return held


def check(held, whole, least):
    """The rows are the first of the whole recording, and none that was committed is missing."""
    assert held.keys() == whole.keys()
    for name, values in held.items():
        np.testing.assert_array_equal(values, whole[name][: len(values)], err_msg=str(name))
    assert len(held["steps", 0]) >= least, (len(held["steps", 0]), least)


class Killing:
    """What is left of a recording after each kill.

    Parameters
    ----------
    before : Path or None
        The file that is there before.
    action : callable
        What is killed; it is called with a pipe, into which it acknowledges its commits.
    first : int
        The step of the first commit, if it makes any.
    committed : int
        The rows that have to be there in any case.
    """

    def __init__(self, before, action, first, committed):
        self.before, self.action, self.first, self.committed = before, action, first, committed

    def kill(self, call, whole):
        """Kill it before a call; return the number of calls that it began."""
        for each in [*Path().glob(f".{FILE.stem}.*"), *Path().glob(FILE.name)]:
            each.unlink()
        if self.before is not None:
            shutil.copyfile(self.before, FILE)
        reader, writer = os.pipe()
        begun = killed_before(call, lambda: self.action(writer))
        os.close(writer)
        commits = len(os.read(reader, 1000))
        os.close(reader)
        self.look(commits, whole, call % EACH == 0)
        return begun

    def look(self, commits, whole, go_on):
        """What was committed is there, is repaired, and can be gone on with."""
        toy = Toy()
        if not FILE.exists():
            assert self.before is None
            assert commits == 0
            if go_on:
                record(create(FILE, toy), toy, 0)
                check(rows_of(FILE), whole, STEPS)
            return
        least = self.first + 10 * commits if commits else self.committed
        repair(FILE, force=True)
        check(rows_of(FILE), whole, least)
        if go_on:
            once = FILE.read_bytes()
            assert not repair(FILE)
            assert FILE.read_bytes() == once
            record(resume(FILE, toy, least), toy, least)
            check(rows_of(FILE), whole, STEPS)
            assert list(Path().glob(".*.lock")) == []


def starting_files():
    """Make files of 30 rows: of a killed writer, one that bars every reader, and a closed one."""
    toy = Toy()
    killed, barred, closed = Path("killed"), Path("barred"), Path("closed")
    recorder = create(closed, toy)
    for step in range(0, 30, 10):
        toy.run(recorder, range(step, step + 10))
        recorder.commit()
    shutil.copyfile(closed, killed)
    recorder.close()
    shutil.copyfile(killed, barred)
    bar(barred)
    return killed, barred, closed


def bar(path):
    """Leave a file as a writer does that is killed before it admits readers."""
    clear_mark(path)
    content = bytearray(path.read_bytes())
    content[11] = 1
    content[44:48] = lookup3(bytes(content[:44])).to_bytes(4, "little")
    path.write_bytes(content)


def killings():
    """Return what is killed, by name."""
    killed, barred, closed = starting_files()

    def start(pipe):
        toy = Toy()
        record(create(FILE, toy), toy, 0, pipe)

    def go_on(pipe, step):
        toy = Toy()
        record(resume(FILE, toy, step), toy, step, pipe)

    return {
        "recording": Killing(None, start, 0, 0),
        "resuming": Killing(closed, partial(go_on, step=30), 30, 30),
        "resuming after a kill": Killing(killed, partial(go_on, step=20), 20, 20),
        "resuming a barred file": Killing(barred, partial(go_on, step=30), 30, 30),
        "repairing": Killing(killed, lambda pipe: repair(FILE, force=True), 0, 30),
        "repairing a barred file": Killing(barred, lambda pipe: repair(FILE, force=True), 0, 30),
    }


def main(part, who=""):
    """Kill each before one in `part` of its calls."""
    torch.set_num_threads(1)
    toy = Toy()
    record(create(Path("whole"), toy), toy, 0)
    whole = rows_of(Path("whole"))
    for name, killing in killings().items():
        if who in ("", name):
            calls = killing.kill(0, whole)
            chosen = range(1 + part // 2, calls + 1, part)
            for call in chosen:
                killing.kill(call, whole)
            print(f"{name}: {len(chosen)} kills, {calls} calls", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])

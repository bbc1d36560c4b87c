"""Triggers, against what NumPy makes of the whole state and of the definition."""

import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from toy_network import IMAGES, PROBES, shown, truth

from spikefa.errors import SpikefaError
from spikefa.recording import (
    Always,
    EveryImage,
    Probe,
    RateLeaves,
    Recorder,
    Trigger,
    Window,
    describe,
    open_recording,
    repair,
)

MUTANTS = Path(__file__).parents[1] / "mutants.py"
STEPS = 260
SPIKES = np.stack([truth(step)["hidden2"]["spikes"][0] for step in range(STEPS)])
FIRST = np.stack([truth(step)["hidden1"]["potential"][1, 0] for step in range(STEPS)])


def high(variables):
    return variables["hidden1"]["potential"][1, 0] > 1.2


def very_high(variables):
    return variables["hidden1"]["potential"][1, 0] > 2


def firings(holds, edge=True, hold_off=0, at_most=None):
    """Return the firing steps, one step after the other."""
    fired, before = [], False
    for step, holds_now in enumerate(holds):
        may = holds_now and not (edge and before)
        before = holds_now
        if may and (not fired or step > fired[-1] + hold_off) and len(fired) != at_most:
            fired.append(step)
    return fired


def around(fired, before, after, every=1, total=STEPS):
    """Return the set of steps that are recorded."""
    steps = {s for f in fired for s in range(f - before, f + after + 1) if 0 <= s < total}
    return {s for s in steps if s % every == 0}


def check(path, steps):
    """Every row is there once, in order, and is the state of its step."""
    steps = sorted(steps)
    with open_recording(path) as recording:
        np.testing.assert_array_equal(recording.steps, steps)
        if not steps:
            return
        spikes = [truth(step)["input"]["spikes"][0].astype(bool) for step in steps]
        np.testing.assert_array_equal(recording.raster("input"), spikes)
        units = recording.units("hidden1", "potential")
        potential = [truth(step)["hidden1"]["potential"][2][units] for step in steps]
        np.testing.assert_array_equal(recording.trace("hidden1", "potential"), potential)
        assert recording.stimulus.tolist() == [(step, *shown(step)) for step in steps]
        assert set(recording.images) == {shown(step)[0] for step in steps}


@pytest.mark.parametrize("memory", [1 << 28, 30_000, 17_000])
@pytest.mark.parametrize(
    ("before", "after", "rules"),
    [
        (0, 0, {}),
        (3, 2, {}),
        (20, 50, {}),
        (7, 0, {"edge": False}),
        (0, 9, {"hold_off": 30}),
        (4, 4, {"hold_off": 5, "at_most": 3}),
        (12, 3, {"edge": False, "hold_off": 1}),
    ],
)
def test_exactly_the_steps_around_the_firings(tmp_path, start, toy, before, after, rules, memory):
    trigger = Trigger(high, before=before, after=after, **rules)
    with start(windows=trigger, thumbnails=IMAGES, max_host_bytes=memory) as recorder:
        toy.run(recorder, range(STEPS))
    fired = firings(FIRST > 1.2, **rules)
    assert len(fired) > 2
    check(tmp_path / "run.h5", around(fired, before, after))
    with open_recording(tmp_path / "run.h5") as recording:
        np.testing.assert_array_equal(recording.firings("high"), fired)
        assert [w.label for w in recording.windows] == [
            f"high #{n}" for n in range(1, len(fired) + 1)
        ]
        second = recording.raster("input", steps="high #2")
        span = range(max(0, fired[1] - before), min(STEPS, fired[1] + after + 1))
        assert len(second) == len(set(span) & around(fired, before, after))


def test_firings_at_the_beginning_and_the_end(tmp_path, start, toy):
    """The history is shorter than `before`, and the run is over before `after`."""

    def edges(variables):
        return torch.isin(clock[0], torch.tensor([2, STEPS - 3]))

    clock = torch.zeros(1, dtype=torch.int64)
    with start(
        windows=[Trigger(edges, before=20, after=50, label="edges")], thumbnails=IMAGES
    ) as recorder:
        for step in range(STEPS):
            clock.fill_(step)
            toy.run(recorder, range(step, step + 1))
    fired = [2, STEPS - 3]
    check(tmp_path / "run.h5", around(fired, 20, 50))
    with open_recording(tmp_path / "run.h5") as recording:
        assert recording.windows == (
            Window("edges #1", 0, 53),
            Window("edges #2", STEPS - 23, STEPS + 48),
        )
        assert recording.status == "closed"


def test_a_recorder_that_begins_late_has_no_history(tmp_path, start, toy):
    with start(windows=Trigger(high, before=20, after=0), thumbnails=IMAGES) as recorder:
        toy.run(recorder, range(100, STEPS))
    fired = [100 + step for step in firings(FIRST[100:] > 1.2)]
    check(tmp_path / "run.h5", {step for step in around(fired, 20, 0) if step >= 100})


def test_a_trigger_that_never_fires_leaves_nothing(tmp_path, start, toy):
    with start(
        windows=Trigger(lambda v: torch.tensor(False), before=9, after=9, label="never")
    ) as recorder:
        toy.run(recorder, range(STEPS))
    with open_recording(tmp_path / "run.h5") as recording:
        assert len(recording.steps) == 0
        assert recording.windows == ()
        assert len(recording.firings("never")) == 0
        assert "never" in describe(recording)
        with pytest.raises(SpikefaError, match="no trigger 'x': it has never"):
            recording.firings("x")


def rate_holds(low, high):
    rates = SPIKES.mean(axis=1, dtype=np.float64)
    return (rates < low) | (rates > high)


MIXED = (
    Window("early", 10, 30),
    EveryImage(9, first=2),
    Trigger(high, before=6, after=3, hold_off=2),
    Trigger(
        RateLeaves("hidden2", 0.21, 0.6, stream=0),
        before=25,
        after=0,
        label="rate",
        edge=False,
        at_most=3,
    ),
)
WANTED = {
    *range(10, 30),
    *(s for s in range(STEPS) if s // 5 >= 2 and (s // 5 - 2) % 9 == 0),
    *around(firings(FIRST > 1.2, hold_off=2), 6, 3),
    *around(firings(rate_holds(0.21, 0.6), edge=False, at_most=3), 25, 0),
}


@pytest.mark.parametrize("memory", [1 << 28, 60_000])
def test_windows_and_triggers_together(tmp_path, start, toy, memory):
    with start(
        windows=MIXED, thumbnails=IMAGES, steps_per_image=5, max_host_bytes=memory
    ) as recorder:
        toy.run(recorder, range(STEPS))
    check(tmp_path / "run.h5", WANTED)
    assert len(WANTED) < STEPS - 40
    with open_recording(tmp_path / "run.h5") as recording:
        fired = firings(rate_holds(0.21, 0.6), edge=False, at_most=3)
        assert len(fired) == 3
        np.testing.assert_array_equal(recording.firings("rate"), fired)
        labels = [window.label for window in recording.windows]
        assert {"early", "image #2", "image #47", "high #1", "rate #3"} <= set(labels)
        starts = [window.start for window in recording.windows]
        assert starts == sorted(starts)
        assert len(recording.raster("input", steps="image #20")) == 5
        assert max(map(len, describe(recording).split("\n"))) <= 110
        assert [t.label for t in recording.triggers] == ["high", "rate"]


def test_beside_always_a_trigger_is_a_mark(tmp_path, start, toy):
    with start(windows=[Always(), Trigger(high, before=5, after=5)], thumbnails=IMAGES) as recorder:
        toy.run(recorder, range(STEPS))
        recorder._pipeline.thread.wait()
        recorder.commit()
        with open_recording(tmp_path / "run.h5") as recording:
            assert len(recording.steps) == STEPS  # nothing waits, as nothing is open
    check(tmp_path / "run.h5", range(STEPS))
    with open_recording(tmp_path / "run.h5") as recording:
        assert len(recording.raster("input", steps="always")) == STEPS
        step = firings(FIRST > 1.2)[3]
        np.testing.assert_array_equal(recording.firings("high")[3], step)
        assert len(recording.raster("input", steps="high #4")) == 11


def test_probes_with_steps_and_triggers_of_their_own(tmp_path, start, toy):
    probes = (
        *PROBES[:3],
        Probe("hidden2", "gain", [3], every=4),
        Probe("hidden2", "modulator", 2, window=Trigger(very_high, before=30, after=10), every=7),
        Probe(
            "output", "spikes", "all", stream="all", window=Trigger(very_high, before=1, after=1)
        ),
    )
    with start(
        probes=probes, windows=Trigger(high, before=6, after=6), thumbnails=IMAGES
    ) as recorder:
        toy.run(recorder, range(STEPS))
    fired, rare = firings(FIRST > 1.2), firings(FIRST > 2)
    assert len(rare) >= 2
    check(tmp_path / "run.h5", around(fired, 6, 6))
    with open_recording(tmp_path / "run.h5") as recording:
        for variable, steps in (
            ("gain", sorted(around(fired, 6, 6, every=4))),
            ("modulator", sorted(around(rare, 30, 10, every=7))),
        ):
            np.testing.assert_array_equal(recording.steps_of("hidden2", variable), steps)
            units = recording.units("hidden2", variable)
            values = [truth(step)["hidden2"][variable][0][units] for step in steps]
            np.testing.assert_array_equal(recording.trace("hidden2", variable), values)
        steps = sorted(around(rare, 1, 1))
        spikes = [truth(step)["output"]["spikes"].astype(bool) for step in steps]
        np.testing.assert_array_equal(recording.raster("output", stream="all"), spikes)
        np.testing.assert_array_equal(recording.firings("very_high"), rare)


def contents(path):
    """Return every dataset by name, but for what is remembered for a resumed run."""
    found = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: found.update({name: item[:]}) if hasattr(item, "dtype") else None
        )
    return {name: values for name, values in found.items() if "history" not in name}


@pytest.mark.parametrize(
    "windows", [MIXED, MIXED[2:], [Trigger(high, before=40, after=20, edge=False)]]
)
@pytest.mark.parametrize("stop", [1, 47, 90, 121, 200, 259])
def test_stopped_and_resumed_is_uninterrupted(tmp_path, start, toy, windows, stop):
    """Also with a trigger's window open, and with rows that wait when the first part is closed."""
    other = {"thumbnails": IMAGES, "steps_per_image": 5, "probes": (*PROBES, PROBES[0])[:-1]}
    with start(tmp_path / "whole.h5", windows=windows, **other) as recorder:
        toy.run(recorder, range(STEPS))
    path = tmp_path / "parts.h5"
    with start(path, windows=windows, **other) as recorder:
        toy.run(recorder, range(stop))
    given = {"predicates": {"high": high}, "thumbnails": IMAGES}
    with Recorder.resume(path, toy.variables, stop, **given) as recorder:
        toy.run(recorder, range(stop, min(stop + 3, STEPS)))
    with Recorder.resume(path, toy.variables, min(stop + 3, STEPS), **given) as recorder:
        toy.run(recorder, range(stop + 3, STEPS))
    whole, parts = contents(tmp_path / "whole.h5"), contents(path)
    assert whole.keys() == parts.keys()
    for name, values in whole.items():
        if name not in ("spikefa/images/index", "spikefa/images/pixels"):
            np.testing.assert_array_equal(values, parts[name], err_msg=name)
    with open_recording(tmp_path / "whole.h5") as a, open_recording(path) as b:
        assert a.images.keys() == b.images.keys()


@pytest.mark.parametrize("checkpoint", [60, 117, 180])
def test_resumed_from_a_checkpoint_before_the_end(tmp_path, start, toy, checkpoint):
    """The run went on after the checkpoint, which was committed, and is repeated from there."""
    other = {"windows": MIXED, "thumbnails": IMAGES, "steps_per_image": 5}
    with start(tmp_path / "whole.h5", **other) as recorder:
        toy.run(recorder, range(STEPS))
    path = tmp_path / "parts.h5"
    recorder = start(path, **other)
    for step in range(200):
        toy.run(recorder, range(step, step + 1))
        if step + 1 == checkpoint:
            recorder.commit()
    recorder.close("failed")
    given = {"predicates": {"high": high}, "thumbnails": IMAGES}
    with Recorder.resume(path, toy.variables, checkpoint, **given) as recorder:
        toy.run(recorder, range(checkpoint, STEPS))
    check(path, WANTED)
    whole, parts = contents(tmp_path / "whole.h5"), contents(path)
    np.testing.assert_array_equal(whole["spikefa/firings"], parts["spikefa/firings"])


def test_an_interrupted_commit_is_done_again(tmp_path, start, toy, interrupted_puts):
    """Ctrl-C while a block is on its way: its rows and firings are written once."""
    recorder = start(windows=Trigger(high, before=6, after=3), thumbnails=IMAGES)
    toy.run(recorder, range(100))
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            recorder.commit()
    toy.run(recorder, range(100, STEPS))
    recorder.close()
    fired = firings(FIRST > 1.2)
    check(tmp_path / "run.h5", around(fired, 6, 3))
    with open_recording(tmp_path / "run.h5") as recording:
        np.testing.assert_array_equal(recording.firings("high"), fired)


@pytest.mark.parametrize("trials", [60, pytest.param(3000, marks=pytest.mark.long)])
def test_damaged_files_are_read_or_refused(tmp_path, start, toy, trials):
    """As in read/test_fuzz.py: one that was closed, and one as a killed process leaves it."""
    path = tmp_path / "run.h5"
    with start(path, windows=MIXED, thumbnails=IMAGES, steps_per_image=5) as recorder:
        toy.run(recorder, range(130))
        recorder.commit()
        shutil.copy(path, tmp_path / "killed.h5")
        toy.run(recorder, range(130, 140))
    path.rename(tmp_path / "closed.h5")
    for name in ("closed", "killed"):  # the mutants look for recordings of events, too
        shutil.copy(tmp_path / f"{name}.h5", tmp_path / f"sparse_{name}.h5")
    command = [sys.executable, str(MUTANTS), "30000", str(trials)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    refused, _, growth = map(float, done.stdout.split())
    assert refused > trials / 6
    assert growth < 1200


def change(group, name, value, field=None):
    if field is None:
        group[name][...] = value
    else:
        rows = group[name][:]
        rows[field] = value
        group[name][:] = rows


@pytest.mark.parametrize(
    ("edit", "answer"),
    [
        (lambda g: change(g, "committed_firings", 2**63), "firings are committed, but has"),
        (lambda g: change(g, "firings", 9, "trigger"), "a trigger that it does not have"),
        (lambda g: change(g, "firings", 2**64 - 1, "step"), "not in ascending order"),
        (lambda g: change(g, "triggers", 2**64 - 1, "before"), "before=18446744073709551615"),
        (lambda g: change(g, "triggers", b"same", "label"), "share a label"),
        (lambda g: change(g, "recurring", 0, "period"), "5 steps in every 0"),
        (lambda g: change(g, "recurring", 2**64 - 1, "start_step"), "from 18446744073709551615"),
        (lambda g: g.__delitem__("firings"), "it has no /spikefa/firings"),
    ],
)
def test_a_file_that_says_what_cannot_be(tmp_path, start, toy, edit, answer):
    with start(windows=MIXED, thumbnails=IMAGES, steps_per_image=5) as recorder:
        toy.run(recorder, range(130))
    with h5py.File(tmp_path / "run.h5", "r+") as file:
        edit(file["spikefa"])
    with pytest.raises(SpikefaError, match=answer):
        open_recording(tmp_path / "run.h5")


@pytest.mark.parametrize(
    ("edit", "answer"),
    [
        (lambda h: change(h, "count", 2**40), "more rows than it can hold"),
        (lambda h: h.__delitem__("rows"), "it has no .*history/rows"),
        (lambda h: h.__delitem__("held"), "it has no .*history/held"),
    ],
)
def test_a_memory_that_cannot_be_is_found_when_it_is_needed(tmp_path, start, toy, edit, answer):
    path = tmp_path / "run.h5"
    with start(windows=MIXED, steps_per_image=5) as recorder:
        toy.run(recorder, range(90))
    with h5py.File(path, "r+") as file:
        edit(file["spikefa/history"])
    before = path.read_bytes()
    with open_recording(path) as recording:
        assert len(recording.steps)
    with pytest.raises(SpikefaError, match=answer):
        Recorder.resume(path, toy.variables, 90, predicates={"high": high})
    assert path.read_bytes() == before


SCRIPT = """
import os, random, signal, sys, time
import torch
from toy_network import *
from spikefa.recording import *
torch.set_num_threads(1)
def high(variables):
    return variables["hidden1"]["potential"][1, 0] > 1.2
probes = [Probe("input", "spikes", "all"), Probe("hidden1", "potential", 2, stream=2)]
windows = [Trigger(high, before=6, after=3)]
"""

KILL = """
for trial in range(int(sys.argv[1])):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        toy = Toy()
        recorder = Recorder.create(f"{trial}.h5", probes, windows, toy.variables, PROVENANCE,
                                   thumbnails=IMAGES, max_host_bytes=20_000)
        for step in range(20000):
            toy.run(recorder, range(step, step + 1))
            if step % 10 == 9:
                recorder.commit()
                os.write(writer, b"x")  # what can be decided is acknowledged
        os._exit(0)
    os.close(writer)
    os.read(reader, 1)
    time.sleep(random.Random(trial).uniform(0, 0.5))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    acknowledged = 1
    while block := os.read(reader, 65536):
        acknowledged += len(block)
    print(10 * acknowledged)
"""


@pytest.mark.parametrize("trials", [3, pytest.param(40, marks=pytest.mark.long)])
def test_what_a_killed_writer_acknowledged_is_there(tmp_path, python, toy, trials):
    """Every decided row up to the last commit; the file can be repaired, and resumed exactly."""
    done = python(SCRIPT + KILL, str(trials))
    assert done.returncode == 0, done.stderr
    acknowledged = [int(line) for line in done.stdout.split()]
    assert len(acknowledged) == trials
    for trial, stop in enumerate(acknowledged):
        path = tmp_path / f"{trial}.h5"
        holds = [truth(s)["hidden1"]["potential"][1, 0] > 1.2 for s in range(stop + 20)]
        fired = firings(holds)
        certain = around([f for f in fired if f < stop], 6, 3, 1, stop)
        for repaired in (False, True):
            if repaired:
                assert repair(path)
            with open_recording(path) as recording:
                assert recording.status == ("repaired" if repaired else "open")
                held = set(recording.steps.tolist())
                last = max(held, default=-1)
                assert certain <= held
                assert held <= around(fired, 6, 3, 1, stop + 20)
                assert set(recording.firings("high")) >= {f for f in fired if f < stop}
                spikes = [truth(s)["input"]["spikes"][0].astype(bool) for s in recording.steps]
                raster = recording.raster("input")
                np.testing.assert_array_equal(raster, np.reshape(spikes, (-1, 19)))
        given = {"predicates": {"high": high}, "thumbnails": IMAGES}
        with Recorder.resume(path, toy.variables, stop, **given) as recorder:
            toy.run(recorder, range(stop, stop + 60))
        holds = [truth(s)["hidden1"]["potential"][1, 0] > 1.2 for s in range(stop + 60)]
        check(path, around(firings(holds), 6, 3, 1, stop + 60))
        assert last < stop + 20

"""Kinds of windows, how they go together, and what is refused at the door."""

import threading
import tracemalloc

import h5py
import numpy as np
import pytest
import torch
from toy_network import PROBES, PROVENANCE, Toy

from spikefa.analysis.figure4 import figure4
from spikefa.cli import main
from spikefa.errors import SpikefaError
from spikefa.experiments.lillicrap2016 import fig4
from spikefa.recording import (
    Always,
    ClassShown,
    EveryImage,
    ImageWindow,
    Probe,
    RateLeaves,
    Recorder,
    Trigger,
    Window,
    WrongGuess,
    figure_windows,
    open_recording,
)
from spikefa.recording.plan.recurring import Recurring, stretches
from spikefa.recording.plan.windows import OPEN_END
from spikefa.recording.plan.words import parse_windows
from spikefa.recording.write.writer import Writer

SPIKES = Probe("input", "spikes", "all")


def high(variables):
    return variables["hidden1"]["potential"][1, 0] > 1.2


def steps_of(path, probe=SPIKES):
    with open_recording(path) as recording:
        return recording.steps_of(probe.population, probe.variable).tolist()


@pytest.mark.parametrize(
    ("windows", "wanted"),
    [
        (Always(), lambda s: True),
        ([Always("all"), Window("some", 3, 40)], lambda s: True),
        (ImageWindow("some", 4, 7), lambda s: 20 <= s < 35),
        (EveryImage(4), lambda s: s // 5 % 4 == 0),
        (EveryImage(1), lambda s: True),
        (EveryImage(7, first=3), lambda s: s // 5 >= 3 and (s // 5 - 3) % 7 == 0),
        (
            [EveryImage(6), EveryImage(9, label="ninth"), ImageWindow("i", 8, 14)],
            lambda s: s // 5 % 6 == 0 or s // 5 % 9 == 0 or 8 <= s // 5 < 14,
        ),
        ([Window("w", 13, 47), EveryImage(3, first=2)], lambda s: 13 <= s < 47 or s // 5 % 3 == 2),
    ],
)
def test_each_step_is_there_once(tmp_path, start, toy, windows, wanted):
    with start(probes=[SPIKES], windows=windows, steps_per_image=5) as recorder:
        toy.run(recorder, range(200))
    assert steps_of(tmp_path / "run.h5") == [step for step in range(200) if wanted(step)]


@pytest.mark.parametrize(
    ("windows", "starts"),
    [
        (Always(), [0]),
        (EveryImage(4), range(0, 200, 20)),
        ([Window("a", 1, 21), Window("b", 21, 50)], [1, 21]),
    ],
)
def test_steps_of_a_probe_are_counted_from_the_start_of_each_window(
    tmp_path, start, toy, windows, starts
):
    """Also of one that begins where another ends."""
    every = Probe("input", "spikes", "all", every=3)
    with start(probes=[every], windows=windows, steps_per_image=5) as recorder:
        toy.run(recorder, range(200))
    stops = {0: 200, 1: 21, 21: 50}
    expected = []
    for first in starts:
        stop = stops[first] if len(starts) < 3 else first + 5
        expected += range(first, stop, 3)
    assert steps_of(tmp_path / "run.h5") == expected


def test_windows_that_overlap_make_one_stretch():
    windows = [Window("a", 4, 9), Window("open", 30, OPEN_END)]
    recurring = [
        Recurring("r", start=0, length=5, period=10),
        Recurring("s", start=28, length=3, period=100),
    ]
    found = list(stretches(windows, recurring))
    assert found == [(0, 9), (10, 15), (20, 25), (28, OPEN_END)]


def test_rows_of_recurring_windows_are_written_together(tmp_path, start, toy, monkeypatch):
    """Not at the end of each presentation: a commit for five rows costs more than the rows."""
    append, sizes = Writer.append, []

    def counted(self, clock, stimulus, *others):
        sizes.append(len(stimulus))
        append(self, clock, stimulus, *others)

    monkeypatch.setattr(Writer, "append", counted)
    with start(probes=[SPIKES], windows=EveryImage(2), steps_per_image=5) as recorder:
        toy.run(recorder, range(2500))
    assert sum(sizes) == 1250
    assert max(sizes) > 300
    assert len(sizes) <= 4


def test_which_windows_there_are_is_read_back(tmp_path, start, toy):
    windows = [
        Always(),
        ImageWindow("i", 2, 4),
        EveryImage(10, first=1, label="tenth"),
        Window("w", 90, 95),
    ]
    with start(windows=windows, steps_per_image=5) as recorder:
        toy.run(recorder, range(120))
    with open_recording(tmp_path / "run.h5") as recording:
        labels = ["always", "tenth #1", "i", "tenth #11", "tenth #21", "w"]
        assert [w.label for w in recording.windows] == [*labels[:4], "w", "tenth #21"]
        assert recording.window("i") == Window("i", 10, 20)
        assert recording.steps[recording.rows("tenth #11")].tolist() == [*range(55, 60)]
        with pytest.raises(SpikefaError, match="no window 'tenth': it has always, tenth #1"):
            recording.rows("tenth")


def changing(variables):
    variables["hidden1"]["potential"].add_(1)
    return variables["hidden1"]["potential"][0, 0] > 0


@pytest.mark.parametrize(
    ("make_windows", "answer"),
    [
        (lambda: [], "at least one window"),
        (lambda: "always", "give Window, ImageWindow, EveryImage, Always or Trigger"),
        (lambda: [Window("a", 0, 5), ImageWindow("b", 0, 5)], "overlap: make them disjoint"),
        (lambda: [ImageWindow("b", 5, 5)], "window 'b' is 25:25"),
        (lambda: [EveryImage(0)], "k=0: give 1 or more"),
        (lambda: [EveryImage(2.5)], "k=2.5: give 1 or more"),
        (lambda: [EveryImage(2, first=-1)], "first=-1"),
        (lambda: [EveryImage(2), EveryImage(3)], "share a label: image, image"),
        (lambda: [Always(), Always()], "share a label"),
        (lambda: [Always(""), EveryImage(3)], "is empty"),
        (
            lambda: [EveryImage(2), Window("image #4", 0, 9)],
            "one of those of 'image': give it another",
        ),
        (lambda: Trigger(7), "the predicate 7: give ClassShown"),
        (lambda: Trigger(high, before=-1), "before=-1: give 0 or more"),
        (lambda: Trigger(high, after=1.5), "after=1.5: give 0 or more"),
        (lambda: Trigger(high, hold_off=None), "hold_off=None: give 0 or more"),
        (lambda: Trigger(high, at_most=0), "at_most=0: give 1 or more"),
        (lambda: Trigger(high, label="x" * 33), "over 32 bytes"),
        (lambda: [Trigger(high), Trigger(high, before=5)], "share a label: high, high"),
        (lambda: Trigger(lambda v: v["nothing"], label="n"), "'n' fails: KeyError: 'nothing'"),
        (lambda: Trigger(lambda v: True, label="n"), "'n' returns a bool: it must return a bool"),
        (lambda: Trigger(lambda v: torch.ones(1) > 0, label="n"), r"torch.bool of shape \(1,\)"),
        (lambda: Trigger(lambda v: torch.ones(()), label="n"), r"torch.float32 of shape \(\)"),
        (lambda: Trigger(changing), "'changing' changes the state"),
        (lambda: Trigger(ClassShown(7)), "has no variable 'label' to record: it has spikes"),
        (lambda: Trigger(ClassShown(10)), "'class 10' waits for class 10: give 0 to 9"),
        (lambda: Trigger(WrongGuess()), "has no variable 'class_spikes' to record"),
        (lambda: Trigger(RateLeaves("hidden7", 0, 1, stream=0)), "no population 'hidden7'"),
        (lambda: Trigger(RateLeaves("hidden1", 0, 1, stream=9)), "fails: IndexError"),
        (lambda: Trigger(RateLeaves("hidden1", 0, 1, stream=-1)), "stream=-1: give the number"),
        (
            lambda: Trigger(RateLeaves("hidden1" * 50, 0, 1, stream=0), label="r"),
            "more than 256 bytes",
        ),
    ],
)
def test_mistakes_are_reported_at_the_beginning(tmp_path, start, make_windows, answer):
    with pytest.raises(SpikefaError, match=answer):
        start(probes=[SPIKES], windows=make_windows(), steps_per_image=5)
    assert not (tmp_path / "run.h5").exists()


@pytest.mark.parametrize(
    "windows", [EveryImage(3), ImageWindow("a", 1, 2), Trigger(ClassShown(7), label="seven")]
)
def test_who_counts_images_has_to_know_how_long_they_are_shown(start, windows):
    with pytest.raises(SpikefaError, match="steps_per_image"):
        start(probes=[SPIKES], windows=windows)


def test_predicates_refuse_what_cannot_be():
    with pytest.raises(SpikefaError, match="number of a class"):
        ClassShown(256)
    with pytest.raises(SpikefaError, match="give low <= high"):
        RateLeaves("hidden1", 0.5, 0.2)
    with pytest.raises(SpikefaError, match="True or False"):
        WrongGuess(3)


def test_a_predicate_that_no_file_can_hold_is_given_again(tmp_path, start, toy):
    path = tmp_path / "run.h5"
    with start(windows=[Trigger(high, label="mine"), Always()]) as recorder:
        toy.run(recorder, range(20))
    before = path.read_bytes()
    for given, answer in (
        ({}, r"give predicates=\{'mine': the function\}"),
        ({"mine": high, "other": high}, "for the trigger 'other': the recording has the .* mine"),
        ({"mine": lambda v: 3}, "returns a int"),
    ):
        with pytest.raises(SpikefaError, match=answer):
            Recorder.resume(path, toy.variables, 20, predicates=given)
    assert path.read_bytes() == before
    Recorder.resume(path, toy.variables, 20, predicates={"mine": high}).close()


def test_too_little_memory_for_what_comes_before_is_refused(tmp_path, start):
    trigger = Trigger(high, before=5000)
    with pytest.raises(SpikefaError, match="fewer steps before a trigger") as caught:
        start(windows=trigger, max_host_bytes=500_000)
    enough = int(str(caught.value).split("give ")[1].split()[0])
    start(windows=trigger, max_host_bytes=enough).close()
    (tmp_path / "run.h5").unlink()
    with pytest.raises(SpikefaError, match="max_host_bytes"):
        start(windows=trigger, max_host_bytes=enough - 1)


def test_memory_is_bounded_with_triggers(tmp_path):
    """What the filter holds beside the blocks: rows of 80 kB, 30 of them before a firing."""
    wide = torch.zeros(1, 20_000)
    variables = {"a": {"spikes": torch.zeros(1, 3), "value": wide}}
    probes, limit = [Probe("a", "value", "all")], 24_000_000
    trigger = Trigger(
        lambda v: v["a"]["value"][0, 0] % 7 == 5, before=30, after=3, label="often", edge=False
    )
    path = tmp_path / "wide.h5"
    tracemalloc.start()
    with Recorder.create(
        path, probes, trigger, variables, {"seed": 1}, max_host_bytes=limit
    ) as recorder:
        for step in range(600):
            wide.fill_(step)
            recorder.observe(step, 0, 0)
        (pool,) = recorder._pipeline.thread._pools
        blocks = pool.made * pool.take()[0].capacity * wide.nbytes
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert pool.made >= 2
    assert blocks + peak < limit
    assert steps_of(path, probes[0]) == list(range(597))


def slow(monkeypatch, seconds=0.0, error=None):
    append = Writer.append

    def slowly(self, *arguments):
        if error is not None:
            raise error
        threading.Event().wait(seconds)
        append(self, *arguments)

    monkeypatch.setattr(Writer, "append", slowly)


def test_a_slow_disk_is_waited_for_and_counted(tmp_path, start, toy, monkeypatch):
    slow(monkeypatch, 0.02)
    with start(
        windows=Trigger(high, before=9, after=9, edge=False), max_host_bytes=17_000
    ) as recorder:
        toy.run(recorder, range(400))
    assert recorder.backpressure.blocks > 0
    holds = [bool(high(after(step))) for step in range(400)]
    near = np.convolve(holds, np.ones(19), "same") > 0
    assert steps_of(tmp_path / "run.h5") == np.flatnonzero(near).tolist()


def after(step):
    toy = Toy()
    toy.step(step)
    return toy.variables


def test_a_failed_write_stops_the_recording_alone(start, toy, monkeypatch):
    messages = []
    recorder = start(windows=[Always(), Trigger(high, before=9, after=9)], warn=messages.append)
    toy.run(recorder, range(50))
    recorder.commit()
    slow(monkeypatch, error=OSError("gone"))
    toy.run(recorder, range(50, 60))
    recorder.commit()
    toy.run(recorder, range(60, 90))
    recorder.close()
    assert len(messages) == 1
    assert "stopped after 50 steps (gone)" in messages[0]


def test_a_file_of_plain_windows_is_as_before(tmp_path, start, toy):
    """No group of triggers, no other dataset: what reads format 1.0 reads it."""
    with start() as recorder:
        toy.run(recorder, range(130))
        assert recorder._pipeline.monitor is None
    with h5py.File(tmp_path / "run.h5") as file:
        held = set(file["spikefa"])
    assert held == {
        *("backpressure", "committed_steps", "epochs", "modulator", "populations"),
        *("raster", "status", "step", "stimulus", "trace", "writer"),
    }


@pytest.mark.parametrize(
    ("windows", "columns"),
    [
        (Always(), ["early", "middle", "late"]),
        ([EveryImage(10), Window("a", 3, 9)], ["a"]),
        ([EveryImage(20)], ["image #0", "image #20", "image #40"]),
        (Trigger(high, before=3, after=3, hold_off=60), ["high #1", "high #2", "high #3"]),
    ],
)
def test_figure_4_of_any_windows(tmp_path, start, toy, windows, columns):
    with start(windows=windows, steps_per_image=5, probes=PROBES) as recorder:
        toy.run(recorder, range(210))
    with open_recording(tmp_path / "run.h5") as recording:
        figure = figure4(recording)
    found = dict.fromkeys(str(axes.get_label()).partition("/")[0] for axes in figure.axes)
    assert list(found) == columns


FIGURE = figure_windows(1000, 5)


@pytest.mark.parametrize(
    ("text", "windows"),
    [
        ("figure", [*FIGURE]),
        ("always", [Always()]),
        ("figure, every:100", [*FIGURE, EveryImage(100, label="every 100")]),
        ("class:7", [Trigger(ClassShown(7), before=5, after=9)]),
        (
            "wrong,every:3",
            [Trigger(WrongGuess(), before=9, after=5), EveryImage(3, label="every 3")],
        ),
    ],
)
def test_windows_in_words(text, windows):
    assert parse_windows(text, 1000, 5) == windows


@pytest.mark.parametrize("text", ["", "figure:3", "every", "every:x", "class:-1", "sometimes"])
def test_other_words_are_answered_with_those_there_are(text):
    with pytest.raises(SpikefaError, match="give figure, always, every:K, class:C or wrong"):
        parse_windows(text, 1000, 5)


def test_an_experiment_records_what_it_is_told_to(tmp_path, monkeypatch):
    options = "--dataset digits --hidden 20 --outputs 20 --batch-size 20 --test-images 20".split()
    words = ["--record-windows", "figure,every:30,class:3,wrong"]
    folder = tmp_path / "run"
    arguments = ["run", "lillicrap2016.fig4", *options, "--out", str(folder)]
    monkeypatch.setattr(fig4, "draw", lambda directory: [])
    assert main([*arguments, "--epochs", "1", "--record-windows", "often"]) == 2
    assert not folder.exists()
    assert main([*arguments, "--epochs", "1", *words]) == 0
    assert main(["run", "lillicrap2016.fig4", "--resume", str(folder), "--epochs", "2"]) == 0
    with open_recording(folder / "recording.h5") as recording:
        labels = [window.label for window in recording.windows]
        assert {"early", "middle", "late", "every 30 #60", "class 3 #9"} <= set(labels)
        steps = recording.steps_of("hidden1")
        assert set(recording.firings("wrong guess")) <= set(steps.tolist())
        assert recording.firings("class 3")[-1] > 5 * 72


@pytest.mark.gpu
def test_triggers_on_the_gpu_do_not_wait_for_it(tmp_path):
    """And record what they do on the CPU, in blocks that are used again and again."""
    files = []
    for device in ("cpu", "cuda"):
        toy = Toy()
        for states in toy.variables.values():
            for variable, value in states.items():
                states[variable] = value.to(device)
        files.append(tmp_path / f"{device}.h5")
        windows = [Trigger(high, before=20, after=5), Window("w", 30, 90), EveryImage(30)]
        with Recorder.create(
            *(files[-1], PROBES, windows, toy.variables, PROVENANCE),
            max_host_bytes=60_000,
            steps_per_image=5,
        ) as recorder:
            for step in range(2000):
                toy.step(step)
                torch.cuda.set_sync_debug_mode("error" if step < 50 else "default")
                recorder.observe(step, 0, 0)
                torch.cuda.set_sync_debug_mode("default")
    with open_recording(files[0]) as a, open_recording(files[1]) as b:
        np.testing.assert_array_equal(a.firings("high"), b.firings("high"))
        np.testing.assert_array_equal(a.steps, b.steps)
        for channel in a.layout.channels:
            name = channel.population, channel.variable
            every = slice(None)
            np.testing.assert_array_equal(a.stored(*name, every), b.stored(*name, every))

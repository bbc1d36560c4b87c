"""Windows in words."""

import pytest

from spikefa.cli import main
from spikefa.errors import SpikefaError
from spikefa.experiments.lillicrap2016 import fig4
from spikefa.recording import (
    Always,
    ClassShown,
    EveryImage,
    Trigger,
    WrongGuess,
    figure_windows,
    open_recording,
)
from spikefa.recording.plan.words import parse_windows

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


@pytest.mark.slow
def test_an_experiment_records_what_it_is_told_to(tmp_path, monkeypatch):
    options = "--dataset digits --hidden 20 --outputs 20 --batch-size 20 --test-images 20".split()
    words = ["--record-windows", "figure,every:30,class:3,wrong"]
    folder = tmp_path / "run"
    arguments = ["run", "lillicrap2016.fig4", *options, "--out", str(folder)]
    monkeypatch.setattr(fig4, "draw_figures", lambda directory: [])
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

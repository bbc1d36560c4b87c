"""The experiments with spike trains: a short run, published data made up, data that are missing."""

import numpy as np
import pytest

from spikefa.cli import main
from spikefa.datasets import EventDataset, Events
from spikefa.experiments.events import nmnist, saccades, shd
from spikefa.runs.studies.claims import judge_all
from spikefa.runs.studies.file import read_result

SHORT = {"epochs": 1, "hidden": 10, "outputs": 20, "train_samples": 60, "batch_size": 5}


def test_a_short_run_writes_an_error_for_each_circuit_and_a_picture(tmp_path, capsys):
    out = tmp_path / "run"
    options = ["--epochs", "1", "--hidden", "10", "--outputs", "20", "--train-samples", "60"]
    assert main(["run", "events.saccades", "--quick", *options, "--out", str(out)]) == 0
    result = read_result(out / "result.json")
    assert len(result["quantities"]) == 6
    assert (out / "figures" / "saccades.png").stat().st_size > 3000
    more = ["--resume", str(out), "--repeats", "2", "--cells", "DFA"]
    assert main(["run", "events.saccades", *more]) == 0


def test_it_is_judged_by_held_out_samples_if_there_are_any(monkeypatch):
    settings = saccades.Settings(**saccades.EXPERIMENT.quick | SHORT, validation_samples=100)
    seen = []
    monkeypatch.setattr(saccades, "train", lambda *given: seen.append(given))
    saccades.once(settings, 0, "FA")
    dataset = seen[0][3]
    assert (len(dataset.train), len(dataset.test), dataset.validation) == (60, 100, None)
    whole = saccades.EXPERIMENT.data(settings)
    labels = np.bincount(whole.train.labels) * 100 / len(whole.train)
    assert np.abs(np.bincount(dataset.test.labels) - labels).max() < 1


def made_up(n_units, n_classes, scale):
    def events(count, seed):
        random = np.random.default_rng(seed)
        pairs = [
            (random.uniform(0, scale, 20), random.integers(0, n_units, 20)) for _ in range(count)
        ]
        unit = "us" if scale > 1 else "s"
        labels = np.arange(count) % n_classes
        return Events.of(pairs, n_units, labels, n_classes, time_unit=unit)

    return EventDataset("made up", events(70, 0), events(20, 1))


@pytest.mark.parametrize(
    ("module", "made"),
    [(nmnist, made_up(2312, 10, 400_000)), (shd, made_up(700, 20, 1.2))],
)
def test_published_data_are_learnt_by_every_circuit(module, made, monkeypatch):
    monkeypatch.setattr("spikefa.experiments.events._published.load_events", lambda *given: made)
    settings = module.Settings(**module.EXPERIMENT.quick | SHORT, steps=10)
    runs = {}
    for cell in module.EXPERIMENT.cells:
        found = module.once(settings, 0, cell)
        assert found["summed"].shape == (1,)
        runs[cell] = {name: values[None] for name, values in found.items()}
    measures = module.EXPERIMENT.measures(module.Settings(), runs)
    verdicts = judge_all(module.EXPERIMENT.claims, measures)
    assert len(verdicts) == 3
    assert f"{100 - module.PUBLISHED:g} %" in verdicts[1].text


@pytest.mark.parametrize(("name", "says"), [("nmnist", "468j46mzdv"), ("shd", "zenkelab.org")])
def test_data_that_are_missing_are_asked_for(name, says, tmp_path, capsys):
    out, data = str(tmp_path / "run"), str(tmp_path)
    assert main(["run", f"events.{name}", "--data-dir", data, "--out", out]) == 2
    assert says in capsys.readouterr().err

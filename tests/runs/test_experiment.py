"""An experiment completes its settings, makes a folder, and resumes only what it began."""

from dataclasses import asdict, dataclass, replace

import numpy as np
import pytest
import yaml

from spikefa.errors import SpikefaError
from spikefa.runs.directory import RunDirectory
from spikefa.runs.experiment import Experiment, Prepared
from spikefa.runs.loading import load_experiment
from spikefa.runs.options import option
from spikefa.runs.parsing import parse_settings
from spikefa.runs.settings import Repeated


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    size: int = option(10, "how large")
    length: int = option(3, "how long")


@dataclass(frozen=True)
class Sizes(Experiment):
    def prepare(self, settings, resumed):
        def compute(directory):
            with open(directory.path / "sizes.txt", "a") as file:
                print(settings.size, resumed is not None, file=file)

        return Prepared(compute)

    def draw_figures(self, settings, directory):
        return [directory.figures / f"size{settings.size}.png"]

    def conclude(self, settings, directory, figures):
        directory.write_summary({"figures": [path.name for path in figures]})


def doubled(settings):
    if settings.size > 100:
        raise SpikefaError("too large")
    return settings


SIZES = Sizes("some.sizes", Settings, quick={"size": 2}, complete=doubled, may_change=("length",))


def test_a_run_is_computed_drawn_and_concluded(tmp_path):
    directory = SIZES.run(out=tmp_path / "run")
    assert (directory.path / "sizes.txt").read_text() == "10 False\n"
    assert directory.read_summary() == {"figures": ["size10.png"]}
    assert directory.experiment == "some.sizes"
    assert SIZES.draw(directory) == [directory.figures / "size10.png"]


def test_figures_can_be_left_out_and_drawn_later(tmp_path):
    directory = SIZES.run(out=tmp_path / "run", figures=False)
    assert directory.read_summary() == {"figures": []}
    assert SIZES.draw(directory) == [directory.figures / "size10.png"]
    SIZES.run(resume=directory.path)
    assert directory.read_summary() == {"figures": ["size10.png"]}


def test_the_default_folder_has_the_name_of_the_experiment(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert SIZES.run().path.as_posix() == "runs/some.sizes"


def test_the_quick_version_changes_defaults_alone():
    assert SIZES.completed(Settings(quick=True)).size == 2
    assert SIZES.completed(Settings(quick=True, size=7)).size == 7
    assert SIZES.completed(Settings()).size == 10


def test_settings_are_completed_before_a_folder_is_made(tmp_path):
    with pytest.raises(SpikefaError, match="too large"):
        SIZES.run(Settings(size=101), tmp_path / "run")
    for wrong in ({"repeats": 0}, {"processes": 0}):
        with pytest.raises(
            SpikefaError, match=f"--{next(iter(wrong))} is 0: give a whole number from 1"
        ):
            SIZES.run(Settings(**wrong), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_run_goes_on_with_the_settings_that_may_change(tmp_path):
    settings = Settings(size=4)
    directory = SIZES.run(settings, tmp_path / "run")
    SIZES.run(replace(settings, length=5), resume=directory.path)
    assert (directory.path / "sizes.txt").read_text() == "4 False\n4 True\n"
    with pytest.raises(SpikefaError, match="has --size 4, 5 given: leave it out"):
        SIZES.run(Settings(size=5), resume=directory.path)
    with pytest.raises(SpikefaError, match="holds no run"):
        SIZES.run(settings, resume=tmp_path)


def test_a_quick_run_is_not_called_whole_by_resuming_it(tmp_path):
    """Its result would claim to be that of the paper's settings."""
    study = load_experiment("lillicrap2016.fig2")
    run = RunDirectory.create(tmp_path / "run")
    run.write_config(study.name, asdict(study.completed(study.settings(quick=True))))
    given = parse_settings(
        study.name, study.settings, ["--resume", str(run.path), "--quick", "false"]
    )
    with pytest.raises(SpikefaError, match="has --quick True, False given"):
        study.run(given.settings, resume=given.resume)


def test_settings_of_numpy_are_stored_as_numbers(tmp_path):
    run = SIZES.run(Settings(size=np.int64(4)), out=tmp_path / "run")
    assert yaml.safe_load(run.config.read_text())["size"] == 4
    SIZES.run(Settings(size=np.int8(4), length=np.int64(9)), resume=run.path)

"""What the library tells to Python's logging, and that it prints nothing itself."""

import ast
import logging
import warnings

import pytest

import spikefa as sf
from tests.helpers.processes import run_python
from tests.helpers.shown_runs import simulation
from tests.helpers.sources import sources

COMMANDS = ("cli/", "bench/")
"""Rooms that print what a command was asked for."""
SAYS = {
    "plugins/named_code.py": "code of the user that a command runs",
    "utils/progress.py": "progress",
    "experiments/lillicrap2016/fig4.py": "the backend of the command's run",
    "runs/experiment.py": "the threads of the command's run",
    "runs/watching/watch.py": "what there is to watch",
}
"""Other files that print, and what."""


def printing():
    for source in sources():
        mains = {
            id(node)
            for function in source.functions
            if function.name == "main"
            for node in ast.walk(function)
        }
        for node in ast.walk(source.tree):
            named = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"
            if named and id(node) not in mains and not str(source.name).startswith(COMMANDS):
                yield str(source.name)


@pytest.mark.slow
def test_nothing_but_commands_prints():
    assert set(printing()) == set(SAYS)


@pytest.mark.slow
def test_every_warning_is_logged():
    found = [
        str(source.name)
        for source in sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "warnings.warn"
    ]
    assert found == ["utils/notices.py"]


def test_a_training_tells_what_it_does(tmp_path, caplog):
    caplog.set_level(logging.INFO, "spikefa")
    path = tmp_path / "c.pt"
    sim = simulation(checkpoint=path)
    with sim:
        sim.record(
            tmp_path / "r.h5", [sf.Probe("hidden1", "spikes", "all")], sf.Window("all", 0, 6)
        )
        sim.train(2)
    simulation().restore(path)
    said = [record.getMessage() for record in caplog.records]
    backend = "backend eager: the others are for CUDA, and the network is on cpu"
    expected = [
        backend,
        f"recording into {tmp_path / 'r.h5'}",
        f"checkpoint of step 0 written to {path}",
        "epoch 1/2  error ",
        f"checkpoint of step 6 written to {path}",
        "epoch 2/2  error ",
        f"checkpoint of step 9 written to {path}",
        f"the recording {tmp_path / 'r.h5'} has ended: closed",
        backend,
        f"going on from step 9 in {path}",
    ]
    assert [text[: len(start)] for text, start in zip(said, expected, strict=True)] == expected
    assert {record.name.partition(".")[0] for record in caplog.records} == {"spikefa"}


def test_a_warning_is_logged_too_and_blames_the_same_line(caplog):
    pixels = sf.datasets.digits().train.pixels[:4] * 0 + 1
    labels = sf.datasets.digits().train.labels[:4]
    with pytest.warns(UserWarning, match="the brightest pixel is 1") as caught:
        sf.datasets.Images(pixels, labels)
    assert caught[0].filename == __file__
    (record,) = [each for each in caplog.records if each.name.startswith("spikefa")]
    assert record.levelname == "WARNING"
    assert record.getMessage() == str(caught[0].message)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sf.datasets.Images(pixels, labels)
    assert len(caplog.records) == 2


def test_it_is_silent_until_somebody_asks():
    """Not even a warning goes to standard error by logging's last resort."""
    ended = run_python(
        "import warnings, spikefa as sf\n"
        "from spikefa.utils.notices import warn\n"
        "warnings.simplefilter('ignore')\n"
        "warn('something')\n"
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")

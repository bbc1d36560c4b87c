"""Fixtures that several rooms of tests use."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch

from spikefa.analysis.saving import DPI
from spikefa.cli import main
from spikefa.datasets import Dataset, Images
from tests.helpers.interpreter import patch_the_language_once
from tests.helpers.processes import REPOSITORY


def pytest_runtest_setup(item):
    """Skip tests of GPUs where there is none, which a rehearsal of ``make gpu`` collects."""
    if item.get_closest_marker("gpu") is not None and not torch.cuda.is_available():
        pytest.skip("there is no CUDA device")


@pytest.fixture(scope="session", autouse=True)
def own_key(tmp_path_factory):
    """The key with which runs are sealed is not that of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_is_heard():
    """Shells let what runs in the background ignore Ctrl-C; processes of tests inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def few_dots():
    """Draw pictures in a few dots, which is faster, but where a test looks at the dots."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("spikefa.analysis.saving.DPI", 80)
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_interpreter():
    """Where kernels are interpreted, spare the interpreter what it does twice."""
    with pytest.MonkeyPatch.context() as patch:
        patch_the_language_once(patch)
        yield


@pytest.fixture
def all_dots(monkeypatch):
    """Draw pictures as for users."""
    monkeypatch.setattr("spikefa.analysis.saving.DPI", DPI)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of the real MNIST files."""
    folder = Path(os.environ.get("SPIKEFA_DATA", REPOSITORY.parent / "shared" / "data")).resolve()
    if not any(folder.glob("**/train-images-idx3-ubyte*")):
        pytest.skip(f"the MNIST files are not in {folder}: set SPIKEFA_DATA")
    return folder


@pytest.fixture(scope="session")
def tiny() -> Dataset:
    """Two-class images of 3 x 4 pixels that are easy to tell apart."""
    random = np.random.default_rng(5)

    def images(n: int) -> Images:
        labels = (np.arange(n) % 2).astype(np.uint8)
        pixels = random.integers(0, 80, (n, 3, 4))
        pixels[labels == 0, :, :2] += 150
        pixels[labels == 1, :, 2:] += 150
        return Images(pixels.astype(np.uint8), labels, n_classes=2)

    return Dataset("tiny", train=images(22), test=images(10))


@pytest.fixture
def said(capsys):
    """Run a command that is expected to fail; return the line that it prints."""

    def run(*arguments: object) -> str:
        capsys.readouterr()  # such as the progress of a run before
        assert main([str(argument) for argument in arguments]) == 2
        line = capsys.readouterr().err
        assert line.count("\n") == 1, line
        assert line.startswith("spikefa: ")
        assert "Traceback" not in line
        return line

    return run

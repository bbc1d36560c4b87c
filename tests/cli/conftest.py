"""A finished run, and a copy of it that a test may damage."""

import shutil

import pytest

from spikefa.cli import main
from tests.helpers.small_run import DRAWN


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A finished run of two epochs, which nobody may change."""
    out = tmp_path_factory.mktemp("cli") / "run"
    assert main([*DRAWN, "--epochs", "2", "--validation-images", "30", "--out", str(out)]) == 0
    return out


@pytest.fixture
def copied(finished, tmp_path):
    """A copy of it for one test."""
    return shutil.copytree(finished, tmp_path / "run")

import subprocess

import pytest

from spikefa.recording import Recorder
from spikefa.recording.write.writer_thread import WriterThread
from tests.helpers.processes import run_python
from tests.helpers.toy_network import PROBES, PROVENANCE, WINDOWS, Toy


@pytest.fixture
def toy():
    return Toy()


@pytest.fixture
def start(tmp_path, toy):
    """Start a recording of the toy network; what is given replaces the defaults."""

    def start(
        path=tmp_path / "run.h5", probes=PROBES, windows=WINDOWS, variables=toy.variables, **other
    ):
        return Recorder.create(path, probes, windows, variables, PROVENANCE, **other)

    return start


@pytest.fixture
def python(tmp_path):
    """Run a script in a Python of its own, in an empty folder."""

    def run(script: str, *arguments: str) -> subprocess.CompletedProcess:
        return run_python(script, *arguments, cwd=tmp_path)

    return run


@pytest.fixture
def interrupted_puts(monkeypatch):
    """Ctrl-C before the first block reaches the writer, and after the second; the blocks sent."""
    put, calls = WriterThread.put, []

    def interrupted(thread, block):
        calls.append(block)
        if len(calls) == 1:
            raise KeyboardInterrupt
        put(thread, block)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(WriterThread, "put", interrupted)
    return calls

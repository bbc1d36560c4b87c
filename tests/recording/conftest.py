import subprocess
import sys
from pathlib import Path

import pytest

from spikefa.recording import Recorder
from spikefa.recording.write.writer_thread import WriterThread

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))  # pytest imports tests by file, and `toy_network` is beside them

from toy_network import PROBES, PROVENANCE, WINDOWS, Toy  # noqa: E402


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
    """Run a script in a Python of its own, in an empty folder, where `toy_network` is at hand."""

    def run(script: str, *arguments: str) -> subprocess.CompletedProcess:
        path = f"import sys; sys.path[:0] = [{str(HERE.parents[1])!r}, {str(HERE)!r}]\n"
        return subprocess.run(
            [sys.executable, "-c", path + script, *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=600,
        )

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

"""However the process ends, the rows are in the file."""

import signal
import subprocess

import numpy as np
import pytest

from spikefa.recording import open_recording
from tests.helpers.processes import start_python

ENDS = """
import signal, sys, time
import torch
from tests.helpers.toy_network import *
from spikefa.recording import *
torch.set_num_threads(1)
toy = Toy()
recorder = Recorder.create("e.h5", PROBES, [Window("w", 0, 5000)], toy.variables, PROVENANCE)
toy.run(recorder, range(37))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("end", "code", "status"),
    [
        ("", 0, "closed"),
        ("sys.exit(3)", 3, "closed"),
        ("1 / 0", 1, "failed"),
        ("with recorder: 1 / 0", 1, "failed"),
        ("with recorder: sys.exit(4)", 4, "failed"),
        ("signal.raise_signal(signal.SIGINT)", 130, "failed"),
        ("signal.raise_signal(signal.SIGTERM)", 143, "failed"),
        ("with recorder: signal.raise_signal(signal.SIGTERM)", 143, "failed"),
    ],
)
def test_however_the_program_ends_the_rows_are_there(tmp_path, python, end, code, status):
    """Also if nobody closes the recorder."""
    done = python(ENDS + end)
    assert done.returncode % 256 in (code, 256 - signal.SIGINT if code == 130 else code)
    with open_recording(tmp_path / "e.h5") as recording:
        np.testing.assert_array_equal(recording.steps, range(37))
        assert recording.status == status


def test_sigterm_from_outside(tmp_path):
    script = ENDS + "print('ready', flush=True)\nwhile True: time.sleep(0.01)\n"
    process = start_python(script, cwd=tmp_path, stdout=subprocess.PIPE)
    assert process.stdout.readline() == "ready\n"
    process.terminate()
    assert process.wait(30) == 143
    with open_recording(tmp_path / "e.h5") as recording:
        np.testing.assert_array_equal(recording.steps, range(37))
        assert recording.status == "failed"


def test_handlers_of_others_are_left_alone(start):
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        recorder = start()
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
        recorder.close()
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)


def test_the_handler_goes_with_the_recorder(start):
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        recorder = start()
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        recorder.close()
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)

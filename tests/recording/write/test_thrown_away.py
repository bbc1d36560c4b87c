"""A recording that could not be begun leaves nothing behind, in the process either."""

import numpy as np
import pytest

from spikefa.errors import SpikefaError
from spikefa.recording import open_recording
from spikefa.recording.write.writer import Writer


def test_its_inode_goes_to_no_other_file(tmp_path, start, toy, monkeypatch):
    """HDF5 tells files apart by it: it would try for ever to read the next one that got it."""
    thrown = []

    def fail(writer):
        thrown.append(writer.opened_as.stat().st_ino)
        raise OSError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(Writer, "sign", fail)
        with pytest.raises(SpikefaError, match="no room"):
            start()
    assert list(tmp_path.iterdir()) == []
    others = [tmp_path / f"{number}" for number in range(200)]
    for other in others:
        other.touch()
    assert not set(thrown) & {other.stat().st_ino for other in others}
    with start() as recorder:
        toy.run(recorder, range(9))
    with open_recording(tmp_path / "run.h5") as recording:
        np.testing.assert_array_equal(recording.steps, range(9))

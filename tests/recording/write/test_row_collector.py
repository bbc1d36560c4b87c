"""How rows are gathered into blocks."""

from spikefa.recording import (
    EveryImage,
)
from spikefa.recording.write.writer import Writer
from tests.helpers.toy_network import INPUT_SPIKES


def test_rows_of_recurring_windows_are_written_together(tmp_path, start, toy, monkeypatch):
    """Not at the end of each presentation: a commit for five rows costs more than the rows."""
    append, sizes = Writer.append, []

    def counted(self, clock, stimulus, *others):
        sizes.append(len(stimulus))
        append(self, clock, stimulus, *others)

    monkeypatch.setattr(Writer, "append", counted)
    with start(probes=[INPUT_SPIKES], windows=EveryImage(2), steps_per_image=5) as recorder:
        toy.run(recorder, range(2500))
    assert sum(sizes) == 1250
    assert max(sizes) > 300
    assert len(sizes) <= 4

"""The times on one thread and on more are measured, and what was chosen is among them."""

from spikefa.bench import threads
from spikefa.bench.threads import time_threads


def test_every_number_is_timed_also_the_chosen_one(monkeypatch):
    monkeypatch.setattr(threads, "cores", lambda: 2)
    monkeypatch.setattr(threads, "SECONDS", 0.01)
    (row,) = time_threads((16,), (2,), turns=2)
    assert (row.hidden, row.batch) == (16, 2)
    assert set(row.milliseconds) == {1, 2}
    assert row.chosen in row.milliseconds
    assert all(0 < each < 1e4 for each in row.milliseconds.values())
    assert f"chosen {row.chosen}, " in str(row)

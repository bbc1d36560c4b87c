"""How many threads a process may use, who has said so, and which number is chosen."""

import os

import pytest
import torch

from spikefa.utils import threads
from spikefa.utils.threads import cores, fewest_near_the_fastest, on_threads, wanted_by_user
from tests.helpers.processes import run_python


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine of so many cores without cgroups, on which nobody has set the threads."""

    def of(count, now=None):
        monkeypatch.setattr(os, "cpu_count", lambda: count)
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(count)), raising=False)
        monkeypatch.setattr(threads, "CGROUPS", (tmp_path,))
        monkeypatch.setattr(torch, "get_num_threads", lambda: now or count)
        for name in threads.VARIABLES:
            monkeypatch.delenv(name, raising=False)
        return tmp_path

    return of


def test_the_affinity_of_the_process_counts():
    ended = run_python(
        "import os\n"
        "from spikefa.utils.threads import cores\n"
        "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "print(cores())\n"
    )
    assert ended.stdout == "1\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"cpu.max": "max 100000"}, 16),
        ({"cpu.max": "400000 100000"}, 4),
        ({"cpu.max": "50000 100000"}, 1),
        ({"cpu.max": "250000 100000"}, 3),
        ({"cpu.cfs_quota_us": "-1\n", "cpu.cfs_period_us": "100000\n"}, 16),
        ({"cpu.cfs_quota_us": "200000\n", "cpu.cfs_period_us": "100000\n"}, 2),
        ({"cpu.max": "nonsense"}, 16),
        ({}, 16),
    ],
)
def test_the_limit_of_a_container_counts(machine, files, expected):
    folder = machine(16)
    for name, text in files.items():
        (folder / name).write_text(text)
    assert cores() == expected


def test_what_the_user_has_set_is_found(machine, monkeypatch):
    machine(8)
    assert wanted_by_user() is None
    machine(8, now=4)  # PyTorch's own number where cores have two threads each
    assert wanted_by_user() is None
    machine(8, now=3)
    assert wanted_by_user() == (3, "torch.set_num_threads was called")
    monkeypatch.setenv("MKL_NUM_THREADS", "8")
    machine_now = wanted_by_user()
    assert machine_now == (3, "MKL_NUM_THREADS says so")


@pytest.fixture
def clocked(monkeypatch):
    """Work that takes a time for each number of threads, by a clock that only it moves."""
    now = {"seconds": 0.0, "threads": 1}
    monkeypatch.setattr(threads.time, "perf_counter", lambda: now["seconds"])
    monkeypatch.setattr(torch, "get_num_threads", lambda: now["threads"])
    monkeypatch.setattr(torch, "set_num_threads", lambda n: now.update(threads=n))

    def work(seconds):
        calls = []

        def once():
            calls.append(now["threads"])
            now["seconds"] += seconds(now["threads"], len(calls))

        return once, calls

    return work


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({1: 4.0, 2: 30.0}, 1),  # threads that wait for each other
        ({1: 60.0, 2: 45.0}, 2),
        ({1: 60.0, 2: 55.0}, 1),  # near the fastest
        ({1: 60.0, 2: 32.0, 4: 18.0, 6: 17.0}, 4),
        ({1: 60.0, 2: 32.0, 4: 20.0, 6: 13.0}, 6),
    ],
)
def test_the_fewest_near_the_fastest_are_chosen(clocked, times, expected):
    work, calls = clocked(lambda n, _: times[n] / 1e3)
    number, reason = fewest_near_the_fastest(work, 1, max(times))
    assert number == expected
    assert set(calls) == set(times)
    listed = [f"{each:.3g}" for each in times.values()]
    assert reason.startswith(f"a step took {', '.join(listed[:-1])} and {listed[-1]} ms on 1")
    assert torch.get_num_threads() == 1


def test_another_program_for_a_while_changes_nothing(clocked):
    """All numbers take turns, so that it slows down all of them; and of each the median counts."""
    work, _ = clocked(lambda n, call: 0.02 / n * (20 if 6 < call < 15 else 1))
    assert fewest_near_the_fastest(work, 5, 2).number == 2


@pytest.mark.parametrize("seconds", [1e-5, 0.01, 0.2, 1.0, 30.0])
def test_a_measurement_takes_seconds(clocked, seconds):
    work, calls = clocked(lambda *_: seconds)
    fewest_near_the_fastest(work, 5, 2)
    turns = len(calls) / 2 - 1
    assert turns == {1e-5: 15, 0.01: 15, 0.2: 3, 1.0: 3, 30.0: 1}[seconds]


def test_the_number_is_put_back():
    before = torch.get_num_threads()
    with on_threads(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before

"""Threads that do small jobs: order of errors, ends of threads, and what is left out."""

import copy
import gc
import subprocess
import sys
import threading
import time
from functools import partial

import pytest

from spikefa.utils.workers import Workers

LIMIT = 10.0


def threads():
    return [each for each in threading.enumerate() if each.name.startswith("spikefa-worker")]


def wait_for(condition):
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_all_jobs_are_done_by_as_many_threads_as_were_asked_for():
    done, names, together = [], set(), threading.Barrier(3)

    def meet(number):
        together.wait(LIMIT)  # which all three threads have to reach
        names.add(threading.current_thread().name)
        done.append(number)

    with Workers(3) as workers:
        workers.begin([partial(meet, number) for number in range(6)]).wait()
        workers.begin([]).wait()
    assert sorted(done) == list(range(6))
    assert len(names) == 3
    assert threads() == []


def test_the_error_of_the_first_job_that_failed_is_raised():
    second = threading.Event()

    def slow():
        assert second.wait(LIMIT)
        raise ValueError("first")

    def quick():
        second.set()
        raise KeyError("second")

    done = []
    with Workers(2) as workers:
        jobs = workers.begin([slow, quick, partial(done.append, 1)])
        with pytest.raises(ValueError, match="first"):
            jobs.wait()
        assert sorted(jobs.failures()) == [0, 1]
        workers.begin([partial(done.append, 2)]).wait()  # the threads go on
    assert done == [1, 2]


def test_jobs_that_nobody_wants_any_more_are_left_out():
    go_on, done = threading.Event(), []
    with Workers(1) as workers:
        first = workers.begin([partial(go_on.wait, LIMIT), partial(done.append, "late")])
        other = workers.begin([partial(done.append, "other")])
        first.drop()
        go_on.set()
        first.wait()
        other.wait()
    assert done == ["other"]


def test_threads_end_when_nobody_holds_the_workers_any_more():
    workers = Workers(2)
    assert threads() == []
    workers.begin([int]).wait()
    assert len(threads()) == 2
    del workers
    gc.collect()
    wait_for(lambda: threads() == [])


def test_workers_can_be_closed_and_copied_and_start_anew():
    workers, done = Workers(1), []
    workers.begin([partial(done.append, 1)]).wait()
    copied = copy.deepcopy(workers)
    workers.close()
    for each in (workers, copied):
        each.begin([partial(done.append, 2)]).wait()
        each.close()
    assert done == [1, 2, 2]


SCRIPT = """
import threading, time
from spikefa.utils.workers import Workers
workers = Workers(2)
began = threading.Event()
def job():
    began.set()
    time.sleep(0.2)
jobs = workers.begin([job] * 1000)
began.wait()
{}
"""


@pytest.mark.parametrize(
    ("last", "code"), [("", 0), ("raise SystemExit(3)", 3), ("raise KeyboardInterrupt", None)]
)
def test_python_ends_at_once_and_without_a_word_of_threads(last, code):
    begin = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(last)], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == code if code is not None else ended.returncode != 0
    assert time.monotonic() - begin < 50  # the queue holds a hundred seconds of work
    said = [line for line in ended.stderr.splitlines() if line and line[0] not in " ^"]
    assert said in ([], ["Traceback (most recent call last):", "KeyboardInterrupt"])

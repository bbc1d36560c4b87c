"""Threads that do small jobs while the caller goes on, such as reading files."""

import atexit
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from queue import SimpleQueue
from weakref import finalize

Job = Callable[[], object]


class Jobs:
    """Jobs that were begun together.

    Parameters
    ----------
    jobs : sequence of callable
    """

    def __init__(self, jobs: Sequence[Job]):
        self._jobs = jobs
        self._left = len(jobs)
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._failures: dict[int, BaseException] = {}
        self._unwanted = False
        if not jobs:
            self._done.set()

    def __len__(self) -> int:
        return len(self._jobs)

    def do(self, number: int) -> None:
        """Do one of the jobs, and keep its error, if there is one; called by the threads."""
        try:
            if not self._unwanted:
                self._jobs[number]()
        except BaseException as error:
            self._failures[number] = error
        finally:
            with self._lock:
                self._left -= 1
                last = self._left == 0
            if last:
                self._done.set()

    def failures(self) -> dict[int, BaseException]:
        """Wait until all have ended; return the errors of those that failed, by their numbers."""
        self._done.wait()
        return self._failures

    def wait(self) -> None:
        """Wait until all have ended; raise the error of the first of those that failed."""
        failures = self.failures()
        if failures:
            raise failures[min(failures)]

    def drop(self) -> None:
        """Leave out those that have not begun."""
        self._unwanted = True


@dataclass(eq=False)
class _Crew:
    """The threads, and what they share; it knows nothing of the `Workers` that own it."""

    queue: SimpleQueue[tuple[Jobs, int] | None] = field(default_factory=SimpleQueue)
    dismissed: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def hire(self, count: int) -> None:
        # Daemons, because Python waits for other threads before it calls `atexit` functions, and
        # all that is queued would be done first.
        self.threads = [
            threading.Thread(target=self.work, name=f"spikefa-worker-{number}", daemon=True)
            for number in range(count)
        ]
        for thread in self.threads:
            thread.start()
        atexit.register(self.end)

    def work(self) -> None:
        while (given := self.queue.get()) is not None:
            jobs, number = given
            if self.dismissed.is_set():
                jobs.drop()
            jobs.do(number)
            del given, jobs  # which hold memory that nobody else may need any more

    def dismiss(self) -> None:
        """Let the threads end after the jobs under way, without a wait: this may run anywhere."""
        self.dismissed.set()
        for _ in self.threads:
            self.queue.put(None)
        with suppress(Exception):  # as the interpreter ends, there is nothing to unregister from
            atexit.unregister(self.end)

    def end(self) -> None:
        """Let the threads end, and wait for them."""
        self.dismiss()
        for thread in self.threads:
            if thread is not threading.current_thread():
                thread.join()


class Workers:
    """Threads that do jobs in the order in which they were begun.

    They start with the first jobs. They end when this object is closed or nobody holds it any more,
    at the latest when Python ends, each after the job that it does at that time.

    Parameters
    ----------
    count : int
        Number of threads.
    """

    def __init__(self, count: int):
        self.count = count
        self._crew: _Crew | None = None

    def begin(self, jobs: Sequence[Job]) -> Jobs:
        """Let the threads do some jobs, and return without a wait."""
        if self._crew is None:
            self._crew = _Crew()
            self._crew.hire(self.count)
            finalize(self, self._crew.dismiss).atexit = False
        begun = Jobs(jobs)
        for number in range(len(begun)):
            self._crew.queue.put((begun, number))
        return begun

    def close(self) -> None:
        """End the threads; jobs that have not begun are left out. Later jobs start new ones."""
        crew, self._crew = self._crew, None
        if crew is not None:
            crew.end()

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def __deepcopy__(self, memo: dict[int, object]) -> "Workers":
        """Return workers that have not started: threads cannot be copied."""
        return Workers(self.count)

"""Writers of recordings that are killed at a random moment, each in a child of its own."""

import os
import random
import signal
import time


def kill_writers(trials, start, steps, longest):
    """Kill one writer in each trial, and print how many rows it had acknowledged.

    `start` takes a path, and returns a network and its recorder. The child writes up to `steps`
    rows, and commits and acknowledges every ten. It is killed at most `longest` seconds after the
    first acknowledgement.
    """
    for trial in range(trials):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            write(*start(f"{trial}.h5"), steps, writer)
        os.close(writer)
        os.read(reader, 1)
        time.sleep(random.Random(trial).uniform(0, longest))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        acknowledged = 1
        while block := os.read(reader, 65536):
            acknowledged += len(block)
        os.close(reader)
        print(10 * acknowledged)


def write(network, recorder, steps, acknowledge):
    """Record, commit and acknowledge; never return."""
    for step in range(steps):
        network.run(recorder, range(step, step + 1))
        if step % 10 == 9:
            recorder.commit()
            os.write(acknowledge, b"x")
    os._exit(0)

"""Run a command on a pseudo-terminal, as a user at a keyboard does."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

from tests.helpers.processes import environment


class OnTerminal:
    """``spikefa`` on a terminal of its own, whose output is collected."""

    def __init__(self, *arguments, columns=120, lines=40, **variables):
        self.master, slave = pty.openpty()
        size = {"COLUMNS": str(columns), "LINES": str(lines), "TERM": "xterm"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "spikefa", *map(str, arguments)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env={**environment(), **size, **variables},
        )
        os.close(slave)
        self.raw = b""

    @property
    def text(self):
        """What was written so far, without control sequences."""
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self.raw.decode(errors="replace"))

    def read(self, until, seconds=120):
        """Read until some text has come, or to the end of the process if it is None."""
        deadline = time.monotonic() + seconds
        while until is None or until not in self.text:
            if time.monotonic() > deadline:
                self.process.kill()
                raise TimeoutError(f"no {until!r} in {self.text!r}")
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    self.raw += os.read(self.master, 65536)
                except OSError:  # the other side is closed
                    break
        return self.text

    def interrupt(self):
        """Press Ctrl-C."""
        os.killpg(self.process.pid, signal.SIGINT)

    def end(self):
        """Read the rest; return exit code and text."""
        self.read(None)
        os.close(self.master)
        return self.process.wait(60), self.text

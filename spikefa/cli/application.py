"""Run a command; print mistakes of the user in one line; return the exit code."""

import argparse
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module

from spikefa.cli.parser import make_parser
from spikefa.errors import RecordingStoppedWarning, SpikefaError
from spikefa.utils.leaving import INTERRUPTED, stop_in_order
from spikefa.utils.printable import printable

INCOMPLETE = 1
USER_ERROR = 2
STOPPING_LATER = ("run",)
"""Commands that call `stop_in_order` themselves, after imports of their own."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        Default: the arguments of this process.

    Returns
    -------
    int
        0 on success, 1 if a recording stopped early, 2 after a mistake of the user, 130 after
        Ctrl-C.
    """
    # Before torch is imported. Threads that wait for each other would otherwise keep the cores busy
    # that they wait for, which on a shared machine costs ten times the work; see docs/threads.md.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if "RANK" in os.environ:  # what torch says of a lost connection is said again in a sentence
        os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "FATAL")
    shown: set[type[Warning]] = set()
    try:
        given = make_parser().parse_args(arguments)
        with warnings.catch_warnings():
            warnings.simplefilter("always", UserWarning)
            warnings.showwarning = partial(_print_warning, shown)
            execute = _command(given.command)
            if given.command not in STOPPING_LATER:
                stop_in_order()
            execute(given)
    except SpikefaError as error:
        print(f"spikefa: {_in_one_line(error)}", file=sys.stderr)
        return USER_ERROR
    except KeyboardInterrupt as stop:
        print(f"spikefa: {_what_to_do(stop)}", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of the output, such as `head`, has closed it
        sys.stderr.close()
    return INCOMPLETE if RecordingStoppedWarning in shown else 0


def _command(name: str) -> Callable[[argparse.Namespace], None]:
    """Return the function that executes a command; its module is imported only now.

    So ``--help`` and light commands import neither torch nor Matplotlib.
    """
    execute: Callable[[argparse.Namespace], None]
    execute = import_module(f"spikefa.cli.commands.{name}").execute
    return execute


def _what_to_do(stop: BaseException) -> str:
    """Return what the first Ctrl-C says, although another may have come while it was handled."""
    while not str(stop) and stop.__context__ is not None:
        stop = stop.__context__
    return str(stop) or "stopped"


def _print_warning(
    shown: set[type[Warning]], message: Warning | str, category: type[Warning], *_: object
) -> None:
    """Print a warning in one line, without the file and line that it came from; note its class."""
    shown.add(category)
    print(f"spikefa: warning: {_in_one_line(message)}", file=sys.stderr)


def _in_one_line(message: object) -> str:
    """Return a message without what a name from a file could do to the terminal."""
    return printable(" ".join(str(message).splitlines()))

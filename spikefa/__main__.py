"""``python -m spikefa`` is the command ``spikefa``."""

import sys
from importlib import import_module

from spikefa.utils.leaving import leave_at_once, leave_undisturbed


def main() -> None:
    """Run the command line in this process, and end it with its exit code."""
    leave_at_once()
    code = import_module("spikefa.cli").main()
    leave_undisturbed()
    sys.exit(code)


if __name__ == "__main__":
    main()

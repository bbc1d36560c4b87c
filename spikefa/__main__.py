"""``python -m spikefa`` is the command ``spikefa``."""

import sys

from spikefa.cli import main

if __name__ == "__main__":
    sys.exit(main())

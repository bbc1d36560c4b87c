"""The command line, ``spikefa COMMAND``."""

from spikefa.cli.application import main

__all__ = ["main"]

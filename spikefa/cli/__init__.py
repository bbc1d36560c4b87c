"""The command line."""

from spikefa.cli.application import main

__all__ = ["main"]

"""The folder of a run: its files, and the tools to inspect, compare and draw them."""

from spikefa.runs.several.frames import epochs, quantities, table

__all__ = ["epochs", "quantities", "table"]

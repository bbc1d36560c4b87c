"""The methods of a recording that export it."""

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from spikefa.recording.read.selection import Steps


class Exports:
    """Exports itself to other formats; `spikefa.recording.export` says how."""

    def to_sonata(
        self, path: str | Path, populations: Sequence[str] | None = None, steps: Steps = None
    ) -> None:
        """Write the spikes as a SONATA file; see `spikefa.recording.export.to_sonata`."""
        _export("to_sonata")(self, path, populations, steps)

    def to_sonata_report(
        self,
        path: str | Path,
        population: str,
        variable: str = "potential",
        steps: Steps = None,
    ) -> None:
        """Write a SONATA report; see `spikefa.recording.export.to_sonata_report`."""
        _export("to_sonata_report")(self, path, population, variable, steps)

    def to_dataframe(
        self,
        table: str = "spikes",
        populations: Sequence[str] | None = None,
        steps: Steps = None,
    ) -> Any:
        """Return a `pandas.DataFrame`; see `spikefa.recording.export.to_dataframe`."""
        return _export("to_dataframe")(self, table, populations, steps)

    def to_neo(self, steps: Steps = None) -> Any:
        """Return a `neo.Block`; see `spikefa.recording.export.to_neo`."""
        return _export("to_neo")(self, steps)

    def to_pynapple(self, steps: Steps = None) -> dict[str, Any]:
        """Return objects of pynapple by name; see `spikefa.recording.export.to_pynapple`."""
        return _export("to_pynapple")(self, steps)

    def to_nwb(self, path: str | Path, steps: Steps = None) -> None:
        """Write a file of Neurodata Without Borders; see `spikefa.recording.export.to_nwb`."""
        _export("to_nwb")(self, path, steps)


def _export(name: str) -> Callable[..., Any]:
    """Return an export function. They are on top of this room, and loaded when first needed."""
    return getattr(import_module("spikefa.recording.export"), name)

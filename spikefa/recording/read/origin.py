"""Where a recording comes from: its provenance, seeds and configuration."""

import json
from typing import Any

from spikefa.errors import SpikefaError
from spikefa.recording.read.recording_file import RecordingFile


class Origin:
    """The attributes of a recording, which say where it comes from.

    Parameters
    ----------
    file : RecordingFile
    """

    def __init__(self, file: RecordingFile) -> None:
        self._path = file.path
        self._attributes = file.layout.attributes

    @property
    def provenance(self) -> dict[str, Any]:
        """All attributes."""
        return dict(self._attributes)

    @property
    def seed(self) -> int:
        """The seed of the experiment."""
        if "seed" not in self._attributes:
            raise SpikefaError(f"{self._path} has no 'seed': it has {', '.join(self._attributes)}")
        return int(self._attributes["seed"])

    @property
    def replicas(self) -> int | None:
        """The number of replicas, or None for a single network."""
        found = self._attributes.get("replicas")
        return None if found is None else int(found)

    @property
    def seeds(self) -> list[int]:
        """The seed of each replica, or of the single network."""
        return list(json.loads(self._attributes.get("seeds", f"[{self.seed}]")))

    @property
    def config(self) -> dict[str, Any]:
        """The configuration of the experiment; empty if none was given."""
        try:
            config = json.loads(self._attributes.get("config_json", "{}"))
        except (TypeError, ValueError) as error:
            raise SpikefaError(f"{self._path} has a configuration that is not JSON") from error
        return config if isinstance(config, dict) else {"config": config}

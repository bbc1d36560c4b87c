"""Where a recording comes from: its provenance, seeds and configuration."""

from typing import Any

from spikefa.errors import SpikefaError, require
from spikefa.recording.format.untrusted import stored_integer
from spikefa.recording.read.recording_file import RecordingFile, readable
from spikefa.utils.json_text import parse_json


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
        with readable(self._path):
            return stored_integer(self._attributes, "seed")

    @property
    def replicas(self) -> int | None:
        """The number of replicas, or None for a single network."""
        if "replicas" not in self._attributes:
            return None
        with readable(self._path):
            return stored_integer(self._attributes, "replicas")

    @property
    def seeds(self) -> list[int]:
        """The seed of each replica, or of the single network."""
        found = parse_json(self._attributes.get("seeds", f"[{self.seed}]"), f"{self._path}: seeds")
        require(
            isinstance(found, list) and all(isinstance(seed, int) for seed in found),
            f"{self._path} is damaged: its 'seeds' are no list of integers",
        )
        return list(found)

    @property
    def config(self) -> dict[str, Any]:
        """The configuration of the experiment; empty if none was given."""
        text = self._attributes.get("config_json", "{}")
        config = parse_json(text, f"the configuration in {self._path}")
        return config if isinstance(config, dict) else {"config": config}

"""The data that a run shows to its networks: it goes on with those that it was begun with."""

import json
from typing import Any

from spikefa.datasets import Dataset, load, mnist
from spikefa.errors import require
from spikefa.plugins.describing import describe
from spikefa.runs.directory import RunDirectory
from spikefa.utils.files import read_text, written_whole
from spikefa.utils.json_text import parse_mapping


def keep_data(directory: RunDirectory, shown: object) -> None:
    """Note hashes of the data of a run, or compare with those that were noted when it began.

    A run of an older version has none; they are noted now.

    Raises
    ------
    SpikefaError
        If the data are others.
    """
    found = json.dumps(describe("data", shown), indent=1)
    if not directory.data.exists():
        with written_whole(directory.data) as temporary:
            temporary.write_text(found + "\n", encoding="utf-8")
        return
    require(
        parse_mapping(read_text(directory.data), directory.data) == json.loads(found),
        f"the run in {directory.path} was begun with other data, see {directory.data}: give those "
        "again (--data-dir, $SPIKEFA_DATA), or start a new run",
    )


def named_data(settings: Any) -> Dataset:
    """Return the data set that the settings name."""
    return load(settings.dataset, settings.data_dir)


def mnist_data(settings: Any) -> Dataset:
    """Return MNIST from where the settings say."""
    return mnist(settings.data_dir)

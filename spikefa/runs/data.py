"""The data that a run shows to its networks: it goes on with those that it was begun with."""

import json
import os
from dataclasses import replace
from typing import Any, TypeVar

from spikefa.datasets import Dataset, load, mnist
from spikefa.datasets.catalogue import is_own
from spikefa.datasets.own import names_function
from spikefa.errors import require
from spikefa.plugins.classes import names_file
from spikefa.plugins.describing import describe
from spikefa.runs.directory import RunDirectory
from spikefa.utils.files import read_text, written_whole
from spikefa.utils.json_text import parse_mapping

T = TypeVar("T")


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
        "again (--dataset, --data-dir, $SPIKEFA_DATA), or start a new run",
    )


def named_data(settings: Any) -> Dataset:
    """Return the data set that the settings name."""
    return load(settings.dataset, settings.data_dir)


def placed_data(settings: T) -> T:
    """Return settings in which the user's own data set is named from any folder.

    Settings without a data set, or with one of spikefa's, are returned as they are.
    """
    given = getattr(settings, "dataset", None)
    if not isinstance(given, str) or not is_own(given):
        return settings
    source, colon, function = given.rpartition(":") if names_function(given) else (given, "", "")
    if colon and not names_file(source):  # a package is found by its name
        return settings
    place = os.path.abspath(os.path.expanduser(source))
    return replace(settings, dataset=f"{place}{colon}{function}")  # type: ignore[type-var]


def moved(before: Any, now: Any) -> bool:
    """Return whether both are the user's own data: their content is compared, see `keep_data`."""
    return all(isinstance(each, str) and is_own(each) for each in (before, now))


def mnist_data(settings: Any) -> Dataset:
    """Return MNIST from where the settings say."""
    return mnist(settings.data_dir)

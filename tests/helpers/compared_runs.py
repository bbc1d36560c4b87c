"""What `spikefa compare` says of runs, and what the runs say themselves."""

import json
from pathlib import Path

from spikefa.runs.several.comparing import table_of
from spikefa.runs.several.finding import find_runs
from spikefa.runs.several.stored import read_runs


def table(*paths):
    """Return the lines of the table, without drawing anything."""
    return table_of(read_runs(find_runs(map(Path, paths)))).splitlines()


def of(path):
    return json.loads((path / "summary.json").read_text())

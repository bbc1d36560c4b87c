"""The one look at the test images, after a search."""

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from spikefa.errors import require
from spikefa.runs.sweeps.search import Search
from spikefa.runs.sweeps.sweep import Sweep
from spikefa.runs.trained import Trained
from spikefa.utils.files import read_text, written_whole
from spikefa.utils.json_text import parse_mapping

TESTED = "tested.json"


def look_at_test(sweep: Sweep, again: bool = False) -> dict[str, Any]:
    """Test the networks of the best trial of every search on the test images, and write it down.

    Raises
    ------
    SpikefaError
        If this was done before and not asked for again, a search has not ended or has no finished
        trial, or there is none.
    """
    path = sweep.folder / TESTED
    looks = parse_mapping(read_text(path), path)["looks"] if path.is_file() else []
    require(bool(sweep.searches), f"{sweep.folder} holds no search: its grid chooses nothing")
    require(
        not looks or again,
        f"the test images were looked at already, see {path}: what is chosen after that is chosen "
        "on them; --again looks once more, and writes it down",
    )
    for search in sweep.searches:
        ended = all(run.ended for run in search.runs())
        require(
            ended and len(search.trials) == sweep.plan.trials,
            f"the search in {sweep.folder} has not ended: go on with spikefa sweep {sweep.folder}",
        )
        require(
            search.best() is not None,
            f"no trial of a search in {sweep.folder} was finished: all have failed or were pruned, "
            "see its table",
        )
    found: dict[str, Any] = {"when": datetime.now(timezone.utc).isoformat(), "searches": []}
    _write(path, [*looks, found])  # before it begins: a look that is cut short was one
    found["searches"] = [{"cell": dict(each.cell), **_tested(each)} for each in sweep.searches]
    _write(path, [*looks, found])
    return found


def _write(path: Path, looks: list[Any]) -> None:
    with written_whole(path) as temporary:
        temporary.write_text(json.dumps({"looks": looks}, indent=1) + "\n", encoding="utf-8")


def _tested(search: Search) -> dict[str, Any]:
    best = search.best()
    assert best is not None
    number, mean, runs = best
    tested = {}
    for run in runs:
        trained = Trained.of(run.directory.path)
        tested[run.name] = dict(trained.test(trained.images("test"), "test").measures)
    values = {name: runs[0].values[name] for name in search.plan.search}
    return {"best_trial": number, "best_mean": mean, "values": values, "tested": tested}

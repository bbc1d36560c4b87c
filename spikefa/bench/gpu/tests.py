"""Run the tests marked ``gpu``, and write which of them fail.

``python -m spikefa.bench.gpu.tests rooms|experiments --device cuda --json FILE``
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree import ElementTree

import pytest

from spikefa.bench.processes import REPOSITORY
from spikefa.utils.files import written_whole

FOLDERS = {"rooms": "tests", "experiments": "tests/experiments"}
WORKERS = 4
"""Processes that share the tests, where pytest-xdist is there; each has its context on the card."""


def run(which: str, quick: bool) -> dict[str, Any]:
    """Run the tests and return how many there were and which failed.

    Parameters
    ----------
    which : {"rooms", "experiments"}
        Those of the experiments, or all others.
    quick : bool
        Whether to run no more than the tests of the benchmarks.
    """
    paths = [str(path) for path in marked(which)]
    if quick:
        paths = [path for path in paths if "bench" in Path(path).parts or which == "experiments"]
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        options = ["-m", "gpu", "-q", "-p", "no:cacheprovider", f"--junitxml={report}"]
        if find_spec("xdist") is not None and not quick and which == "experiments":
            options += ["-n", str(min(WORKERS, os.cpu_count() or 1))]
        if paths:
            pytest.main([*options, "--rootdir", str(REPOSITORY), *paths])
        return counted(report)


def marked(which: str) -> list[Path]:
    """Return the files with tests marked ``gpu``; collecting all others would take a minute."""
    files = sorted((REPOSITORY / FOLDERS[which]).rglob("*.py"))
    found = [file for file in files if "pytest.mark.gpu" in file.read_text(encoding="utf-8")]
    places = {file if file.name.startswith("test_") else file.parent for file in found}
    experiments = REPOSITORY / FOLDERS["experiments"]
    apart = {place for place in places if which == "rooms" and experiments in place.parents}
    whole = {place for place in places - apart if place.is_dir()}
    return sorted(place for place in places - apart if not whole & set(place.parents))


def counted(report: Path) -> dict[str, Any]:
    """Return the numbers of a report of pytest, and the names of the tests that did not pass."""
    cases = list(ElementTree.parse(report).iter("testcase")) if report.is_file() else []
    bad = [case for case in cases if {each.tag for each in case} & {"failure", "error"}]
    return {
        "tests": len(cases),
        "failed": [f"{case.get('classname')}::{case.get('name')}" for case in bad],
        "skipped": sum(case.find("skipped") is not None for case in cases),
        "seconds_of_tests": sum(float(case.get("time", 0)) for case in cases),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tests and write the numbers; return 1 if any failed."""
    parser = argparse.ArgumentParser(prog="python -m spikefa.bench.gpu.tests")
    parser.add_argument("which", choices=FOLDERS)
    parser.add_argument("--device")
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args(arguments)
    found = run(given.which, given.quick)
    with written_whole(given.json) as temporary:
        temporary.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 1 if found["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())

"""Mutants of every kind of file that the program reads: a right answer, or one line and exit 2.

Each is read by a process of its own, which may take 1.5 GB and 20 seconds.
"""

import json
import math
import random
from shutil import copy

import pytest

from tests.helpers.hostile import archives, kinds, text
from tests.helpers.hostile.originals import make
from tests.helpers.hostile.shares import SHARES
from tests.helpers.processes import run_python

SERVE = """
import runpy
runpy.run_module("tests.helpers.hostile.server", run_name="__main__", alter_sys=True)
"""
FEW = 0.015
"""The part of all mutants that is tried always, with other seeds."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("originals")
    make(made)
    return made


@pytest.mark.slow
@pytest.mark.parametrize("kind", [kind for kind in SHARES if kind != "rule"])
def test_what_is_sound_is_not_refused(kind, folder, tmp_path, monkeypatch):
    """Nothing could be learned from mutants whose original is refused as well."""

    def nothing(chance, content, *rest):
        return content

    for module in (archives, text):
        for name in [each for each in vars(module) if each.startswith("mutate_")]:
            monkeypatch.setattr(module, name, nothing)
    monkeypatch.setattr(kinds, "mutate", lambda chance, original, mutant: copy(original, mutant))
    for number in range(3):
        (tmp_path / str(number)).mkdir()
        assert not kinds.KINDS[kind](random.Random(number), folder, tmp_path / str(number))


def read_mutants(folder, first, counts):
    words = [f"{kind}={count}" for kind, count in counts.items()]
    done = run_python(SERVE, folder, first, *words, timeout=None)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    faults = [fault for each in found.values() for fault in each["faults"]]
    assert not faults, "\n\n".join(faults)
    return found


@pytest.mark.slow
def test_some_mutants(folder):
    read_mutants(folder, 100_000, {kind: math.ceil(FEW * n) for kind, n in SHARES.items()})


@pytest.mark.long
@pytest.mark.parametrize("kind", SHARES)
def test_ten_thousand_mutants(kind, folder):
    assert sum(SHARES.values()) == 10_000
    found = read_mutants(folder, 0, {kind: SHARES[kind]})
    assert found[kind]["refused"] > SHARES[kind] / 5

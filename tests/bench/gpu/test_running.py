"""A part runs in a process of its own; what it does to itself does not touch the others."""

import json
import os
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from spikefa.bench.gpu import command
from spikefa.bench.gpu.parts import PARTS, Part, chosen_parts
from spikefa.bench.gpu.results import Origin, read_result
from spikefa.bench.gpu.running import run_part
from spikefa.errors import SpikefaError

ORIGIN = Origin("a card", "abc", "2026-11-26", "2.11", "cuda", rehearsal=False)
WRITES = "import json, sys; json.dump({'done': 1}, open(sys.argv[1], 'w'))"


@dataclass(frozen=True)
class Script(Part):
    """A part that is a few lines of Python, given the file to write and the file kept."""

    code: str = ""

    def command(self, device, out, kept, rehearsal):
        return [sys.executable, "-c", self.code, str(out), str(kept)]


def script(code, name="part", **options):
    return Script(name, "", 9, ("",), code=code, **options)


def test_a_part_that_fails_is_reported_and_the_others_go_on(tmp_path, capsys):
    parts = [
        script("import os; print('last words', flush=True); os.kill(os.getpid(), 11)", "dies"),
        script(WRITES, "works"),
        script(WRITES, "unproven", verdict=lambda measured, rehearsal: "too slow"),
        script("pass", "silent"),
    ]
    results = command.run_all(parts, ORIGIN, tmp_path, 1, False)
    assert [result.why for result in results] == [
        "it ended with exit code -11",
        "",
        "too slow",
        "it ended with exit code 0",
    ]
    said = capsys.readouterr().out
    assert "  | last words" in said
    assert "1 of 4 parts have passed; not: dies, unproven, silent" in said
    found = read_result(tmp_path / "works.json")
    assert found.measured == {"done": 1}
    assert (found.origin, found.budget, found.passed) == (ORIGIN, 9, True)


def test_a_part_is_stopped_with_all_that_it_started_and_keeps_what_it_wrote(tmp_path):
    child = tmp_path / "child"
    code = (
        f"{WRITES}; import subprocess, time\n"
        f"p = subprocess.Popen(['sleep', '60']); open({str(child)!r}, 'w').write(str(p.pid))\n"
        "time.sleep(60)"
    )
    result = run_part(script(code), ORIGIN, tmp_path, 1.5)
    assert not result.passed
    assert result.why == "stopped after 2 s"
    assert result.measured == {"done": 1}
    assert result.seconds < 10
    for _ in range(50):
        if not os.path.exists(f"/proc/{child.read_text()}"):
            return
        time.sleep(0.1)
    state = Path(f"/proc/{child.read_text()}/stat").read_text().split()[2]
    assert state == "Z"  # ended, and not yet collected


def test_what_has_passed_is_kept_only_for_the_same_code_and_card(tmp_path):
    part = script(WRITES)
    (first,) = command.run_all([part], ORIGIN, tmp_path, 1, False)
    broken = replace(part, code="raise SystemExit(3)")
    assert command.run_all([broken], ORIGIN, tmp_path, 1, True) == [first]
    for other in ({"commit": "abc+"}, {"card": "another"}, {"torch": "3.0"}):
        command.run_all([part], ORIGIN, tmp_path, 1, False)
        (again,) = command.run_all([broken], replace(ORIGIN, **other), tmp_path, 1, True)
        assert not again.passed


def test_seeds_that_are_done_are_not_trained_again(tmp_path):
    """A stopped part of figure 4 is given its file, in which the seeds stand."""
    part = replace(script(WRITES), module=("spikefa.bench.gpu.learning",))
    stopped = run_part(replace(part, code=f"{WRITES}; raise SystemExit(1)"), ORIGIN, tmp_path, 9)
    command.write_result(tmp_path, stopped)
    code = (
        "import json, sys; kept = json.load(open(sys.argv[2]))['measured']\n"
        "json.dump({'kept': kept}, open(sys.argv[1], 'w'))"
    )
    (result,) = command.run_all([replace(part, code=code)], ORIGIN, tmp_path, 1, True)
    assert result.measured == {"kept": {"done": 1}}
    lost = run_part(replace(part, code="raise SystemExit(1)"), ORIGIN, tmp_path, 9, stopped)
    assert lost.measured == {"done": 1}


def test_a_damaged_file_is_said_to_be_one(tmp_path):
    (tmp_path / "part.json").write_text("{}")
    with pytest.raises(SpikefaError, match=r"part\.json is damaged: delete it"):
        command.run_all([script(WRITES)], ORIGIN, tmp_path, 1, True)


def test_parts_are_named_and_fit_into_nine_minutes():
    assert [part.name for part in chosen_parts(["fig4", "tests"])] == [
        "tests",
        "fig4.batch1",
        "fig4.batch100",
    ]
    by_default = chosen_parts([])
    assert [part.name for part in by_default] == [name for name in PARTS if name != "peers"]
    assert sum(part.seconds for part in by_default) <= 540


def test_a_part_passes_only_if_its_numbers_are_good_enough():
    slow = {"rows": [{"slowdown_percent": 3, "backend": "graph"}]}
    assert PARTS["recorder"].verdict(slow, False) == ""
    slow["rows"].append({"slowdown_percent": 17.4, "backend": "fused"})
    assert PARTS["recorder"].verdict(slow, False) == "recording costs 17.4 % under fused"
    runs = [{"test_error_percent_summed": error} for error in (1.6, 1.7, 2.2)]
    learned = {"circuit": "FA", "seeds": 3, "runs": runs}
    assert "1.83 %, at most 1.8" in PARTS["FA"].verdict(learned, False)
    assert PARTS["FA"].verdict(learned | {"seeds": 5}, False) == "3 of 5 seeds are done"
    tests = {"tests": 3, "failed": ["a", "b"], "skipped": 0}
    assert PARTS["tests"].verdict(tests, False) == "2 of 3 fail: a, b"
    assert PARTS["tests"].verdict(tests | {"failed": [], "tests": 0}, False) == "there are no tests"
    assert PARTS["tests"].verdict(tests | {"failed": [], "skipped": 1}, False) == "1 are skipped"


def test_results_are_written_as_they_were(tmp_path):
    (result,) = command.run_all([script(WRITES)], ORIGIN, tmp_path, 1, False)
    assert json.loads((tmp_path / "part.json").read_text())["origin"]["card"] == "a card"
    assert read_result(tmp_path / "part.json") == result

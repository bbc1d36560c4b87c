"""The command `spikefa bench`."""

import json

import pytest

from spikefa.bench import overhead, startup
from spikefa.bench.command import BENCHMARKS
from spikefa.cli import main


def test_bench_writes_its_numbers_and_overwrites_none(tmp_path, capsys, monkeypatch):
    help_alone = {"spikefa --help": startup.STARTS["spikefa --help"], "nothing": ["-c", ""]}
    monkeypatch.setattr(startup, "STARTS", help_alone)
    monkeypatch.setattr(startup, "CALLS", {"a loop": ("n = 10", "for _ in range(n): pass")})
    monkeypatch.setattr(overhead, "evaluation_seconds", lambda device, batch: batch / 1e3)
    out = tmp_path / "startup.json"
    assert main(["bench", "startup", "--device", "cpu", "--json", str(out)]) == 0
    found = json.loads(out.read_text())
    seconds = {name: min(values) for name, values in found["seconds"].items()}
    assert 0 < seconds["a loop"] < seconds["nothing"] < seconds["spikefa --help"]
    assert found["test_seconds"] == {"1000": 1, "10000": 10}
    assert "10.00 s  10,000 images tested in batches of 10000" in capsys.readouterr().out
    assert main(["bench", "startup", "--device", "cpu", "--json", str(out)]) == 2
    assert "exists already" in capsys.readouterr().err


def test_the_command_line_knows_all_benchmarks(capsys):
    with pytest.raises(SystemExit):
        main(["bench", "--help"])
    assert ",".join(BENCHMARKS) in capsys.readouterr().out.replace("\n", "").replace(" ", "")


def test_bench_refuses_an_impossible_batch(capsys):
    assert main(["bench", "--batch-size", "0", "--device", "cpu"]) == 2
    assert "batch must be at least 1" in capsys.readouterr().err

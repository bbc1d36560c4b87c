"""Options that are in their range, but not together, are refused before any memory is taken."""

import subprocess
import sys

import pytest

PEAK = """
import re, sys
from spikefa.cli import main
code = main(sys.argv[1:])
print(code, int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]) // 1024)
"""
"""Not by getrusage, whose peak a child begins with: that of the tests that run it."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "flags"),
    [
        (
            "lillicrap2016.fig4 --dataset digits --hidden 1000000 --hidden-layers 5 --device cpu",
            ["--hidden", "--batch-size", "--replicas", "--feedback.procedural true"],
        ),
        pytest.param(
            "strategies.t4 --dataset digits --width 1000000 --device cpu --cells FA-B1",
            ["--width"],
            marks=pytest.mark.long,
        ),
        ("li2024.a12 --neurons 10000000", ["--neurons"]),
        pytest.param(
            "panjehpour2022.fig2b --neurons 10000000",
            ["--neurons", "--batch"],
            marks=pytest.mark.long,
        ),
    ],
)
def test_a_network_for_another_machine_is_one_line(arguments, flags, tmp_path):

    done = subprocess.run(
        [sys.executable, "-c", PEAK, "run", *arguments.split()],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=300,
    )
    code, peak = map(int, done.stdout.split())
    assert code == 2
    assert peak < 1500, "MB"
    assert done.stderr.count("\n") == 1
    assert " would take " in done.stderr or "no room for" in done.stderr
    for flag in flags:
        assert flag in done.stderr
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]

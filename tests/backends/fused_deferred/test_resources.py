"""What the compiler makes of the kernels for a GPU that need not be there: they fit into it."""

import json
import os
import re
import subprocess
import sys

import pytest

pytestmark = pytest.mark.usefixtures("triton")

SHARED = {80: 166912, 90: 232448}
"""Bytes of shared memory that a program may have, by compute capability (CUDA C++ guide, table of
technical specifications: 163 and 227 KB)."""
SPILLED = 16
"""Bytes of a thread in memory: the assembler may prefer them to a few more registers."""
MANY = {"transmit", "arrive_spikes", "arrive_errors", "learn"}
ONE = {"drive_spikes", "drive_errors", "learn_one"}
PROGRAM = """
import json, sys
from dataclasses import asdict
import spikefa as sf
from spikefa.backends.compiling import compiled
from spikefa.backends.fused_deferred.resources import FLAGS, launches
sizes, batch, circuit, arguments, factors, dependent, capability = json.loads(sys.argv[1])
started = launches(sizes, batch, getattr(sf, circuit)(**arguments), factors, dependent=dependent)
made = [
    asdict(compiled(each, capability)) | {"name": each.name(*FLAGS), "early": each.arguments["PDL"]}
    for each in started
]
print(json.dumps(made))
"""
DRAWN = {"procedural": True}


def made(*what):
    """Compile in a process without the interpreter, which is chosen when Triton is imported."""
    environment = os.environ | {"TRITON_INTERPRET": "0"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(what)],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def check(kernels, capability, expected):
    assert {kernel["name"].split("(")[0] for kernel in kernels} == expected
    for kernel in kernels:
        name, ptx = kernel["name"], kernel["ptx"]
        assert kernel["stack"] <= SPILLED, f"{name} spills {kernel['stack']} bytes"
        assert kernel["registers"] <= 255
        assert kernel["shared"] <= SHARED[capability], name
        assert ("griddepcontrol.wait" in ptx) == kernel["early"]
        if name.startswith("learn"):
            check_learning(kernel)


def check_learning(kernel):
    """The sum is scaled, so that no weight becomes an accumulator; and nothing is pipelined.

    The accumulators of the matrix units round towards 0, and the compiler has been wrong about a
    pipelined loop here.
    """
    assert re.search(r"%changed\w* = arith.subf", kernel["ttgir"])
    assert "cp.async" not in kernel["ptx"]


def check_early(kernels):
    """A kernel that is launched early asks for weights before it waits, and for nothing else."""
    found = 0
    for kernel in kernels:
        if kernel["early"] and kernel["name"].startswith("drive"):
            before = kernel["ptx"].split("griddepcontrol.wait")[0]
            assert re.search(r"ld\.global\S*\.v4", before)
            assert "st.global" not in before
            found += 1
        elif kernel["early"]:
            assert "ld.global" not in kernel["ptx"].split("griddepcontrol.wait")[0]
    assert found


@pytest.mark.slow
def test_the_kernels_compile():
    """The smallest of them, so that every change is compiled."""
    check(made([300, 100, 40], 100, "PFAo", {}, "float16", True, 90), 90, MANY)


@pytest.mark.slow
def test_the_kernels_of_one_stream_compile():
    kernels = made([600, 600, 40], 1, "FA", {}, "float16", True, 90)
    check(kernels, 90, ONE)
    check_early(kernels)


CASES = [  # capability, batch, circuit, its arguments, factors, whether launched early
    *(
        (90, batch, "FA", {}, factors, True)
        for batch in (1, 100)
        for factors in ("float32", "float16")
    ),
    (90, 100, "PFAo", {}, "float16", True),
    (90, 100, "KP", {"phi_delta": "tanh"}, "float32", False),
    (90, 100, "DFA", DRAWN | {"gated": True, "phi_delta": "tanh"}, "float16", False),
    (90, 1, "PFAo", {}, "float32", False),
    (90, 1, "FA", DRAWN | {"matrix": "sign"}, "float32", True),
    (90, 3, "FA", {}, "float16", False),
    (80, 100, "PFA", {}, "float32", False),
    (80, 100, "FA", {}, "float16", False),
    (80, 1, "FA", {}, "float32", False),
]


@pytest.mark.long
@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"sm{case[0]}-{case[1]}-{case[2]}-{case[4]}"
)
def test_all_kernels_fit_into_a_gpu(case):
    capability, *what = case
    kernels = made([784, 1500, 1500, 1000], *what, capability)
    check(kernels, capability, ONE if what[0] == 1 else MANY)

"""What the compiler makes of the kernels for GPUs that need not be there: it fits, and is in order.

Triton brings ptxas along, so that all but the running can be tested anywhere.
"""

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
SPILLED = 8
"""Bytes of a thread in memory: the assembler may prefer them to one more register."""
PROGRAM = """
import json, sys
from dataclasses import asdict
import spikefa as sf
from spikefa.backends.compiled import FLAGS, launches
from spikefa.backends.compiling import compiled
sizes, batch, circuit, arguments, precision, capability = json.loads(sys.argv[1])
started = launches(sizes, batch, getattr(sf, circuit)(**arguments), precision)
made = [{"name": each.name(*FLAGS)} | asdict(compiled(each, capability)) for each in started]
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


def check(kernels, capability):
    names = {kernel["name"].split("(")[0] for kernel in kernels}
    assert names == {"forward", "feed_back", "catch_up", "output_error"}
    for kernel in kernels:
        assert kernel["stack"] <= SPILLED, f"{kernel['name']} spills {kernel['stack']} bytes"
        assert kernel["registers"] <= 255
        assert kernel["shared"] <= SHARED[capability], kernel["name"]
        if kernel["name"].startswith(("forward", "feed_back")):
            check_order(kernel["ptx"])
        if kernel["name"].startswith("catch_up"):  # weights are no accumulators, see `taught`
            assert re.search(r"%tile\w* = arith.subf", kernel["ttgir"])


def check_order(ptx):
    """Parts are written, then a barrier, the ticket, a barrier; then parts are read, past L1."""
    found = [
        kind
        for line in ptx.splitlines()
        for kind in ("st.global", "bar.sync", "atom.global.gpu.acq_rel", "ld.global.cg")
        if re.search(rf"\b{re.escape(kind)}", line)
    ]
    ticket = found.index("atom.global.gpu.acq_rel")
    before, after = found[:ticket], found[ticket + 1 :]
    assert before[-1] == "bar.sync"
    assert "st.global" in before
    assert "bar.sync" in after[: after.index("ld.global.cg")]
    assert found.count("atom.global.gpu.acq_rel") == 1
    assert "ld.global.cg" not in before


@pytest.mark.slow
def test_the_kernels_of_one_stream_compile():
    check(made([300, 100, 40], 1, "FA", {}, "float32", 90), 90)


CASES = [  # capability, batch, circuit, its arguments, precision
    (90, 100, "FA", {}, "float32"),
    (90, 100, "FA", {}, "bf16x6"),
    (90, 100, "FA", {}, "bf16x3"),
    (90, 100, "FA", {}, "tf32"),
    (90, 100, "FA", {}, "bf16"),
    (90, 100, "DFA", DRAWN | {"gated": True, "phi_delta": "tanh"}, "bf16x6"),
    (90, 30, "FA", {}, "bf16x6"),
    (90, 3, "FA", {}, "bf16x6"),
    (90, 3, "PFA", {}, "float32"),
    (90, 1, "FA", DRAWN | {"matrix": "sign"}, "float32"),
    (80, 100, "FA", {}, "float32"),
    (80, 100, "FA", {}, "tf32"),
    (80, 1, "FA", {}, "float32"),
]


@pytest.mark.long
@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"sm{case[0]}-{case[1]}-{case[2]}-{case[4]}"
)
def test_all_kernels_fit_into_a_gpu(case):
    capability, *what = case
    check(made([1500, 1500, 1500], *what, capability), capability)

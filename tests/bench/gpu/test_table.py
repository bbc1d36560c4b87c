"""The tables of docs/performance.md are those of the committed files."""

from dataclasses import replace

import pytest

from spikefa.bench.gpu.results import Origin, Result, write_result
from spikefa.bench.gpu.table import BEGIN, END, NOTHING, build_table, write_table
from spikefa.errors import SpikefaError
from tests.helpers.processes import REPOSITORY

DOCS = REPOSITORY / "docs"
ORIGIN = Origin("a card", "abcdef0123+", "2026-11-26", "2.11", "cuda", rehearsal=False)
STEPS = {
    "backends": {},
    "best_plain_loop": "plain loop, graph",
    "batch_size": 100,
    "milliseconds": {"graph": [0.3, 0.1, 0.2], "plain loop, graph": [0.4]},
    "left_out": {"plain loop, compiled": "no compiler"},
}
RUN = {
    "seed": 0,
    "epochs": 20,
    "test_error_percent_summed": 1.6,
    "test_error_percent": 1.7,
    "wall_seconds": 7.1,
    "seconds": 12.0,
    "recorded": True,
    "backend": "graph",
}
MEASURED = {
    "tests": {"tests": 3},
    "fig4.batch100": STEPS,
    "recorder": {
        "rows": [{"backend": "graph", "bare": [1.0], "recorded": [1.02], "slowdown_percent": 2.0}]
    },
    "scaling": {
        "points": [
            {
                "width": 256,
                "batch": 1,
                "backend": "graph",
                "milliseconds": [0.05],
                "share": 0.5,
                "procedural": False,
            },
            {
                "width": 16384,
                "batch": 100,
                "backend": "",
                "milliseconds": [],
                "left_out": "no room",
                "share": 0.0,
                "procedural": True,
            },
        ]
    },
    "FA": {"runs": [RUN, RUN | {"seed": 1, "recorded": False, "test_error_percent_summed": 1.8}]},
}


def written(folder, origin=ORIGIN):
    for part, measured in MEASURED.items():
        write_result(folder, Result(part, part != "tests", "2 fail", 12.3, 45, origin, measured))
    return folder


def test_the_page_has_the_tables_of_the_committed_files():
    page = (DOCS / "performance.md").read_text(encoding="utf-8")
    built = page.partition(f"{BEGIN}\n")[2].partition(END)[0]
    assert built == build_table(DOCS / "benchmarks" / "gpu"), "make gpu-table writes it again"


def test_the_tables_say_what_was_measured_where_when_and_by_what(tmp_path):
    table = build_table(written(tmp_path))
    for line in (
        "| tests | NOT PASSED: 2 fail | 12, 45 | a card | 2.11 | abcdef0+ | 2026-11-26 |",
        "| batch 100 | ms a step (range) | over plain loop, graph |",
        "| graph | 0.200 (0.100 to 0.300) | 0.50 |",
        "plain loop, compiled was not timed: no compiler",
        "| graph | 1.000 (1.000 to 1.000) | 1.020 (1.020 to 1.020) | 2.00 % |",
        "| 256 | 1 | graph | 0.050 (0.050 to 0.050) | 0.50 |",
        "| 16384, procedural | 100 |  | no room |  |",
        "| FA | 0, 1 | 20 | 1.70 ± 0.14 (1.60 to 1.80) | 1.70 ± 0.00 (1.70 to 1.70) | 7.1 | 12.0 "
        "| graph |",
    ):
        assert f"{line}\n" in table


def test_a_rehearsal_never_gets_into_the_tables(tmp_path):
    written(tmp_path, replace(ORIGIN, rehearsal=True))
    with pytest.raises(SpikefaError, match="is of a rehearsal, whose numbers mean nothing"):
        build_table(tmp_path)


def test_only_what_is_between_the_markers_is_replaced(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write_table(tmp_path, page)
    assert page.read_text() == f"before\n{BEGIN}\n\n{NOTHING}\n\n{END}\nafter\n"
    page.write_text("no markers")
    with pytest.raises(SpikefaError, match="has no place for the tables"):
        write_table(tmp_path, page)
    assert page.read_text() == "no markers"

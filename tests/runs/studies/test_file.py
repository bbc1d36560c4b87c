"""Result files are written by experiments alone; the page is built from them alone."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import spikefa as sf
from spikefa.cli import main
from spikefa.runs.studies.claims import Quantity, Verdict, spread
from spikefa.runs.studies.file import VERSION, read_result, write_result
from spikefa.runs.studies.page import add_run, build_page
from spikefa.runs.studies.targets import TARGETS

DOCS = Path(__file__).resolve().parents[3] / "docs"


def result(**others):
    quantity = Quantity("test error", [2.0, 2.2, 2.4], "%", paper=2.1, paper_sd=0.1)
    return {
        "id": "L16.fig2",
        "experiment": "lillicrap2016.fig2",
        "quick": False,
        "settings": {"repeats": 3},
        "n": 3,
        "quantities": [quantity.as_record()],
        "claims": [
            Verdict("as fast", True, "300 and 310 examples").as_record(),
            Verdict("above 0", False, "0.01 degrees", "the rate is too high").as_record(),
        ],
        "figures": ["fig2.png"],
        "seconds": 12.5,
        "hardware": "a processor, 1 threads",
        "git_commit": "0123456789abcdef",
        "git_dirty": False,
        **others,
    }


def written(folder, **others):
    content = result(**others)
    path = folder / content["experiment"] / "result.json"
    path.parent.mkdir(parents=True)
    write_result(path, content)
    return path


def edited(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_what_was_written_is_read(tmp_path):
    found = read_result(written(tmp_path))
    assert {key: found[key] for key in result()} == result()
    assert found["quantities"][0]["mean"] == pytest.approx(2.2)
    assert found["quantities"][0]["sd"] == pytest.approx(np.std([2.0, 2.2, 2.4], ddof=1))


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content["quantities"][0]["values"].append(1.8),
        lambda content: content["quantities"][0].update(mean=1.8),
        lambda content: content["claims"][1].update(holds=True),
        lambda content: content.update(n=20),
        lambda content: content.update(note="better"),
        lambda content: content.pop("checksum"),
        lambda content: content.update(checksum="0" * 64),
    ],
)
def test_an_edited_file_is_refused(tmp_path, change):
    path = written(tmp_path)
    edited(path, change)
    with pytest.raises(sf.SpikefaError, match="edited"):
        read_result(path)
    with pytest.raises(sf.SpikefaError, match="edited"):
        build_page(tmp_path)


@pytest.mark.parametrize("version", [0, VERSION + 1, "1", None, True])
def test_another_version_is_refused(tmp_path, version):
    path = written(tmp_path)
    edited(path, lambda content: content.update(version=version))
    with pytest.raises(sf.SpikefaError, match="version"):
        read_result(path)


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", '{"version": 1}', "\x00"])
def test_a_damaged_file_is_refused_in_one_line(tmp_path, text):
    path = tmp_path / "result.json"
    path.write_text(text)
    with pytest.raises(sf.SpikefaError) as caught:
        read_result(path)
    assert "\n" not in str(caught.value)


def test_spaces_and_order_are_no_edit(tmp_path):
    path = written(tmp_path)
    content = json.loads(path.read_text())
    path.write_text(json.dumps(dict(reversed(content.items()))))
    assert read_result(path)["n"] == 3


def test_numbers_that_are_none_are_not_written(tmp_path):
    with pytest.raises(sf.SpikefaError, match="finite"):
        write_result(tmp_path / "result.json", result(seconds=float("nan")))


def test_the_page_says_what_the_files_say(tmp_path):
    written(tmp_path)
    page = build_page(tmp_path)
    assert "| test error | 2.1 ± 0.1 % | 2.2 ± 0.2 % | 3 | +0.4 sd |" in page  # 0.1 / sqrt(0.05)
    assert "| above 0 | **no** | 0.01 degrees. Likely reason: the rate is too high |" in page
    assert "| as fast | yes | 300 and 310 examples |" in page
    assert "**[1 of 2 claims hold]" in page
    assert "12 s" in page
    assert "commit 0123456789" in page
    rows = re.findall(r"^\| (\S+\.\S+) \|.*\|$", page, re.M)
    assert rows == list(TARGETS)
    assert page.count("| not run |") == len(TARGETS) - 1
    assert f"1 of {len(TARGETS)} have been run. 1 of 2 claims hold.\n" in page


def test_the_page_says_how_many_cells_of_a_table_were_run(tmp_path):
    cells = [
        Quantity("error, one", [2.0], "%", paper=2.1),
        Quantity("error, another", [np.inf], "%", paper=2.2),
        Quantity("error, a third", [], "%", paper=2.3),
        Quantity("something else of one, which is no cell", [7.0]),
    ]
    written(tmp_path, quantities=[cell.as_record() for cell in cells])
    page = build_page(tmp_path)
    assert f"1 of {len(TARGETS)} have been run, 1 of them in part." in page
    assert "**[2 of 3 cells run, 1 of 2 claims hold]" in page
    assert "| error, another | 2.2 % | never | 0 |" in page
    assert "| error, a third | 2.3 % | not run | 0 |  |" in page


@pytest.mark.parametrize(
    ("others", "message"),
    [
        ({"quick": True}, "quick"),
        ({"id": "L16.fig99"}, "no paper"),
        ({"id": "L16.fig5"}, "belongs"),
    ],
)
def test_what_does_not_belong_on_the_page_is_refused(tmp_path, others, message):
    written(tmp_path, **others)
    with pytest.raises(sf.SpikefaError, match=message):
        build_page(tmp_path)


def test_the_command_takes_over_a_run(tmp_path, capsys):
    run = written(tmp_path / "runs").parent
    (run / "figures").mkdir()
    (run / "figures" / "fig2.png").write_bytes(b"picture")
    folder = tmp_path / "results"
    folder.mkdir()
    assert main(["results", "--folder", str(folder), "--add", str(run)]) == 0
    assert (folder / "lillicrap2016.fig2" / "fig2.png").read_bytes() == b"picture"
    assert (tmp_path / "results.md").read_text() == build_page(folder)
    edited(folder / "lillicrap2016.fig2" / "result.json", lambda content: content.update(n=4))
    assert main(["results", "--folder", str(folder)]) == 2
    assert "edited" in capsys.readouterr().err


def test_a_quick_run_is_not_taken_over(tmp_path):
    with pytest.raises(sf.SpikefaError, match="quick"):
        add_run(written(tmp_path, quick=True).parent, tmp_path / "results")


def test_what_no_paper_has_is_refused_before_it_is_taken_over(tmp_path):
    """It was copied first, and every later page was refused for it."""
    folder = tmp_path / "results"
    with pytest.raises(sf.SpikefaError, match="'precision', which no paper has"):
        add_run(written(tmp_path, id="precision").parent, folder)
    assert not folder.exists()


def test_the_committed_page_is_that_of_the_committed_files():
    page = (DOCS / "results.md").read_text(encoding="utf-8")
    assert page == build_page(DOCS / "results"), "run `spikefa results`"


def test_committed_results_come_from_committed_code():
    for path in (DOCS / "results").glob("*/result.json"):
        found = read_result(path)
        assert not found["git_dirty"], path
        assert re.fullmatch("[0-9a-f]{40}", found["git_commit"])
        settings = found["settings"]  # figure 4's runs are repeated as replicas, if at all
        assert found["n"] == settings.get("repeats", settings.get("replicas") or 1)


def test_a_spread_in_words():
    assert spread([1.0, 2.0, 3.0]) == "2 ± 1"
    assert spread([1.2345]) == "1.23"
    assert spread([1.0, np.inf, 3.0]) == "2 ± 1.4 (never in 1 of 3)"
    assert spread([np.inf]) == "never"


def test_what_never_came_about_is_no_number():
    record = Quantity("examples", [100.0, np.inf, 200.0]).as_record()
    assert record["values"] == [100.0, None, 200.0]
    assert (record["mean"], record["n"]) == (150.0, 2)
    assert Quantity("examples", [np.inf]).as_record()["mean"] is None

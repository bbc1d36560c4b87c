"""The page of a run: what it says, that nothing in it is markup by accident, and in a browser."""

import json
import re
import shutil
import subprocess

import pytest
import yaml

from spikefa.cli import main
from spikefa.runs.directory import RunDirectory
from spikefa.runs.report.markup import element, escaped
from tests.helpers.html_page import Page
from tests.helpers.small_run import SMALL

HOSTILE = (
    "<script>document.documentElement.dataset.pwned=1</script>\"'><img src=x onerror=alert(1)>"
)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("report") / "run"
    assert main([*SMALL, "--epochs", "2", "--out", str(out)]) == 0
    return out


@pytest.fixture
def run(finished, tmp_path):
    return RunDirectory(shutil.copytree(finished, tmp_path / "run"))


@pytest.fixture(scope="module")
def text(finished, tmp_path_factory):
    """The page of the run."""
    return written(RunDirectory(shutil.copytree(finished, tmp_path_factory.mktemp("page") / "run")))


@pytest.fixture(scope="module")
def hostile_page(finished, tmp_path_factory):
    """The page of a run in whose files every text is an attack."""
    run = RunDirectory(shutil.copytree(finished, tmp_path_factory.mktemp("hostile") / "run"))
    config = yaml.safe_load(run.config.read_text()) | {HOSTILE: HOSTILE, "data_dir": HOSTILE}
    run.write_config("lillicrap2016.fig4", config)
    summary = run.read_summary() | {"command": HOSTILE, "hardware": HOSTILE, "epochs": HOSTILE}
    summary |= {"git_commit": HOSTILE, "git_dirty": True, "backend": "\ud800\x00\x1b[31m"}
    run.write_summary(summary)
    text = run.metrics.read_text().replace("wall_seconds", f"rate_{HOSTILE}".replace('"', "'"))
    run.metrics.write_text(text.replace("step", "alignment_$\\frac{"))
    return written(run)


def written(run):
    assert main(["report", str(run.path)]) == 0
    return (run.path / "report.html").read_text(encoding="utf-8")


def test_the_page_holds_the_run(run, text):
    page = Page(text)
    summary = run.read_summary()
    for expected in (
        f"{summary['test_error_percent']:.2f} %",
        summary["command"],
        summary["torch_version"],
        summary["hardware"],
        "feedback_scale",
        "spikefa run lillicrap2016.fig4 --config config.yaml",
        "spikes per neuron and step",
        *("Learning curve", "The network at work", "Firing rates", "Alignment"),
        *("Receptive fields", "Configuration", "Provenance", "Reproduce"),
    ):
        assert expected in page.text, expected
    assert page.tags.count("img") == 6
    assert len(text) < 2_000_000


def test_the_page_needs_nothing_else(text):
    page = Page(text)
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    for name, value in page.attributes:
        assert not name.startswith("on")
        if name in ("src", "href"):
            assert value.startswith("data:image/png;base64,")
    assert not re.search(r"url\(|@import|https?:", text)
    assert "default-src 'none'" in text


def test_hostile_text_is_text(hostile_page):
    page = Page(hostile_page)
    assert "script" not in page.tags
    assert "x" not in [value for name, value in page.attributes if name == "src"]
    assert page.text.count(HOSTILE) >= 5
    assert page.tags.count("img") == 6
    assert not set("\x00\x1b") & set(hostile_page)


def test_a_run_under_way_and_without_files(run, capsys):
    for path in (run.summary, run.metrics, run.recording, run.checkpoint):
        path.unlink()
    page = Page(written(run))
    assert capsys.readouterr().out == f"wrote {run.path / 'report.html'}\n"
    assert f"--resume {run.path}" in page.text
    assert "No epoch has finished yet" in page.text
    assert "img" not in page.tags


def test_a_figure_that_cannot_be_drawn_says_why(run):
    run.recording.write_bytes(b"no HDF5")
    run.checkpoint.write_bytes(b"no checkpoint")
    page = Page(written(run))
    assert page.text.count("Not drawn: ") == 4
    assert "is not a checkpoint, or is damaged" in page.text
    assert "it is not an HDF5 file" in page.text


@pytest.mark.parametrize("config", ["a: [1", "just text", "!!python/object/apply:os.getcwd []"])
def test_a_damaged_config_is_one_line(run, capsys, config):
    run.config.write_text(f"# spikefa run lillicrap2016.fig4\n{config}\n")
    assert main(["report", str(run.path)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "config.yaml is damaged" in said


def test_a_file_given_is_not_replaced_silently(run, tmp_path, capsys):
    run.recording.unlink()  # which takes longest to draw
    out = tmp_path / "mine.html"
    out.write_text("mine")
    command = ["report", str(run.path), "--out", str(out)]
    assert main(command) == 2
    assert "--force" in capsys.readouterr().err
    assert out.read_text() == "mine"
    assert main([*command, "--force"]) == 0
    assert out.read_text().startswith("<!DOCTYPE html>")


def test_escaping():
    assert escaped("<&>\"'\x07") == "&lt;&amp;&gt;&quot;&#x27;\ufffd"
    assert element("b", "<i>", element("i", 3), class_='"') == (
        '<b class="&quot;">&lt;i&gt;<i>3</i></b>'
    )


# -- in a browser ----------------------------------------------------------------------------------

PROBE = """<script>addEventListener("load", () => {
  const images = [...document.images];
  const loaded = images.filter((image) => image.complete && image.naturalWidth > 100).length;
  const wide = document.documentElement.scrollWidth > innerWidth;
  document.documentElement.dataset.seen = JSON.stringify(
    {images: images.length, loaded, wide, sections: document.querySelectorAll("section").length});
});</script>"""


def dumped(page, folder):
    """Return the DOM after a real browser has loaded `page`."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    options = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run".split()
    options += "--disable-background-networking --disable-component-update --disable-sync".split()
    options += [
        f"--user-data-dir={folder}",
        "--window-size=800,1200",
        "--dump-dom",
        f"file://{page}",
    ]
    done = subprocess.run([browser, *options], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_in_a_browser_all_images_load_and_no_script_runs(hostile_page, tmp_path):
    """Our probe is the only script that runs, even without the policy that forbids them all."""
    policy = re.search(r'<meta http-equiv="Content-Security-Policy".*?>', hostile_page)[0]
    page = tmp_path / "probed.html"
    page.write_text(hostile_page.replace(policy, PROBE))
    dom = dumped(page, tmp_path / "profile")
    seen = json.loads(re.search(r'data-seen="(.*?)"', dom)[1].replace("&quot;", '"'))
    assert seen == {"images": 6, "loaded": 6, "wide": False, "sections": 13}
    assert "data-pwned" not in dom.split("<body>")[0]


def test_in_a_browser_the_policy_holds(text, tmp_path):
    page = tmp_path / "attacked.html"
    attack = "<script>document.documentElement.dataset.pwned = 1</script>"
    page.write_text(text.replace("<h1>", f"{attack}<h1>"))
    dom = dumped(page, tmp_path / "profile")
    assert "<h1>lillicrap2016.fig4</h1>" in dom
    assert "data-pwned" not in dom.split("<body>")[0]

"""The commands that look at runs, and those that answer without one."""

import re
import subprocess
import sys

import pytest

from spikefa.analysis.metrics_table import read_metrics
from spikefa.cli import main
from spikefa.experiments.lillicrap2016.fig4 import EXPERIMENT, simulation_of
from spikefa.runs.data import named_data
from spikefa.runs.directory import RunDirectory
from spikefa.runs.figures import run_figures
from spikefa.runs.parsing import read_settings
from tests.helpers.small_run import FIGURES


def test_figures_are_drawn_again_from_the_files_alone(copied, capsys):
    for file in copied.glob("figures/*"):
        file.unlink()
    assert main(["figure", str(copied)]) == 0
    assert sorted(p.name for p in copied.glob("figures/*")) == [f"{n}.png" for n in FIGURES]
    assert "fig4.png" in capsys.readouterr().out


def test_alignment_begins_before_training_and_the_test_error_is_shown(finished):
    """Before, the first point was that after the first epoch, where the angle has fallen."""
    run = RunDirectory(finished)
    angles = read_metrics(run.start)
    assert [row["epoch"] for row in angles] == ["0"]
    settings = EXPERIMENT.completed(read_settings(run.experiment, EXPERIMENT.settings, run))
    data = named_data(settings)
    fresh = EXPERIMENT.network(settings, data.n_inputs)
    simulation_of(settings, fresh, data)  # initialises it
    for name, angle in fresh.alignment().items():
        assert float(angles[0][f"alignment_{name}"]) == pytest.approx(angle, rel=1e-6)
    drawn = {figure.name: figure for figure in run_figures(run)}
    for line in drawn["alignment"].draw().axes[0].lines[:-1]:
        assert line.get_xdata()[0] == 0
        assert line.get_ydata()[0] == float(angles[0][f"alignment_{line.get_label()}"])
    test = run.read_summary()["test_error_percent"]
    assert drawn["learning"].draw().axes[0].lines[-1].get_ydata() == [test]


def test_figures_that_the_files_do_not_allow_are_left_out(copied, capsys):
    for name in ("recording.h5", "metrics.csv", "figures/fig4.png"):
        (copied / name).unlink()
    assert main(["figure", str(copied)]) == 0
    wrote = capsys.readouterr().out.splitlines()
    assert wrote == [f"wrote {copied / 'figures' / 'receptive_fields.png'}"]
    (copied / "checkpoint.pt").write_bytes(b"damaged")
    assert main(["figure", str(copied)]) == 0
    said = capsys.readouterr().err
    assert re.fullmatch(r"spikefa: warning: receptive_fields is left out: .*damaged.*\n", said)


def test_inspect_tells_what_is_there(finished, capsys):
    assert main(["inspect", str(finished)]) == 0
    shown = capsys.readouterr().out
    for expected in ("lillicrap2016.fig4", "test_error_percent", "hidden: 20", "late", "hidden2"):
        assert expected in shown
    assert main(["inspect", str(finished / "recording.h5")]) == 0
    assert "hidden1" in capsys.readouterr().out


def test_raster_beside_the_recording_and_never_over_a_file(copied, capsys, said):
    recording = copied / "recording.h5"
    assert main(["raster", str(recording), "--population", "hidden1,output", "--units", "5"]) == 0
    picture = copied / "recording-raster.png"
    assert capsys.readouterr().out == f"wrote {picture}\n"
    before = picture.read_bytes()
    assert before.startswith(b"\x89PNG")
    assert "--force" in said("raster", recording, "--steps", "late")
    assert picture.read_bytes() == before
    assert main(["raster", str(recording), "--steps", "late", "--force"]) == 0
    assert picture.read_bytes() != before
    assert main(["raster", str(copied)]) == 0
    assert (copied / "figures" / "raster.png").is_file()
    assert main(["raster", str(copied), "--steps", "0:20", "--out", str(copied / "r.svg")]) == 0
    assert (copied / "r.svg").read_text().startswith("<?xml")


def test_a_raster_by_class(copied, capsys, said):
    recording = copied / "recording.h5"
    assert main(["raster", str(recording), "--by-class", "--population", "hidden1,output"]) == 0
    picture = copied / "recording-raster-by-class.png"
    assert capsys.readouterr().out == f"wrote {picture}\n"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert main(["raster", str(copied), "--by-class", "--steps", "late"]) == 0
    assert (copied / "figures" / "raster-by-class.png").is_file()
    short = ("raster", recording, "--by-class", "--steps", "0:3", "--force")
    assert "holds no stretch from 0 steps before to 4 steps after an image" in said(*short)


def test_an_animation_beside_the_recording_and_never_over_a_file(copied, capsys, said):
    recording, short = copied / "recording.h5", ("--images", "1", "--population", "hidden1,output")
    assert main(["animate", str(recording), *short]) == 0
    film = copied / "recording-animation.gif"
    assert capsys.readouterr().out == f"wrote {film}\n"
    before = film.read_bytes()
    assert before.startswith(b"GIF89a")
    assert "--force" in said("animate", recording, *short)
    assert film.read_bytes() == before
    assert main(["animate", str(recording), *short, "--steps", "late", "--force"]) == 0
    assert film.read_bytes() != before
    assert main(["animate", str(copied), *short, "--steps-per-second", "2"]) == 0
    assert (copied / "figures" / "animation.gif").is_file()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--population", "hiden1"], "no spikes of 'hiden1' (did you mean 'hidden1'"),
        (["--steps", "erly"], "steps: 'erly' given (did you mean 'early'?)"),
        (["--population", "hidden9"], "it holds those of input, hidden1, hidden2, output"),
        (["--steps", "90000:"], "it holds early (0:"),
        (["--images", "0"], "images is 0: give a whole number, 1 or more"),
        (["--steps-per-second", "100"], "from 1 to 50"),
        (["--out", "film.mov"], "end the name in .gif or .mp4"),
        (["--out", "absent/film/x.gif"], "cannot write"),
    ],
)
def test_animation_of_what_there_is_not(finished, said, options, message):
    assert message in said("animate", finished, *options)
    assert not (finished / "figures" / "animation.gif").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--population", "hidden9"], "it holds those of input, hidden1, hidden2, output"),
        (["--steps", "90000:"], "it holds early (0:"),
        (["--units", "few"], "such as 50"),
        (["--out", "raster.txt"], "end the name in"),
        (["--out", "absent/raster/x.png"], "cannot write"),
    ],
)
def test_raster_of_what_there_is_not(finished, said, options, message):
    assert message in said("raster", finished, *options)


def test_list_names_the_experiments(capsys):
    assert main(["list"]) == 0
    assert re.search(r"^lillicrap2016.fig4 +Figure 4", capsys.readouterr().out, re.M)


@pytest.mark.parametrize(
    "command",
    [
        "--help",
        "run --help",
        "bench --help",
        "list",
        "list --help",
    ],
)
def test_help_answers_without_torch(command):
    """Torch takes seconds to import; no help text needs it."""
    code = (
        "import sys; from spikefa.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "assert 'torch' not in sys.modules and 'matplotlib' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code, *command.split()], capture_output=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout

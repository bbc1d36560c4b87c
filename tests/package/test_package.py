"""The package as a stranger gets it: a wheel in a fresh environment, from any folder."""

import subprocess
import sys
import sysconfig
import venv
import zipfile

import pytest

from tests.helpers.processes import REPOSITORY


def run(*command, **options):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "-w", out, REPOSITORY)
    return next(out.glob("*.whl"))


def test_the_wheel_holds_models_experiments_and_the_type_marker(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    for expected in (
        "spikefa/models/lillicrap2016.py",
        "spikefa/experiments/lillicrap2016/fig4.py",
        "spikefa/py.typed",
    ):
        assert expected in names
    for paper in (REPOSITORY / "experiments").glob("*/__init__.py"):
        assert f"spikefa/experiments/{paper.parent.name}/__init__.py" in names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"spikefa"}


def test_the_wheel_runs_in_a_fresh_environment_from_another_folder(wheel, tmp_path):
    """Its dependencies are lent by this environment, so that nothing is fetched twice."""
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = tmp_path / "venv" / "lib" / version / "site-packages"
    run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", site, wheel)
    here = {"cwd": tmp_path, "env": {"PYTHONPATH": sysconfig.get_path("purelib"), "PATH": ""}}
    where = run(python, "-c", "import spikefa; print(spikefa.__file__)", **here)
    # PYTHONPATH comes first: what it lends must not be this checkout
    if str(site) not in where:
        pytest.fail(f"the wheel was not what was tested: {where}")
    assert "lillicrap2016.fig4" in run(python, "-m", "spikefa", "list", **here)
    out = tmp_path / "run"
    said = run(
        *(python, "-m", "spikefa", "run", "lillicrap2016.fig4", "--dataset", "digits"),
        *("--hidden", 10, "--outputs", 10, "--train-images", 50, "--epochs", 1, "--out", out),
        **here,
    )
    assert "test error" in said
    assert (out / "figures" / "fig4.png").is_file()


def test_the_ten_lines_of_the_readme_work_from_any_folder(tmp_path):
    code = (
        "import spikefa as sf\n"
        "net = sf.models.lillicrap2016.spiking_mnist(\n"
        "    hidden=20, outputs=20, n_inputs=64, feedback=sf.FA(scale=0.1))\n"
        "sim = sf.Simulation(net, sf.datasets.digits(), batch_size=100, seed=0)\n"
        "sim.train(epochs=1); print(sim.test())\n"
    )
    said = run(sys.executable, "-c", code, cwd=tmp_path)
    assert "% error from the last step" in said

"""The package as others get it: wheel, source distribution, archive and editable installation."""

import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile

import pytest

import spikefa as sf
from tests.helpers.processes import REPOSITORY

pytestmark = pytest.mark.slow

EXPECTED = {
    "spikefa/models/lillicrap2016.py",
    "spikefa/experiments/lillicrap2016/fig4.py",
    "spikefa/py.typed",
}


def run(*command, **options):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """Build something of a folder by a function of setuptools; return the file."""
    backend = tmp_path_factory.mktemp("setuptools")
    run(sys.executable, "-m", "pip", "install", "-q", "--target", backend, "setuptools>=77")

    def build(what, folder):
        code = f"import sys; from setuptools.build_meta import *; build_{what}(sys.argv[1])"
        out = tmp_path_factory.mktemp(what)
        run(sys.executable, "-c", code, out, cwd=folder, env={"PYTHONPATH": backend, "PATH": ""})
        (built,) = out.iterdir()
        return built

    return build


def copy_checkout(folder):
    """Copy the files that git lists, as `git archive` does; links stay links."""
    if not (REPOSITORY / ".git").exists():
        pytest.skip("this is not a git repository")
    listed = run("git", "ls-files", "-z", "-co", "--exclude-standard", cwd=REPOSITORY)
    for name in filter(None, listed.split("\0")):
        source, target = REPOSITORY / name, folder / name
        if (source.exists() or source.is_symlink()) and not name.startswith("docs/"):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target, follow_symlinks=False)
    return folder


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    return copy_checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="module")
def sdist(build, checkout):
    return build("sdist", checkout)


def test_the_version_is_that_of_the_module(sdist):
    assert sdist.name == f"spikefa-{sf.__version__}.tar.gz"


@pytest.fixture(scope="module")
def wheel(build, sdist, tmp_path_factory):
    """A wheel from the source distribution, as most tools build it."""
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    return build("wheel", next(folder.iterdir()))


def names_in(wheel):
    return {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info" not in name}


def test_the_source_distribution_holds_models_and_experiments(sdist):
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names >= EXPECTED
    assert names >= {"README.md", "pyproject.toml"}


def test_the_wheel_holds_models_experiments_and_the_type_marker(wheel):
    names = names_in(wheel)
    assert names >= EXPECTED
    for paper in (REPOSITORY / "experiments").glob("*/__init__.py"):
        assert f"spikefa/experiments/{paper.parent.name}/__init__.py" in names
    assert {name.split("/")[0] for name in names} == {"spikefa"}, "nothing else is installed"


def test_a_wheel_from_a_checkout_is_the_same(wheel, build, checkout):
    assert names_in(build("wheel", checkout)) == names_in(wheel)


def test_an_editable_installation_is_a_path(build, checkout):
    """Type checkers and editors follow a path, but no import hook."""
    (link,) = names_in(editable := build("editable", checkout))
    assert link.endswith(".pth")
    assert zipfile.ZipFile(editable).read(link).decode().strip() == str(checkout)


def test_the_command_works_in_an_unpacked_archive(checkout):
    lent = {"PYTHONPATH": sysconfig.get_path("purelib"), "PATH": ""}
    code = "import spikefa.models, spikefa.experiments; print(spikefa.__file__)"
    where = run(sys.executable, "-c", code, cwd=checkout, env=lent)
    assert where.strip() == str(checkout / "spikefa" / "__init__.py")
    listed = run(sys.executable, "-m", "spikefa", "list", cwd=checkout, env=lent)
    assert "lillicrap2016.fig4" in listed


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

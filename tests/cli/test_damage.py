"""Files that are damaged, and a disk that is full: one line, never a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from spikefa.cli import main
from tests.helpers.small_run import DRAWN, SMALL


@pytest.mark.slow
@pytest.mark.parametrize("file", ["config.yaml", "metrics.csv", "recording.h5", "summary.json"])
@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe garbage", b"a,b\n1", b"<html></html>"])
def test_damaged_files_in_a_run_directory(file, content, copied, capsys):
    """Looking at a damaged run works or ends in one line; it never ends in a traceback."""
    (copied / "recording.h5").unlink()  # whose figures depend on no other file, and take longest
    (copied / file).write_bytes(content)
    for command in ("inspect", "figure"):
        code = main([command, str(copied)])
        said = capsys.readouterr().err
        assert code in (0, 2)
        lines = said.splitlines()
        assert all(line.startswith("spikefa: ") for line in lines), said
        assert len([line for line in lines if "warning" not in line]) == (1 if code else 0), said


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("train-images-idx3-ubyte.gz", b"<!DOCTYPE html><html>not found</html>", "web page"),
        ("train-images-idx3-ubyte.gz", b"", "empty"),
        ("t10k-labels-idx1-ubyte.gz", b"\x1f\x8b\x08garbage", "t10k-labels"),
        ("t10k-images-idx3-ubyte.gz", None, "t10k-images"),
    ],
)
def test_a_damaged_data_set(data_dir, tmp_path, capsys, file, content, message):
    folder = tmp_path / "mnist"
    folder.mkdir()
    for source in next(data_dir.glob("**/train-images-idx3-ubyte*")).parent.iterdir():
        os.symlink(source, folder / source.name)
    (folder / file).unlink()
    if content is not None:
        (folder / file).write_bytes(content)
    arguments = [*SMALL, "--dataset", "mnist", "--data-dir", tmp_path, "--out", tmp_path / "run"]
    assert main([str(argument) for argument in arguments]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_full_disk_is_one_line(tmp_path):
    """The limit on file size stands for a disk without room: writes fail in the same place."""
    limit = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (30000, 30000))\n"
        "from spikefa.cli import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    arguments = [*DRAWN, "--epochs", "1", "--record", "false", "--out", str(tmp_path / "run")]
    done = subprocess.run(
        [sys.executable, "-c", limit, *arguments], capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1, done.stderr
    assert "no room left on the disk" in done.stderr
    assert not list(Path(tmp_path / "run").glob(".*")), "no temporary file is left behind"

"""Record, resume and repair on disks that become full at any point, and look at what is left.

``python -m tests.helpers.full_disks COUNT [FOLDER]``, in an empty folder, tries COUNT limits of the
size of a file for each; with FOLDER, COUNT sizes of a real disk that it mounts there. It fails at
the first crash, traceback or file that is not as it should be.
"""

import os
import resource
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import torch

from spikefa.errors import SpikefaError
from spikefa.recording import repair
from tests.helpers.killed_recorders import (
    STEPS,
    check,
    create,
    record,
    resume,
    rows_of,
    starting_files,
)
from tests.helpers.toy_network import Toy


def act(name, file):
    """What a user does; mistakes are said in one line, as on the command line."""
    toy = Toy()
    try:
        if name == "repair":
            repair(file, force=True)
        elif name == "resume":
            record(resume(file, toy, 20), toy, 20)
        else:
            record(create(file, toy), toy, 0)
    except SpikefaError as error:
        print(f"spikefa: {error}", file=sys.stderr)
        sys.exit(2)
    sys.exit(0)


def run(name, file, prepare):
    """Do it in a child that ends as a program does; return its exit code and what it said."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(writer, 2)
        prepare()
        act(name, file)
    os.close(writer)
    with open(reader) as pipe:
        lines = pipe.read().splitlines()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code, [line for line in lines if not line.startswith("  ")]


def look(name, file, before, code, said, whole):
    """Either it went well, or one line says why not; what was committed is there."""
    assert code in (0, 2), (name, code, said)
    assert len(said) <= 1, said
    assert (code == 2) <= len(said), said
    left = [each.name for each in file.parent.iterdir() if each.name != file.name]
    assert left == [], left
    if code == 2:
        assert "no room left" in said[0] or "free" in said[0], said
        assert not file.exists() if before is None else file.read_bytes() == before
    elif said:
        assert "stopped after" in said[0], said
        check(rows_of(file), whole, 20 if name == "resume" else 0)
    else:
        check(rows_of(file), whole, 30 if name == "repair" else STEPS)
    return "refused" if code else "stopped" if said else "went well"


def try_limits(count, whole, starting):
    """Limit the size of a file, as ``ulimit -f`` does."""
    most = int(1.1 * Path("whole").stat().st_size)
    folder = Path("limited")
    folder.mkdir()
    for number in range(count):
        limit = most * number // count

        def prepare(limit=limit):
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        yield from try_all(folder, prepare, whole, starting)


def try_disks(count, mount, whole, starting):
    """Mount disks of many sizes, whose free room is not seen beforehand."""
    most = 3 * Path("whole").stat().st_size
    mount, parent = Path(mount), os.getpid()

    def prepare():
        usage = namedtuple("Usage", "total used free")
        shutil.disk_usage = lambda folder: usage(1 << 40, 0, 1 << 40)

    for number in range(count):
        size = 4096 * (1 + most * number // count // 4096)
        options = f"size={size}"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", mount], check=True)
        try:
            yield from try_all(mount, prepare, whole, starting)
        finally:
            if os.getpid() == parent:  # children end through here, too
                subprocess.run(["umount", mount], check=True)


def try_all(folder, prepare, whole, starting):
    for name, start in starting.items():
        file = folder / "f.h5"
        file.unlink(missing_ok=True)
        try:
            if start is not None:
                file.write_bytes(start)
        except OSError:
            continue  # the disk is too small even for that
        code, said = run(name, file, prepare)
        yield name, look(name, file, start, code, said, whole)


def main(count, mount=None):
    torch.set_num_threads(1)
    toy = Toy()
    record(create(Path("whole"), toy), toy, 0)
    whole = rows_of(Path("whole"))
    killed, _, closed = (each.read_bytes() for each in starting_files())
    starting = {"record": None, "resume": closed, "repair": killed}
    found = {}
    tried = (
        try_limits(count, whole, starting)
        if mount is None
        else try_disks(count, mount, whole, starting)
    )
    for outcome in tried:
        found[outcome] = found.get(outcome, 0) + 1
    for (name, outcome), times in sorted(found.items()):
        print(name, outcome, times, sep="\t")


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])

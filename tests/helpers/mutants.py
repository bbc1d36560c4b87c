"""Damaged recordings, made by chance: ``python -m tests.helpers.mutants FIRST COUNT``.

It is run in a folder of originals.

Each is read in full; whatever happens but success and `SpikefaError` ends the process. Prints
how many were refused, the longest time in seconds and by how many MB reading one made the process
grow at most.
"""

import contextlib
import faulthandler
import random
import resource
import shutil
import sys
import time
import warnings
from pathlib import Path

import h5py
import numpy as np

from spikefa import analysis
from spikefa.errors import SpikefaError
from spikefa.recording import describe, open_recording

CLOSED = ("closed.h5", "sparse_closed.h5")
ORIGINALS = (*CLOSED, "killed.h5", "sparse_killed.h5")
TOO_LONG = 60
READ_MUTANTS = """
import runpy
runpy.run_module("tests.helpers.mutants", run_name="__main__", alter_sys=True)
"""
MEMORY = 6 << 30


def mutate(trial: int, original: Path, mutant: Path) -> None:
    """Damage bytes in four of five trials, and edit valid HDF5 in the fifth."""
    chance = random.Random(trial)
    if trial % 5 == 4:
        shutil.copy(original, mutant)
        with contextlib.suppress(Exception), h5py.File(mutant, "r+") as file:
            # Some edits cannot be made; they are no test, but what was edited before them is.
            for _ in range(chance.choice([1, 1, 2, 4])):
                edit(chance, file)
        return
    content = bytearray(original.read_bytes())
    for _ in range(chance.choice([1, 1, 4, 32])):
        damage(chance, content)
    mutant.write_bytes(content)


def damage(chance: random.Random, content: bytearray) -> None:
    """Change some bytes, half of the time near the beginning, where the structure is."""
    end = max(1, min(len(content), 12000 if chance.random() < 0.5 else len(content)))
    at, length = chance.randrange(end), chance.choice([1, 2, 4, 8, 64, 512])
    kind = chance.randrange(8)
    if kind < 3:
        content[at : at + 1] = bytes([content[at] ^ 1 << chance.randrange(8) if content else 0])
    elif kind == 3:
        content[at : at + length] = bytes([chance.choice([0, 255])]) * length
    elif kind == 4:
        content[at : at + length] = chance.randbytes(length)
    elif kind == 5:  # a piece of the file in a wrong place
        source = chance.randrange(max(1, len(content)))
        content[at : at + length] = content[source : source + length]
    elif kind == 6 and chance.random() < 0.2:
        del content[at:]
        content.extend(b"\0" * chance.choice([0, 0, 1000]))
        content.extend(b"\0")
    else:
        content[at:at] = chance.randbytes(chance.choice([0, 1, 8]))


def edit(chance: random.Random, file: h5py.File) -> None:
    """Make the file say something else that is valid HDF5."""
    names: list[str] = []
    file.visit(names.append)
    name = chance.choice(names)
    item = file[name]
    odd = [0, 1, 255, 2**31, 2**63 - 1, 2**64 - 1, -1, 1e308, float("nan"), b"x" * 999, b"", [[1]]]
    kind = chance.randrange(10)
    if kind == 9:  # all agree that there is more than there is
        rows = chance.choice([10**5, 10**6, 10**7])
        for each in map(file.get, names):
            if isinstance(each, h5py.Dataset) and each.maxshape[:1] == (None,):
                each.resize(rows, axis=0)
        file["spikefa/committed_steps"][0] = rows
    elif kind == 0 and len(item.attrs):
        item.attrs[chance.choice(list(item.attrs))] = chance.choice(odd)
    elif kind == 1 and len(file.attrs):
        file.attrs[chance.choice(list(file.attrs))] = chance.choice(odd)
    elif kind == 2:
        del file[name]
    elif kind == 3:
        other = chance.choice(names)
        del file[name]
        file[name] = chance.choice([h5py.SoftLink(f"/{name}"), h5py.SoftLink(f"/{other}")])
    elif kind == 4:
        del file[name]
        file[name] = h5py.ExternalLink(chance.choice(["/dev/zero", "closed.h5", "no.h5"]), name)
    elif isinstance(item, h5py.Dataset):
        edit_dataset(chance, file, name)


def edit_dataset(chance: random.Random, file: h5py.File, name: str) -> None:
    """Change values, length, type or storage of a dataset."""
    item = file[name]
    kind = chance.randrange(6)
    shape, dtype, path = item.shape, item.dtype, f"/{name}"
    if kind == 0 and item.size:
        flat = np.array(item).reshape(-1).view(np.uint8)
        flat[chance.randrange(len(flat))] = chance.choice([0, 1, 127, 255])
        item[...] = flat.view(dtype).reshape(shape)
    elif kind == 1 and item.chunks:
        item.resize(chance.choice([0, 1, shape[0] + 1, 10**6]), axis=0)
        file["spikefa/committed_steps"][0] = item.shape[0]
    elif kind == 2:
        del file[path]
        file.create_dataset(path, shape, chance.choice(["u1", "f8", "S5", ">u8", "?", "c16"]))
    elif kind == 3:
        del file[path]
        file.create_dataset(path, (chance.choice([1, 10**6, 2 * 10**9]), *shape[1:]), dtype)
    elif kind == 4:
        del file[path]
        where = [(chance.choice(["/dev/zero", "/dev/urandom", "gone"]), 0, 1 << 20)]
        file.create_dataset(path, shape, dtype, external=where)
    else:
        del file[path]
        layout = h5py.VirtualLayout(shape or (1,), dtype)
        file.create_virtual_dataset(path, layout)


def read_everything(path: Path) -> None:
    """Call everything that reads."""
    with open_recording(path) as recording:
        describe(recording)
        _ = recording.images, recording.provenance, recording.config, recording.stimulus
        _ = recording.windows, recording.triggers
        for clock in range(len(recording.layout.clocks)):
            with contextlib.suppress(SpikefaError):  # what only a resumed run will read
                recording.memories(clock)
        for channel in recording.layout.channels:
            if channel.variable == "spikes":
                recording.raster(channel.population)
                recording.events(channel.population)
                for _ in recording.blocks(channel.population, rows=16):
                    pass
            else:
                recording.trace(channel.population, channel.variable)
        for measure in (
            lambda: analysis.class_rates(recording, "hidden1", settle=2),
            lambda: analysis.population_rate(recording, "hidden1", width=5),
            lambda: analysis.participation_ratio(recording, "hidden2"),
            lambda: analysis.pairwise_correlation(recording, "output"),
            lambda: analysis.confusion(recording),
            lambda: analysis.triggered_images(recording, "hidden1", lag=1),
        ):
            with contextlib.suppress(SpikefaError):  # the file may be sound and hold too little
                measure()


def memory(kind: str) -> float:
    """Return the resident memory, VmRSS, or its peak, VmHWM, in MB (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(kind))


def forget_peak() -> float:
    """Begin to measure the peak anew, and return what is held now.

    Making a mutant takes memory too: some edits let HDF5 lay out files of gigabytes.
    """
    Path("/proc/self/clear_refs").write_text("5")
    return memory("VmRSS")


def main(first: int, count: int) -> None:
    """Read `count` mutants; the name of the last one stays if the process ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("ignore")
    refused, longest, growth = 0, 0.0, 0.0
    for trial in range(first, first + count):
        mutant = Path(f"mutant{trial}.h5")
        faulthandler.cancel_dump_traceback_later()
        choice = CLOSED if trial % 5 == 4 else ORIGINALS  # HDF5 does not edit the others
        mutate(trial, Path(choice[trial // 5 % len(choice)]), mutant)
        faulthandler.dump_traceback_later(TOO_LONG, exit=True)
        before, held = time.perf_counter(), forget_peak()
        try:
            read_everything(mutant)
        except SpikefaError as error:
            refused += 1
            if "\n" in str(error):
                sys.exit(f"trial {trial}: more than one line: {error}")
        except BaseException:
            print(f"trial {trial}", file=sys.stderr)
            raise
        longest = max(longest, time.perf_counter() - before)
        growth = max(growth, memory("VmHWM") - held)
        mutant.unlink()
    faulthandler.cancel_dump_traceback_later()
    print(refused, f"{longest:.2f}", f"{growth:.0f}")


if __name__ == "__main__":
    faulthandler.enable()
    main(int(sys.argv[1]), int(sys.argv[2]))

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
from tests.helpers.hostile.bytes import damaged

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
    mutant.write_bytes(damaged(chance, original.read_bytes()))


def edit(chance: random.Random, file: h5py.File) -> None:
    """Make the file say something else that is valid HDF5."""
    names: list[str] = []
    file.visit(names.append)
    name = chance.choice(names)
    item = file[name]
    odd = [0, 1, 255, 2**31, 2**63 - 1, 2**64 - 1, -1, 1e308, float("nan"), b"x" * 999, b"", [[1]]]
    odd += [h5py.Empty("f4"), h5py.Empty("S9"), True, 1j, "vlen", "\u202e", 0.5]
    odd += [b"\x1b[2J\xff", b"[" * 20_000, np.zeros(5000), np.zeros((3, 0)), np.void(b"raw")]
    odd += [np.array((1, 2.0), "i4,f8")]
    kind = chance.randrange(12)
    if kind == 11:
        nest(chance, file, name)
    elif kind == 10:
        grow_tables(chance, file)
    elif kind == 9:  # all agree that there is more than there is
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


def nest(chance: random.Random, file: h5py.File, name: str) -> None:
    """Put groups within groups, or thousands of them beside each other."""
    parent = chance.choice(["spikefa", "spikefa/clocks", "spikefa/populations", "spikefa/trace"])
    if chance.random() < 0.5:
        path = "/".join("d" * chance.choice([100, 500]))
        file.require_group(f"{parent}/{path}")
    else:
        for number in range(chance.choice([5, 400, 3000])):
            file.create_group(f"{parent}/{number}")


def grow_tables(chance: random.Random, file: h5py.File) -> None:
    """Claim windows, windows that recur, or triggers, by the thousand, or of 3e8 steps."""
    path = "spikefa/epochs"
    table = np.repeat(file[path][:1], chance.choice([1, 300, 5000]))
    length = chance.choice([1, 10**6, 3 * 10**8, 2**62])
    table["label"] = [f"w{n}".encode() for n in range(len(table))]
    table["start_step"] = np.arange(len(table)) * chance.choice([0, 1, length])
    table["stop_step"] = table["start_step"] + length
    if chance.random() < 0.3:
        kind = [("start_step", "<u8"), ("length", "<u8"), ("period", "<u8"), ("label", "S32")]
        path = "spikefa/recurring"
        recurring = np.ones(len(table), kind)
        recurring["label"] = table["label"]
        table = recurring
    if path in file:
        del file[path]
    file[path] = table


def edit_dataset(chance: random.Random, file: h5py.File, name: str) -> None:
    """Change values, length, type or storage of a dataset."""
    item = file[name]
    kind = chance.randrange(8)
    shape, dtype, path = item.shape, item.dtype, f"/{name}"
    if kind == 0 and item.size:
        flat = np.array(item).reshape(-1).view(np.uint8)
        flat[chance.randrange(len(flat))] = chance.choice([0, 1, 127, 255])
        item[...] = flat.view(dtype).reshape(shape)
    elif kind == 1 and item.chunks:
        item.resize(chance.choice([0, 1, shape[0] + 1, 10**6]), axis=0)
        file["spikefa/committed_steps"][0] = item.shape[0]
    elif kind == 6 and shape:  # a chunk that inflates, or is claimed
        del file[path]
        rows = chance.choice([max(1, shape[0]), 10**6, 10**8])
        packing = chance.choice([{}, {"compression": "gzip"}, {"compression": "lzf"}])
        checks = {"shuffle": chance.random() < 0.5, "fletcher32": chance.random() < 0.5}
        whole, chunks = (max(rows, shape[0]), *shape[1:]), (rows, *shape[1:])
        made = file.create_dataset(path, whole, dtype, chunks=chunks, **packing, **checks)
        if chance.random() < 0.3 and made.nbytes < 1 << 24:
            made[...] = np.zeros((), dtype)
    elif kind == 7:
        del file[path]
        more = chance.choice([(), (3,), (1, 1), (0,), (10**5, 10**5)])
        file.create_dataset(path, (*shape[:1], *more), dtype)
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

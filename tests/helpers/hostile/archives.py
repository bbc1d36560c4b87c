"""Changes of zip members, arrays, pickles and IDX files."""

import gzip
import io
import random
import struct
import warnings
import zipfile
import zlib
from typing import Any

import numpy as np
import torch

from tests.helpers.hostile.bytes import damaged
from tests.helpers.hostile.text import ODD, change

SHAPES = [(), (0,), (1,), (3, 0), (10**6, 10), (2, 3, 4), (1, 1, 1, 1)]
TYPES = ["u1", "i8", "f2", "f8", "c16", "?", "U5", "S5", "M8[s]", ">f4", "V3"]


def mutate_npz(chance: random.Random, content: bytes) -> bytes:
    """Return a .npz with other bytes, members, types, shapes or headers."""
    kind = chance.randrange(8)
    if kind == 0:
        return damaged(chance, content, len(content))
    if kind == 1:
        return _zip(chance, _members(content))
    with np.load(io.BytesIO(content)) as arrays:
        held: dict[str, Any] = dict(arrays)
    name = chance.choice(list(held))
    if kind == 2:
        del held[name]
    elif kind == 3:
        held[chance.choice(["x", "../x", "\x1b[2J"])] = held.pop(name)
    elif kind == 4:
        held[name] = np.zeros(chance.choice(SHAPES), chance.choice(TYPES))
    elif kind == 5:
        held[name] = np.array([{"an": "object"}], dtype=object)
    elif held[name].dtype.kind == "f" and held[name].size:
        odd = [np.nan, np.inf, -np.inf, 1e308, -1.0, 0.0]
        held[name] = np.full_like(held[name], chance.choice(odd))
    else:
        held[name] = np.array(chance.choice([1, "text", 2.5, True]))
    file = io.BytesIO()
    np.savez_compressed(file, **held)
    changed = file.getvalue()
    if kind == 7:
        members = _members(changed)
        claim = str(chance.choice([(10**12,), (2**62, 4), (-1,), "x", (1, 2, 3)]))
        members[f"{name}.npy"] = _header(chance, claim) + b"\0" * chance.choice([0, 8, 800_000])
        return _zip(chance, members)
    return changed


def _header(chance: random.Random, shape: str) -> bytes:
    kind = chance.choice([*TYPES, "O", "V1000000000", [("a", "f8", (10**9,))], "S0"])
    text = repr({"descr": kind, "fortran_order": chance.random() < 0.5})[:-1]
    header = f"{text}, 'shape': {shape}}}\n".encode()
    version = chance.choice([(1, 0), (2, 0), (3, 0), (9, 9)])
    size = struct.pack("<H" if version == (1, 0) else "<I", len(header))
    return b"\x93NUMPY" + bytes(version) + size + header


def _members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


def _zip(chance: random.Random, members: dict[str, bytes]) -> bytes:
    """Return a zip file of some members that inflate, repeat, lie over each other or are odd."""
    kind = chance.randrange(6)
    target = io.BytesIO()
    method = chance.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
    with zipfile.ZipFile(target, "w", method) as file:
        for name, held in members.items():
            file.writestr(name, held)
        if kind == 0:
            with file.open(zipfile.ZipInfo("bomb.npy"), "w") as bomb:
                for _ in range(200):
                    bomb.write(bytes(1 << 20))
        elif kind == 1:
            for number in range(3000):
                file.writestr(f"many/{number}", b"")
        elif kind == 2:
            file.writestr(chance.choice(["../../out", "/etc/x", "\x1b[2J", "a" * 60_000]), b"x")
    changed = bytearray(target.getvalue())
    if kind == 3:
        return _overlapping(changed)
    at = changed.find(b"PK\x01\x02")
    if kind == 4 and at > 0:  # a size in the directory that is not that of the member
        claim = chance.choice([0, 2**31, 2**32 - 1])
        changed[at + 24 : at + 28] = struct.pack("<I", claim)
    return bytes(changed)


def _overlapping(content: bytearray) -> bytes:
    """Return the zip file with 5,000 entries of the directory for the same bytes."""
    at, end = content.find(b"PK\x01\x02"), content.find(b"PK\x05\x06")
    length = 46 + sum(struct.unpack("<HHH", content[at + 28 : at + 34]))
    entry, many = bytearray(content[at : at + length]), 5000
    size = max(0, 900_000 - many * length)
    entries = bytearray()
    for number in range(many):
        entry[46:50] = f"{number:04d}".encode()
        entry[24:28] = struct.pack("<I", size)
        entries += entry
    tail = bytearray(content[end:])
    tail[8:12] = struct.pack("<HH", many, many)
    tail[12:20] = struct.pack("<II", len(entries), at)
    return bytes(content[:at]) + bytes(entries) + bytes(tail)


def odd_tensors() -> list[Any]:
    """Return tensors that no checkpoint of the program holds; torch warns of some."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _odd_tensors()


def _odd_tensors() -> list[Any]:
    zeros = torch.zeros(3, 4)
    return [
        *(zeros.to_sparse(), zeros.to_sparse_csr(), torch.zeros(1).expand(10**9)),
        torch.zeros(1).expand(10**6, 10**6),
        torch.quantize_per_tensor(zeros, 0.1, 0, torch.qint8),
        torch.nested.nested_tensor([torch.zeros(2), torch.zeros(3)]),
        *(torch.zeros(3, device="meta"), torch.zeros(10**12, device="meta"), torch.zeros(0)),
        *(zeros.half(), zeros.to(torch.complex64), zeros.bool(), zeros.double(), zeros.long()),
        *(torch.full((3, 4), float("nan")), zeros.T, torch.nn.Parameter(zeros), zeros[0, 0]),
        *(torch.Size([1, 2]), torch.float32, bytearray(8), {1, 2}, 1 + 2j, torch.device("cpu")),
    ]


def mutate_checkpoint(chance: random.Random, content: bytes) -> bytes:
    """Return a checkpoint with other bytes, members, pickle, plain data or tensors."""
    kind = chance.randrange(8)
    if kind == 0:
        return damaged(chance, content, len(content))
    if kind == 1:
        return _zip(chance, _members(content))
    if kind == 2:
        members = _members(content)
        name = next(each for each in members if each.endswith("data.pkl"))
        members[name] = chance.choice([_bombed, _damaged])(chance, members[name])
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as stored:
            for each, held in members.items():
                stored.writestr(each, held)
        return file.getvalue()
    held = torch.load(io.BytesIO(content), weights_only=True)
    part = chance.choice(["tensors", "tensors", "generators"])
    if kind < 5 and held[part]:
        name = chance.choice(list(held[part]))
        good = held[part][name]
        odd = [
            *odd_tensors(),
            good.reshape(-1)[:1],
            good.reshape(-1),
            good.clone().random_(0, 2),
            *ODD,
        ]
        held[part][name] = chance.choice(odd)
    elif kind == 5:
        held["history"] = change(chance, held["history"])
    elif kind == 6:
        held["settings"] = change(chance, held["settings"])
    else:
        held[chance.choice(list(held))] = chance.choice([*ODD, *odd_tensors()])
    file = io.BytesIO()
    try:
        torch.save(held, file)
    except RecursionError:  # it is nested so deeply that it cannot be written either
        return damaged(chance, content, len(content))
    return file.getvalue()


def _damaged(chance: random.Random, pickled: bytes) -> bytes:
    return damaged(chance, pickled, len(pickled))


def _bombed(chance: random.Random, pickled: bytes) -> bytes:
    """Return a pickle of a few bytes that stands for much."""
    laughs = b"\x80\x02]q\0" + b"".join(
        b"]q%c(%se" % (n, b"h%c" % (n - 1) * 10) for n in range(1, 12)
    )
    return chance.choice(
        [
            b"\x80\x02cbuiltins\nbytearray\nJ\xff\xff\xff\x7f\x85R.",
            b"\x80\x02cposix\nsystem\nX\x02\0\0\0id\x85R.",
            b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b".",
            laughs + b".",
            b"\x80\x02]r\xff\xff\xff\x7f.",
            b"\x80\x02\x8a\xff" + b"\x7f" * 255 + b".",
            b"\x80\x02X\xff\xff\xff\x7fabc.",
        ]
    )


def mutate_idx(chance: random.Random, content: bytes) -> bytes:
    """Return an IDX file, gzipped or not, with other bytes or another header."""
    packed = content[:2] == b"\x1f\x8b"
    raw = bytearray(gzip.decompress(content) if packed else content)
    kind = chance.randrange(5)
    if kind == 0:
        return damaged(chance, content, 20)
    if kind == 1:
        sizes = [chance.choice([0, 1, 28, 10**6, 2**32 - 1]) for _ in range(3)]
        raw[4:16] = struct.pack(">III", *sizes)
    elif kind == 2:
        raw[: chance.choice([0, 3, 8, 16])] = b""
    elif kind == 3:
        raw += bytes(chance.choice([1, 1 << 20]))
    else:
        raw = bytearray(damaged(chance, bytes(raw), 20))
    return gzip.compress(bytes(raw)) if packed else bytes(raw)


def gzip_bomb() -> bytes:
    """Return a packed IDX file of a megabyte that unpacks to 900."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = struct.pack(">IIII", 0x803, 10**6, 28, 28)
    parts = [packer.compress(head)] + [packer.compress(bytes(1 << 20)) for _ in range(900)]
    return b"".join(parts) + packer.flush()

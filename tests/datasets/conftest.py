"""Data sets small enough to write, the real MNIST where it is, and mirrors on this machine."""

import gzip
import hashlib
import os
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from spikefa.datasets.sources import FILES, MNIST, Source

REAL_ROOT = Path(
    os.environ.get("SPIKEFA_DATA") or Path(__file__).resolve().parents[2].parent / "shared/data"
)


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory):
    """No test sees the user's data or cache, nor a proxy."""
    monkeypatch.delenv("SPIKEFA_DATA", raising=False)
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr("pooch.os_cache", lambda project: cache / project)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def real_root() -> Path:
    """Root folder that holds the real MNIST."""
    if not (REAL_ROOT / "mnist").is_dir():
        pytest.skip(f"no real MNIST in {REAL_ROOT}/mnist: set SPIKEFA_DATA")
    return REAL_ROOT


def idx_bytes(array: np.ndarray) -> bytes:
    header = struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return header + array.astype(np.uint8).tobytes()


def small_contents(n_train: int = 12, n_test: int = 5) -> dict[str, bytes]:
    rng = np.random.default_rng(0)
    arrays = []
    for n in (n_train, n_test):
        arrays += [rng.integers(0, 256, (n, 28, 28)), np.arange(n) % 10]
    return {file: idx_bytes(array) for file, array in zip(FILES, arrays, strict=True)}


@pytest.fixture
def write_small() -> Callable[..., Path]:
    """Write a valid small data set of 12 training and 5 test images into a folder."""

    def write(folder: Path, packed: bool = True) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in small_contents().items():
            if packed:
                (folder / f"{file}.gz").write_bytes(gzip.compress(content))
            else:
                (folder / file).write_bytes(content)
        return folder

    return write


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def serve() -> Iterator[Callable[[Path], str]]:
    """Serve a folder over HTTP; gives its address."""
    with ExitStack() as stack:
        yield lambda folder: stack.enter_context(_served(folder))


@pytest.fixture
def small_source() -> Callable[..., Source]:
    """MNIST's source, but for its mirrors and the checksums of a published folder."""

    def make(published: Path, *mirrors: str) -> Source:
        md5 = {
            file: hashlib.md5((published / f"{file}.gz").read_bytes()).hexdigest() for file in FILES
        }
        return replace(MNIST, md5=md5, mirrors=mirrors)

    return make

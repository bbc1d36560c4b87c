"""Make files that appear under their names complete, and open for writing already."""

import io
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import h5py

from spikefa.recording.format.layout import write_layout
from spikefa.recording.format.schema import ENCODINGS, Durability, Layout, spikes_path
from spikefa.recording.format.swmr import open_for_writing
from spikefa.recording.plan.probes import Encoding
from spikefa.recording.write.failures import system_error
from spikefa.recording.write.writer import Writer
from spikefa.utils.files import written_whole
from spikefa.utils.locks import Lock


@contextmanager
def new_file(
    path: Path,
    layout: Layout,
    lock: Lock | None = None,
    durability: Durability = "flush",
    *,
    replace: bool = False,
    encodings: Mapping[str, Encoding] | None = None,
) -> Iterator[Writer]:
    """Give the writer of a new file, which gets its name if the block succeeds.

    The file is open for writing, and for readers, before it gets its name. So there is no moment in
    which others find a file that is not open yet, or one that they cannot open.

    Parameters
    ----------
    path : Path
    layout : Layout
    lock : Lock, optional
        The lock of the recording, for the writer.
    durability : {"flush", "fsync"}, optional
    replace : bool, default False
        Whether it replaces a file at `path`.
    encodings : mapping of str to str, optional
        The encoding of populations whose layout leaves it open, if it is known already.

    Raises
    ------
    SpikefaError
        If the disk is full, or it cannot be written for another reason. Nothing is left then.
    """
    with ExitStack() as on_failure:
        with written_whole(path, new=not replace) as temporary, _errors_of_the_system():
            _store(temporary, _image(layout, encodings or {}))
            writer = Writer(open_for_writing(temporary), path, layout, lock, durability)
            on_failure.callback(writer.cut_off)
            writer.sign()
            yield writer
        on_failure.pop_all()


def make_file(
    path: Path, layout: Layout, lock: Lock, durability: Durability, replace: bool = False
) -> Writer:
    """Make an empty recording, perhaps in place of another file, and return its writer."""
    with new_file(path, layout, lock, durability, replace=replace) as writer:
        return writer


@contextmanager
def closed_on_failure(writer: Writer) -> Iterator[None]:
    """Close the file, as failed, if the block fails."""
    try:
        yield
    except BaseException:
        writer.close("failed")
        raise


@contextmanager
def _errors_of_the_system() -> Iterator[None]:
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        raise system_error(error) from error


def _image(layout: Layout, encodings: Mapping[str, Encoding]) -> bytes:
    """Return the bytes of an empty recording.

    HDF5 makes them in memory, because it crashes if it meets a full disk while it does so.
    """
    image = io.BytesIO()
    with h5py.File(image, "w", libver=("v110", "v110")) as file:
        write_layout(file, layout)
        for population, encoding in encodings.items():
            file[spikes_path(population, "encoding")][0] = ENCODINGS.index(encoding)
    return image.getvalue()


def _store(path: Path, content: bytes) -> None:
    """Write a new file to the disk."""
    with open(path, "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())

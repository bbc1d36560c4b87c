"""Code of the user: run it from a file, and say where in it something went wrong."""

import hashlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from spikefa.errors import SpikefaError

_PREFIX = "_spikefa_file_"


def import_file(path: Path) -> ModuleType:
    """Run a Python file as a module of its own and return it.

    Modules beside it can be imported by it. A file that has not changed is run once.

    Raises
    ------
    SpikefaError
        If there is no such file, or it raises; with its line.
    """
    path = path.resolve()
    if not path.is_file():
        raise SpikefaError(f"there is no file {path}")
    name = f"{_PREFIX}{path.stem}_{sha256(path)[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise SpikefaError(f"{path} is no Python file: its name should end with .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses and type hints look their module up
    sys.path.insert(0, str(path.parent))
    try:
        with blaming("import", path):
            spec.loader.exec_module(module)
    except SpikefaError:
        del sys.modules[name]
        raise
    finally:
        sys.path.remove(str(path.parent))
    return module


def sha256(path: Path) -> str:
    """Return the checksum of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def source_file(cls: type) -> Path | None:
    """Return the file that a class was written in, None if it came from no file."""
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    return None if file is None else Path(file).resolve()


def from_file(cls: type) -> bool:
    """Return whether a class came through `import_file`, so that no module path leads to it."""
    return cls.__module__.startswith(_PREFIX)


def is_users(cls: type) -> bool:
    """Return whether a class is not one of spikefa's own."""
    return cls.__module__.split(".")[0] != "spikefa"


def user_files(*things: object) -> list[Path]:
    """Return the files in which the user wrote the classes of these objects."""
    return [file for thing in things for file in class_files(type(thing))]


def class_files(cls: type) -> list[Path]:
    """Return the files in which the user wrote a class and what it builds on."""
    own = [each for each in cls.__mro__ if is_users(each) and not _of_python(each)]
    return [file for file in map(source_file, own) if file is not None]


def _of_python(cls: type) -> bool:
    return cls.__module__.split(".")[0] in sys.stdlib_module_names - {"__main__"}


def where(cls: type, method: str) -> str:
    """Return file and line of a method of a class, or the name of its module."""
    try:
        line = inspect.getsourcelines(getattr(cls, method))[1]
        return f"{source_file(cls)}, line {line}"
    except (OSError, TypeError):
        return cls.__module__


@contextmanager
def blaming(doing: str, *files: Path | None) -> Iterator[None]:
    """Turn an error that passed through one of `files` into one that names file and line.

    An error that did not is left as it is, and so is a `SpikefaError`, which is a message already.

    Parameters
    ----------
    doing : str
        What was attempted, such as "import".
    *files : Path
        Code of the user.

    Raises
    ------
    SpikefaError
        Chained to the error.
    """
    try:
        yield
    except SpikefaError:
        raise
    except Exception as error:
        place = _place(error, {str(file) for file in files})
        if place is None:
            raise
        said = " ".join(str(error).split())
        if isinstance(error, SyntaxError):
            said = error.msg
        raise SpikefaError(f"{place}: {type(error).__name__}: {said} (in {doing})") from error


def _place(error: BaseException, files: set[str]) -> str | None:
    """Return file and line of the innermost frame that is in one of `files`."""
    if isinstance(error, SyntaxError) and error.filename in files:
        return f"{error.filename}, line {error.lineno}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _in(frame, files)]
    if not frames:
        return None
    return f"{frames[-1].filename}, line {frames[-1].lineno}"


def _in(frame: traceback.FrameSummary, files: set[str]) -> bool:
    return frame.filename in files or str(Path(frame.filename).resolve()) in files

"""Code of the user: import it from a file, and name file and line of its errors."""

import hashlib
import importlib.util
import inspect
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType, ModuleType

from spikefa.errors import MissingFileError, SpikefaError

_PREFIX = "_spikefa_file_"
DIGITS = 16
"""Hexadecimal digits of a hash that tell two versions of a file apart."""


def import_file(path: Path) -> ModuleType:
    """Import a Python file as a module and return it.

    The file can import modules that lie beside it. It is run once, and again after it has changed.

    Raises
    ------
    SpikefaError
        If there is no such file, or if it raises an error; the message names the line.
    """
    path = Path(os.path.realpath(path))
    if not os.path.isfile(path):
        raise MissingFileError(f"there is no file {path}")
    stem = path.stem.replace(".", "_")  # a dot would make it a module in a package
    name = f"{_PREFIX}{stem}_{sha256(path)[:DIGITS]}"
    known = sys.modules.get(name)
    if known is not None and known.__file__ == str(path):
        return known
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise SpikefaError(f"{path} is not a Python file: its name must end with .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and type hints look their module up here
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


def imported(module: str, given: str, kind: str) -> ModuleType:
    """Return a module by its name.

    Parameters
    ----------
    module : str
    given : str
        What the user gave, such as ``package.module.CLASS``.
    kind : str
        What it names: class or function.

    Raises
    ------
    SpikefaError
        If it cannot be imported.
    """
    try:
        return importlib.import_module(module)
    except Exception as error:
        message = " ".join(str(error).split())
        raise SpikefaError(
            f"{given!r} cannot be imported: {type(error).__name__}: {message}; "
            f"give a {kind} in a file of yours as FILE.py:{kind.upper()}"
        ) from error


def sha256(path: Path) -> str:
    """Return the checksum of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def source_file(cls: type | FunctionType) -> Path | None:
    """Return the file that defines a class or function, or None if it was not defined in one."""
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    return None if file is None else Path(file).resolve()


def from_file(cls: type | FunctionType) -> bool:
    """Return whether `import_file` imported a class or function, which then has no module path."""
    return cls.__module__.startswith(_PREFIX)


def code_hash(thing: type | FunctionType) -> str | None:
    """Return a hash of the code that defines a class or function; None if it was typed.

    Of a file that `import_file` imported, it is that of the content then; of a script, only that of
    the class or function, since a script changes for other reasons.
    """
    if from_file(thing):
        return thing.__module__.rpartition("_")[2]
    file = source_file(thing)
    if file is not None and thing.__module__ != "__main__":
        return sha256(file)[:DIGITS]
    try:
        return hashlib.sha256(inspect.getsource(thing).encode()).hexdigest()[:DIGITS]
    except (OSError, TypeError):
        return None


def is_users(cls: type | FunctionType) -> bool:
    """Return whether a class or function is defined outside spikefa."""
    return cls.__module__.split(".")[0] != "spikefa"


def user_files(*things: object) -> list[Path]:
    """Return the files outside spikefa that define the classes of these objects."""
    return [file for thing in things for file in class_files(type(thing))]


def class_files(cls: type) -> list[Path]:
    """Return the files outside spikefa that define a class and its base classes."""
    own = [each for each in cls.__mro__ if is_users(each) and not in_standard_library(each)]
    return [file for file in map(source_file, own) if file is not None]


def in_standard_library(cls: type | FunctionType) -> bool:
    """Return whether a class or function is one of the standard library."""
    package = cls.__module__.split(".")[0]
    return package in sys.stdlib_module_names and package != "__main__"


def where(cls: type, method: str) -> str:
    """Return the file and line of a method of a class, or its module if there is no file."""
    file = source_file(cls)
    code = getattr(inspect.unwrap(getattr(cls, method)), "__code__", None)
    if file is None or code is None:
        return cls.__module__
    return f"{file}, line {code.co_firstlineno}"


@contextmanager
def blaming(doing: str, *files: Path | None) -> Iterator[None]:
    """Raise errors that come from one of `files` as a `SpikefaError` with file and line.

    Other errors, and a `SpikefaError`, pass unchanged.

    Parameters
    ----------
    doing : str
        What is attempted, such as "import".
    *files : Path
        Files of the user.

    Raises
    ------
    SpikefaError
        Chained to the original error.
    """
    try:
        yield
    except SpikefaError:
        raise
    except Exception as error:
        place = _place(error, {str(file) for file in files})
        if place is None:
            raise
        message = error.msg if isinstance(error, SyntaxError) else " ".join(str(error).split())
        raise SpikefaError(f"{place}: {type(error).__name__}: {message} (in {doing})") from error


def _place(error: BaseException, files: set[str]) -> str | None:
    """Return the file and line of the innermost frame in one of `files`, or None."""
    if isinstance(error, SyntaxError) and error.filename in files:
        return f"{error.filename}, line {error.lineno}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _in(frame, files)]
    if not frames:
        return None
    return f"{frames[-1].filename}, line {frames[-1].lineno}"


def _in(frame: traceback.FrameSummary, files: set[str]) -> bool:
    return frame.filename in files or str(Path(frame.filename).resolve()) in files

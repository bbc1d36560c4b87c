"""Functions of the user by name: ``FILE.py:FUNCTION`` or ``package.module:FUNCTION``."""

import inspect
from pathlib import Path
from types import FunctionType, ModuleType

from spikefa.errors import SpikefaError, require
from spikefa.plugins.classes import names_file
from spikefa.plugins.user_code import blaming, import_file, imported, source_file


def call_function(given: str, what: str) -> object:
    """Call the function that `given` names, without arguments, and return what it returns.

    Parameters
    ----------
    given : str
    what : str
        What it should return, for messages.

    Raises
    ------
    SpikefaError
        If there is no such function, it needs arguments, or it fails: with its file and line.
    """
    source, _, name = given.rpartition(":")
    module = (
        import_file(Path(source)) if names_file(source) else imported(source, given, "function")
    )
    found = getattr(module, name, None)
    if not isinstance(found, FunctionType):
        raise SpikefaError(f"there is no function {name!r} in {source}: it has {_own(module)}")
    needed = [
        each.name
        for each in inspect.signature(found).parameters.values()
        if each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
    ]
    require(
        not needed,
        f"{given} needs the arguments {', '.join(needed)}: give them defaults, since it is called "
        f"without any for {what}",
    )
    with blaming(name, source_file(found)):
        return found()


def _own(module: ModuleType) -> str:
    """Return the functions that a module defines."""
    found = [
        name
        for name, item in vars(module).items()
        if isinstance(item, FunctionType) and item.__module__ == module.__name__
    ]
    return ", ".join(found) or "no function"

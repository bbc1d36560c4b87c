"""Which code that a file names may run: what was run here before, and what the user agrees to."""

import hashlib
import hmac
import json
import os
import secrets
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

from spikefa.errors import SpikefaError
from spikefa.plugins.named_code import Code
from spikefa.utils.files import read_text, written_whole
from spikefa.utils.json_text import parse_mapping
from spikefa.utils.printable import printable

NAME = "code.json"
"""The file beside ``config.yaml`` that lists the code of a run, sealed for this user."""


def check_trusted(
    named: Sequence[Code],
    config: Path,
    given: Collection[str],
    *,
    trust: bool,
    resuming: bool = False,
) -> None:
    """Refuse code that a file names, unless the user named it too, ran it here, or agrees now.

    Parameters
    ----------
    named : sequence of Code
        What the file names.
    config : Path
        The file. `NAME` beside it lists what was run here.
    given : collection of str
        The places of the code that the user named on the command line.
    trust : bool
        Whether the user trusts the file.
    resuming : bool, default False
        Whether a run goes on, which changed code cannot: its checkpoint is of other code.

    Raises
    ------
    SpikefaError
        If it was never run here or has changed, and the user does not agree.
    """
    ran = _sealed(config.with_name(NAME)) if named else {}
    for code in named:
        changed = code.place in ran and ran[code.place] != code.checksum
        if changed and resuming:
            raise SpikefaError(
                f"{printable(code.name)} has changed since the run in {config.parent}: put it back "
                f"as it was, or start a new run with --config {config} --trust --out FOLDER"
            )
        if trust or code.place in given or (code.place in ran and not changed):
            continue
        what = "has changed since" if changed else "was not run here before"
        named_by = f"which {printable(config)} names as --{code.option}"
        shown = f"{printable(code.name)}, {named_by}, {what}"
        if not _agrees(shown):
            raise SpikefaError(
                f"{shown}: read it, then give --trust to run it, or name it with --{code.option}"
            )


def seal(named: Sequence[Code], folder: Path) -> None:
    """List the code of a run in its folder; nothing if there is none or no key can be kept."""
    if not named:
        return
    files = {code.place: code.checksum for code in named}
    key = _key()
    if key is not None:
        with written_whole(folder / NAME) as temporary:
            content = {"code": files, "seal": _mark(files, key)}
            temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _sealed(path: Path) -> dict[str, str]:
    """Return the code that was run here, with its checksums; {} if the seal is another's."""
    key = _key()
    if key is None or not path.is_file():
        return {}
    try:
        content = parse_mapping(read_text(path), path)
    except SpikefaError:
        return {}
    files = content.get("code")
    if not isinstance(files, dict):
        return {}
    mark = str(content.get("seal")).encode(errors="replace")
    own = hmac.compare_digest(mark, _mark(files, key).encode())
    return {str(place): str(checksum) for place, checksum in files.items()} if own else {}


def _mark(files: dict[str, str], key: bytes) -> str:
    return hmac.new(key, json.dumps(files, sort_keys=True).encode(), hashlib.sha256).hexdigest()


def _key() -> bytes | None:
    """Return the key of this user on this machine, which is made if there is none yet."""
    state = os.environ.get("XDG_STATE_HOME") or Path("~/.local/state").expanduser()
    path = Path(state) / "spikefa" / "key"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "xb", opener=_private) as file:
            file.write(secrets.token_bytes(32))
    except FileExistsError:
        pass
    except OSError:
        return None
    try:
        key = path.read_bytes()
    except OSError:
        return None
    return key if len(key) == 32 else None


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _agrees(shown: str) -> bool:
    """Ask at the terminal, if there is one."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    try:
        return input(f"{shown}. Run it? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False

"""Result files: experiments write them with a checksum, and edited files are refused."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from spikefa.errors import SpikefaError, require
from spikefa.runs.studies.claims import Quantity, Verdict, summary
from spikefa.utils.files import bare_name, read_text, written_whole
from spikefa.utils.json_text import parse_mapping
from spikefa.utils.printable import one_line

VERSION = 1
NAME = "result.json"
_KEYS: dict[str, type | tuple[type, ...]] = {
    "id": str,
    "experiment": str,
    "quick": bool,
    "settings": dict,
    "n": int,
    "quantities": list,
    "claims": list,
    "figures": list,
    "seconds": (int, float),
    "hardware": str,
    "git_commit": str,
    "git_dirty": bool,
}
_NUMBER = int | float | None
_QUANTITY: dict[str, Any] = {
    **{"text": str, "unit": str, "values": list, "n": int},
    **{"paper": _NUMBER, "paper_sd": _NUMBER, "mean": _NUMBER, "sd": _NUMBER},
}
_CLAIM: dict[str, Any] = {"text": str, "holds": bool, "evidence": str, "reason": str}
Result = dict[str, Any]


def result_of(
    *,
    id: str,
    experiment: str,
    quick: bool,
    settings: Mapping[str, Any],
    n: int,
    quantities: Sequence[Quantity],
    verdicts: Sequence[Verdict],
    figures: Sequence[Path],
    seconds: float,
) -> Result:
    """Return the content of a result file, without the provenance, which is added later."""
    return {
        "id": id,
        "experiment": experiment,
        "quick": quick,
        "settings": dict(settings),
        "n": n,
        "quantities": [quantity.as_record() for quantity in quantities],
        "claims": [verdict.as_record() for verdict in verdicts],
        "figures": [path.name for path in figures],
        "seconds": seconds,
    }


def write_result(path: Path, result: Mapping[str, Any]) -> None:
    """Write `result` with its version and checksum.

    Raises
    ------
    SpikefaError
        If a number is not finite, or the file cannot be written.
    """
    sealed = {"version": VERSION, **result}
    try:
        sealed["checksum"] = checksum(sealed)
        text = json.dumps(sealed, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    except ValueError as error:
        raise SpikefaError(
            f"a result that is not a finite number cannot be written: {error}"
        ) from None
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_result(path: Path) -> Result:
    """Read a result file.

    Raises
    ------
    SpikefaError
        If the file is missing, damaged, of another version, or edited.
    """
    result = parse_mapping(read_text(path), path)
    version = result.get("version")
    require(
        type(version) is int and version == VERSION,
        f"{path} is a result file of version {version!r}, this program reads {VERSION}: "
        "run the experiment again",
    )
    try:
        found = checksum(result)
    except ValueError as error:
        raise SpikefaError(f"{path} is damaged: {one_line(error)}") from error
    require(
        result.get("checksum") == found,
        f"{path} was edited after the experiment wrote it, its checksum is wrong: "
        "restore it, or run the experiment again",
    )
    _check(path, result)
    return result


def checksum(result: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the canonical JSON of everything except the checksum itself."""
    content = {key: value for key, value in result.items() if key != "checksum"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _check(path: Path, result: Result) -> None:
    _check_keys(path, result, _KEYS)
    for name in result["figures"]:
        bare_name(name, path)
    makers = result.get("computed_by", [])
    require(
        isinstance(makers, list) and all(isinstance(each, str) for each in makers),
        f"{path} does not say 'computed_by' as it should",
    )
    for claim in result["claims"]:
        _check_keys(path, claim, _CLAIM)
    for quantity in result["quantities"]:
        _check_keys(path, quantity, _QUANTITY)
        require(
            all(isinstance(each, int | float | None) for each in quantity["values"]),
            f"{path} has values of {quantity['text']!r} that are no numbers",
        )
        told = {key: quantity.get(key) for key in ("mean", "sd", "n")}
        require(
            _same(told, summary(quantity["values"])),
            f"{path} has a mean or deviation of {quantity.get('text')!r} that its values lack",
        )


def _check_keys(path: Path, given: Any, kinds: Mapping[str, Any]) -> None:
    for key, kind in kinds.items():
        told = isinstance(given, dict) and key in given and isinstance(given[key], kind)
        require(told, f"{path} does not say {key!r} as it should")


def _same(told: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    pairs = [(told[key], found[key]) for key in found]
    return all(
        a == b or (None not in (a, b) and math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12))
        for a, b in pairs
    )

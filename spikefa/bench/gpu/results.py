"""The file of each part: what was measured, on which card, when, by which code."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from spikefa.errors import SpikefaError
from spikefa.utils.files import read_text, written_whole


@dataclass(frozen=True)
class Origin:
    """Where results come from.

    Attributes
    ----------
    card : str
        Name of the GPU.
    commit : str
        Of the code, with a "+" if it had changes.
    date : str
        Of the beginning, year first.
    torch, device : str
    rehearsal : bool
        Whether the networks were tiny and the device a stand-in: such numbers mean nothing.
    """

    card: str
    commit: str
    date: str
    torch: str
    device: str
    rehearsal: bool

    @property
    def short_commit(self) -> str:
        """The beginning of the commit, with the "+" of changes."""
        return self.commit[:7] + "+" * self.commit.endswith("+")

    def same_as(self, other: "Origin") -> bool:
        """Return whether results can stand side by side: same card, code and torch."""
        return all(
            getattr(self, name) == getattr(other, name)
            for name in ("card", "commit", "torch", "rehearsal")
        )


@dataclass(frozen=True)
class Result:
    """The result of a part.

    Attributes
    ----------
    part : str
    passed : bool
    why : str
        Why it has not passed; "" if it has.
    seconds, budget : float
        How long it took and might take.
    origin : Origin
    measured : dict
        What the part has written, in part if it was stopped; {} if nothing.
    """

    part: str
    passed: bool
    why: str
    seconds: float
    budget: float
    origin: Origin
    measured: dict[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """Passed, or why not."""
        return "passed" if self.passed else f"NOT PASSED: {self.why}"


def write_result(folder: Path, result: Result) -> None:
    """Write the file of a part."""
    with written_whole(folder / f"{result.part}.json") as temporary:
        temporary.write_text(json.dumps(asdict(result), indent=1) + "\n", encoding="utf-8")


def read_result(path: Path) -> Result | None:
    """Return the result in a file; None if there is no file.

    Raises
    ------
    SpikefaError
        If the file is damaged.
    """
    if not path.exists():
        return None
    try:
        content = json.loads(read_text(path))
        return Result(**content | {"origin": Origin(**content["origin"])})
    except (ValueError, TypeError, KeyError) as error:
        raise SpikefaError(f"{path} is damaged: delete it and run the part again") from error

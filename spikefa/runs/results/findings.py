"""What an experiment has to say: quantities with their values, and the paper's claims."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Quantity:
    """A number that every run yields.

    Attributes
    ----------
    text : str
        What it is, in words.
    values : iterable of float
        One for each run; infinity where it never came about. None at all: a cell of a table that
        was not run.
    unit : str, default ""
    paper : float, optional
        The paper's value; None if it gives none.
    paper_sd : float, optional
        Its spread.
    """

    text: str
    values: Iterable[float]
    unit: str = ""
    paper: float | None = None
    paper_sd: float | None = None

    def as_record(self) -> dict[str, Any]:
        """Return what the result file says of it, with mean, deviation and number of runs."""
        values = _finite(self.values)
        return {
            "text": self.text,
            "unit": self.unit,
            "paper": self.paper,
            "paper_sd": self.paper_sd,
            **summary(values),
            "values": values,
        }


@dataclass(frozen=True)
class Claim:
    """Something the paper says, held against what was measured.

    Attributes
    ----------
    text : str
        What the paper says.
    holds : bool
    evidence : str
        The numbers that decide it.
    reason : str
        Likely reason, told if it does not hold.
    """

    text: str
    holds: bool
    evidence: str
    reason: str = ""

    def as_record(self) -> dict[str, Any]:
        """Return what the result file says of it."""
        return {
            "text": self.text,
            "holds": bool(self.holds),
            "evidence": self.evidence,
            "reason": "" if self.holds else self.reason,
        }


@dataclass(frozen=True)
class Findings:
    """All that an experiment has to say."""

    quantities: Sequence[Quantity] = ()
    claims: Sequence[Claim] = ()


def summary(values: Iterable[float | None]) -> dict[str, Any]:
    """Return mean, standard deviation and n of those values that are numbers.

    The deviation has n - 1 in its denominator and is None for n = 1; for n = 0 the mean is too.
    """
    numbers = [value for value in values if value is not None]
    n = len(numbers)
    mean = math.fsum(numbers) / n if n else None
    sd = None
    if mean is not None and n > 1:
        sd = math.sqrt(math.fsum((value - mean) ** 2 for value in numbers) / (n - 1))
    return {"mean": mean, "sd": sd, "n": n}


def spread(values: Iterable[float], digits: int = 3) -> str:
    """Return "mean ± sd" in words for an evidence, and how many runs have no finite value."""
    given = _finite(values)
    found = summary(given)
    if found["mean"] is None:
        return "never"
    sd = "" if found["sd"] is None else f" ± {found['sd']:.{max(1, digits - 1)}g}"
    never = len(given) - found["n"]
    missing = f" (never in {never} of {len(given)})" if never else ""
    return f"{found['mean']:.{digits}g}{sd}{missing}"


def _finite(values: Iterable[float]) -> list[float | None]:
    numbers = [float(value) for value in values]
    return [value if math.isfinite(value) else None for value in numbers]

"""What an experiment reports: quantities with their values, and the paper's claims, judged."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import KW_ONLY, dataclass, field
from types import SimpleNamespace
from typing import Any


class Measures(SimpleNamespace):
    """What quantities and claims are computed from, by name.

    Besides ``settings`` and ``runs`` it holds what the experiment's `measure` returns.
    """

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{name!r} was not measured: there is {', '.join(vars(self))}")


@dataclass(frozen=True)
class Quantity:
    """A number that every run yields.

    Attributes
    ----------
    text : str
        Its name, in words.
    values : iterable of float
        One for each run; infinity where it never came about. Empty for a cell of a table that was
        not run.
    unit : str, default ""
    paper : float, optional
        The paper's value; None if it gives none.
    paper_sd : float, optional
        The spread of the paper's value.
    """

    text: str
    values: Iterable[float]
    unit: str = ""
    paper: float | None = None
    paper_sd: float | None = None

    def as_record(self) -> dict[str, Any]:
        """Return the entry of the result file, with mean, deviation and number of runs."""
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
class Verdict:
    """A claim, judged.

    Attributes
    ----------
    text : str
        What the paper says.
    holds : bool
    evidence : str
        The numbers that decide it.
    reason : str
        The likely reason if it does not hold.
    """

    text: str
    holds: bool
    evidence: str
    reason: str = ""

    def as_record(self) -> dict[str, Any]:
        """Return the entry of the result file."""
        return {
            "text": self.text,
            "holds": self.holds,
            "evidence": self.evidence,
            "reason": "" if self.holds else self.reason,
        }


def _always(measures: Any) -> bool:
    return True


@dataclass(frozen=True)
class Claim:
    """Something the paper says, and how it is held against what was measured.

    Attributes
    ----------
    text : str or callable
        What the paper says. This and all callables below are given the `Measures`.
    holds : callable
        Whether it holds, as a bool.
    evidence : callable
        The numbers that decide it, as a str.
    reason : str or callable
        The likely reason if it does not hold.
    when : callable, optional
        Whether the claim is judged at all, such as for the full version only. Default: always.
    """

    text: str | Callable[[Any], str]
    _: KW_ONLY
    holds: Callable[[Any], Any]
    evidence: Callable[[Any], str]
    reason: str | Callable[[Any], str] = ""
    when: Callable[[Any], Any] = field(default=_always)

    def judge(self, measures: Any) -> Verdict:
        """Return the verdict."""
        return Verdict(
            _worded(self.text, measures),
            bool(self.holds(measures)),
            self.evidence(measures),
            _worded(self.reason, measures),
        )


def judge_all(claims: Sequence[Claim], measures: Any) -> list[Verdict]:
    """Return the verdicts on the claims that can be judged, in their order."""
    return [claim.judge(measures) for claim in claims if claim.when(measures)]


def full_version(measures: Any) -> bool:
    """Return whether this is not the quick version; for `Claim.when`."""
    return not measures.settings.quick


def _worded(text: str | Callable[[Any], str], measures: Any) -> str:
    return text if isinstance(text, str) else text(measures)


def summary(values: Iterable[float | None]) -> dict[str, Any]:
    """Return mean, standard deviation and n of those values that are numbers.

    The deviation has n - 1 in its denominator and is None for n = 1; for n = 0 so is the mean.
    """
    numbers = [value for value in values if value is not None]
    n = len(numbers)
    mean = math.fsum(numbers) / n if n else None
    sd = None
    if mean is not None and n > 1:
        sd = math.sqrt(math.fsum((value - mean) ** 2 for value in numbers) / (n - 1))
    return {"mean": mean, "sd": sd, "n": n}


def spread(values: Iterable[float], digits: int = 3) -> str:
    """Return "mean ± sd" for an evidence, with the number of runs that have no finite value."""
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

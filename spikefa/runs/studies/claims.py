"""The report of an experiment: quantities with their values, and verdicts on claims."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import KW_ONLY, dataclass, field
from types import SimpleNamespace
from typing import Any


class Measures(SimpleNamespace):
    """The values from which quantities and claims are computed, by name.

    These are ``settings``, ``runs`` and the values returned by the experiment's `measure`.
    """

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{name!r} was not measured: there is {', '.join(vars(self))}")


@dataclass(frozen=True)
class Quantity:
    """A number that every run yields.

    Attributes
    ----------
    text : str
        Its name in words.
    values : iterable of float
        One value per run; infinity if an event never occurred. Empty for a cell of a table that was
        not run.
    unit : str, default ""
    paper : float, optional
        The paper's value; None if the paper gives none.
    paper_sd : float, optional
        The standard deviation of the paper's value.
    """

    text: str
    values: Iterable[float]
    unit: str = ""
    paper: float | None = None
    paper_sd: float | None = None

    def as_record(self) -> dict[str, Any]:
        """Return the entry of the result file, with mean, standard deviation and number of runs."""
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
    """The verdict on a claim.

    Attributes
    ----------
    text : str
        The claim of the paper.
    holds : bool
    evidence : str
        The numbers that support the verdict.
    reason : str
        The likely reason if the claim does not hold.
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
    """A claim of the paper, and how to judge it by the measured values.

    Attributes
    ----------
    text : str or callable
        The claim in words. All callables here take the `Measures`.
    holds : callable
        Returns whether the claim holds, as a bool.
    evidence : callable
        Returns the numbers that support the verdict, as a str.
    reason : str or callable
        The likely reason if the claim does not hold.
    when : callable, optional
        Returns whether to judge the claim, for example only in the full version. Default: always.
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
    """Return the verdicts on the claims that can be judged, in the order of the claims."""
    return [claim.judge(measures) for claim in claims if claim.when(measures)]


def full_version(measures: Any) -> bool:
    """Return whether this is the full version, not the quick one; for `Claim.when`."""
    return not measures.settings.quick


def _worded(text: str | Callable[[Any], str], measures: Any) -> str:
    return text if isinstance(text, str) else text(measures)


def summary(values: Iterable[float | None]) -> dict[str, Any]:
    """Return mean, standard deviation and number n of the values that are numbers.

    The standard deviation is computed with n - 1. It is None for n < 2; the mean is None for n = 0.
    """
    numbers = [value for value in values if value is not None]
    n = len(numbers)
    mean = math.fsum(numbers) / n if n else None
    sd = None
    if mean is not None and n > 1:
        sd = math.sqrt(math.fsum((value - mean) ** 2 for value in numbers) / (n - 1))
    return {"mean": mean, "sd": sd, "n": n}


def spread(values: Iterable[float], digits: int = 3) -> str:
    """Return "mean ± sd" as evidence, with the number of runs that have no finite value."""
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

"""The rules of all projections of a network: one rule for all, or one for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from spikefa.errors import require
from spikefa.plasticity.base import PlasticityRule
from spikefa.utils.suggesting import did_you_mean


@dataclass(frozen=True, eq=False)
class Rules:
    """The rule of each projection.

    Attributes
    ----------
    given : PlasticityRule, or mapping of str to PlasticityRule
        What the user gave: one rule for all, or one by the name of each projection.
    each : tuple of PlasticityRule
        In the order of the projections.
    """

    given: PlasticityRule | Mapping[str, PlasticityRule]
    each: tuple[PlasticityRule, ...]

    @classmethod
    def of(
        cls, given: PlasticityRule | Mapping[str, PlasticityRule], projections: Sequence[str]
    ) -> "Rules":
        """Return the rules of these projections.

        Raises
        ------
        SpikefaError
            If a mapping lacks a projection or has another one, or a rule in it has several learning
            rates.
        """
        if not isinstance(given, Mapping):
            return cls(given, (given,) * len(projections))
        for name in given:
            require(
                name in projections,
                f"there is a rule for {name!r}{did_you_mean(name, projections)}, but the "
                f"projections are {', '.join(projections)}",
            )
        missing = [name for name in projections if name not in given]
        require(not missing, f"there is no rule for {', '.join(missing)}: give one for each")
        for name, rule in given.items():
            require(
                isinstance(rule.learning_rate, int | float),
                f"the rule for {name!r} has several learning rates: give one",
            )
        return cls(dict(given), tuple(given[name] for name in projections))

    @property
    def distinct(self) -> list[PlasticityRule]:
        """Each rule once."""
        return list(dict.fromkeys(self.each))

    @property
    def standard(self) -> bool:
        """Whether all are exactly one `ThreeFactor`, whose update the fused kernels know."""
        return isinstance(self.given, PlasticityRule) and self.given.standard

    @property
    def parts(self) -> dict[str, PlasticityRule]:
        """The rules by what a message or a checkpoint calls them."""
        if isinstance(self.given, Mapping):
            return {f"the rule of {name!r}": rule for name, rule in self.given.items()}
        return {"the rule": self.given}

    def __str__(self) -> str:
        return ", ".join(dict.fromkeys(type(rule).__name__ for rule in self.each))

    def _repr_html_(self) -> str:
        return "".join(rule._repr_html_() for rule in self.distinct)

    def rates(self) -> list[float]:
        """Return the base learning rate of each projection."""
        if isinstance(self.given, PlasticityRule):
            return self.given.rates(len(self.each))
        return [rule.rates(1)[0] for rule in self.each]

    def lost(self, rates: Sequence[float], decay: float) -> list[float]:
        """Return the fraction of the weights of each projection that one step removes.

        Parameters
        ----------
        rates : sequence of float
            Current learning rates; with 0 a projection is frozen, and does not decay.
        decay : float
            Factor on the weight decay.
        """
        return [
            rule.weight_decay * decay * (rate if rule.decay_times_rate else 1.0) if rate else 0.0
            for rule, rate in zip(self.each, rates, strict=True)
        ]

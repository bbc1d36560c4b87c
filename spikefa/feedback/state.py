"""What a feedback circuit carries from step to step."""

from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor

from spikefa.feedback.error_population import ErrorState, uniforms_of


class Site(NamedTuple):
    """Where an error population stands.

    Attributes
    ----------
    group : str
        The list of the circuit's state that holds it: "errors" for those beside the forward
        populations, or a list that the circuit adds.
    layer : int
        Its place in that list: the forward population that it belongs to, the first hidden one
        being 0.
    """

    group: str
    layer: int


def beside(layer: int) -> Site:
    """Return the site beside forward population `layer`, the first hidden one being 0."""
    return Site("errors", layer)


@dataclass
class FeedbackState:
    """State of a circuit; a circuit with more populations adds fields in a subclass.

    Attributes
    ----------
    errors : list of ErrorState
        One error population for each forward population, from the first hidden one upwards.
    """

    errors: list[ErrorState]

    @property
    def modulators(self) -> list[Tensor]:
        """What arrives as third factor at each forward population, `[..., batch, n]`."""
        return [error.activity for error in self.errors]

    def uniforms(self) -> dict[str, Tensor]:
        """Return the tensors that need new numbers from U[0, 1) at every step, by name.

        Whoever drives the network draws them, each from a generator of its own.
        """
        return uniforms_of("error", self.errors)

    def at(self, site: Site) -> ErrorState:
        """Return the error population at `site`."""
        group, layer = site
        found: ErrorState = getattr(self, group)[layer]
        return found

    def meeting(self, site: Site) -> dict[str, Tensor]:
        """Return where the errors of several hops arrive that meet at `site`, by inlet.

        A circuit in which errors meet has a state with room for them.
        """
        raise NotImplementedError(f"{type(self).__name__} has no room for errors that meet")

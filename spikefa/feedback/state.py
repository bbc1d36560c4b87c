"""State that a feedback circuit carries from step to step."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from torch import Tensor

from spikefa.feedback.error_population import ErrorState, uniforms_of


class Site(NamedTuple):
    """Location of an error population.

    Attributes
    ----------
    group : str
        Name of the list in the circuit's state that holds the population: "errors" for those beside
        the forward populations, or a list that the circuit adds.
    layer : int
        Index in that list, which is the index of the forward population that it belongs to,
        starting with 0 for the first hidden one.
    """

    group: str
    layer: int


def beside(layer: int) -> Site:
    """Return the site beside forward population `layer`, where 0 is the first hidden one."""
    return Site("errors", layer)


@dataclass
class FeedbackState:
    """State of a circuit; subclasses add fields for further populations.

    Attributes
    ----------
    errors : list of ErrorState
        One error population for each forward population, from the first hidden one upwards.
    """

    errors: list[ErrorState]

    @property
    def modulators(self) -> list[Tensor]:
        """The third factor that arrives at each forward population, `[..., batch, n]`."""
        return [error.modulator for error in self.errors]

    def pull_back(self, layer: int) -> None:
        """Let the error beside a population pass the normalisation of its input."""
        self.errors[layer] = replace(self.errors[layer], pulled_back=True)

    def uniforms(self) -> dict[str, Tensor]:
        """Return the tensors that need new numbers from U[0, 1) at every step, by name.

        The code that runs the network draws them, each from its own generator.
        """
        return uniforms_of("error", self.errors)

    def at(self, site: Site) -> ErrorState:
        """Return the error population at `site`."""
        group, layer = site
        found: ErrorState = getattr(self, group)[layer]
        return found

    def meeting(self, site: Site) -> dict[str, Tensor]:
        """Return the tensors for the errors of several hops that meet at `site`, by inlet.

        Circuits in which errors meet override this method.
        """
        raise NotImplementedError(f"{type(self).__name__} has no room for errors that meet")

"""Watch for NaN and infinity, and find the step and the population where they began."""

from typing import TYPE_CHECKING

from torch import Tensor

from spikefa.tensors import all_finite, copy_into

if TYPE_CHECKING:
    from spikefa.simulation import Simulation


class Guard:
    """Keeps the last good state of a simulation, and goes back to it when a later one is not.

    Looking at every step would make the host wait for the device, so the guard looks now and
    then. If it finds NaN or infinity it restores the last good state, which also restores the
    random generators, and runs again, this time looking after every step: the same step fails
    again and can be named.

    Parameters
    ----------
    simulation : Simulation
    every : int, default 100
        Presentations between two looks.

    Attributes
    ----------
    kept : dict of Tensor
        Copy of the state at the last look.
    """

    def __init__(self, simulation: "Simulation", every: int = 100):
        self.simulation = simulation
        self.every = every
        self.kept = {name: tensor.clone() for name, tensor in simulation.tensors().items()}
        self.generators = simulation.stream.generator_states()
        self.presentation = simulation.presentation

    def look(self) -> str | None:
        """Keep the present state if it is good; else go back and say where it went bad.

        Returns
        -------
        str or None
            What became NaN or infinite, and at which step. The simulation is then at the last
            good presentation.
        """
        if all_finite(self._watched()):
            self._keep()
            return None
        bad = self.simulation.presentation
        self._go_back()
        while self.simulation.presentation < bad:
            failure = self._find_in_next_presentation()
            if failure is not None:
                self._go_back()
                return failure
            self._keep()
        return "the state became NaN or infinite, but not again when the steps were repeated"

    def _watched(self) -> dict[str, Tensor]:
        network, stream = self.simulation.network, self.simulation.stream
        state, names = stream.state, list(network.populations)
        watched = {
            f"potential of population {name!r}": population.potential
            for name, population in zip(names, state.populations, strict=True)
        }
        for name, modulator in zip(names, state.feedback.modulators, strict=True):
            watched[f"modulator of population {name!r}"] = modulator
        return watched | network.tensors()

    def _find_in_next_presentation(self) -> str | None:
        for step in self.simulation.present(record=False):
            for name, tensor in self._watched().items():
                if not all_finite({name: tensor}):
                    return f"{name} became NaN or infinite at step {step}"
        return None

    def _keep(self) -> None:
        copy_into(self.kept, self.simulation.tensors())
        self.generators = self.simulation.stream.generator_states()
        self.presentation = self.simulation.presentation

    def _go_back(self) -> None:
        self.simulation.set_state(self.kept, self.generators, self.presentation)

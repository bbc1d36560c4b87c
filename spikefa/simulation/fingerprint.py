"""What must be the same, and what should be, in a training that continues another."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spikefa.errors import require
from spikefa.plugins.describing import Description, code_of, describe
from spikefa.simulation.stimuli import Stimuli
from spikefa.simulation.training import Training
from spikefa.stimulus.base import Stimulus
from spikefa.utils import notices
from spikefa.utils.printable import printable

DRAW_ALIKE = {"eager", "graph", "ranks"}
"""Backends that draw the same numbers from the same generators, so that one may follow another."""
LONGEST = 80
"""Characters of a value in a message."""
ABSENT = "absent"


class Fingerprint:
    """Describes a training and what is shown, so that it can be compared with a checkpoint.

    Parameters
    ----------
    training : Training
    stimuli : Stimuli
    """

    def __init__(self, training: Training, stimuli: Stimuli):
        self.training = training
        self.stimuli = stimuli
        self._shown: dict[str, Description] = {}
        self._code = self._code_now()  # before somebody edits it

    def settings(self) -> Description:
        """Return what must be the same in the training that continues, as plain data."""
        training, network = self.training, self.training.network
        parts: dict[str, object] = {**network.rules.parts, "the feedback": network.feedback}
        parts |= {f"population {name!r}": each for name, each in network.populations.items()}
        parts |= {f"the synapses onto {name!r}": each for name, each in network.projections.items()}
        parts |= {f"the connection {each.name!r}": each for each in network.connections}
        if any(route.delayed for route in network.routes):
            parts["the delays"] = {route.name: route.delays for route in network.routes}
        if network.optimiser is not None:
            parts["the optimiser"] = network.optimiser.arguments
        described = [describe(name, part) for name, part in parts.items()]
        counted: Description = {"count_costs": True} if training.count_costs else {}
        if training.average_epochs is not None:
            counted["average_epochs"] = training.average_epochs
        return {
            "replicas": network.replicas,
            "seed": training.seeds if network.leading else training.seeds[0],
            "batch_size": training.batch_size,
            "device": network.device.type,
            "dtype": str(network.dtype),
            "backend": training.runner.backend.name,
            **self._stimulus("training", self.stimuli.train),
            "populations": list(network.populations),
            "output_error": network.output_error,
            **counted,
            **{name: value for each in described for name, value in each.items()},
        }

    def notes(self) -> Description:
        """Return what may differ in the training that continues, but not silently."""
        factors, validation = self.training.factors, self.stimuli.validation
        noted = describe("the schedule", factors.shared or factors.schedules)
        noted |= describe("the schedule of the weight decay", factors.decay_schedule)
        shown = {} if validation is None else self._stimulus("validation", validation)
        noted |= {f"{name} of the validation": value for name, value in shown.items()}
        code = self._code_now() | self._code
        return noted | {f"the code of {name}": code[name] for name in sorted(code)}

    def _stimulus(self, which: str, stimulus: Stimulus) -> Description:
        if which not in self._shown:  # hashing many images takes a while
            self._shown[which] = stimulus.fingerprint()
        return self._shown[which]

    def _code_now(self) -> dict[str, str]:
        network, factors = self.training.network, self.training.factors
        return code_of(
            *network.rules.distinct,
            network.feedback,
            network.populations,
            network.projections,
            self.stimuli.train,
            factors.schedules,
            factors.decay_schedule,
        )

    def compare(self, settings: Mapping[str, Any], notes: Mapping[str, Any], path: Path) -> None:
        """Compare with the settings and the notes of a checkpoint; warn if the notes differ.

        Raises
        ------
        SpikefaError
            If the settings differ.
        """
        here = self.settings()
        for name in {**here, **settings}:
            now, before = here.get(name), settings.get(name)
            require(
                now == before
                or (name == "backend" and isinstance(before, str) and {now, before} <= DRAW_ALIKE),
                f"{path} is of another run: its {_shown(name)} is {_shown(before)}, here it is "
                f"{_shown(now)}",
            )
        changed = _differences(self.notes(), notes)
        if changed:
            notices.warn(
                f"the run in {path} goes on with changes: {'; '.join(changed)}", stacklevel=4
            )


def _differences(here: Mapping[str, Any], saved: Mapping[str, Any]) -> list[str]:
    """Return what has changed, in words."""
    return [
        f"{_shown(name)} has changed"
        if name.startswith("the code of")
        else f"{_shown(name)} was {_shown(saved.get(name, ABSENT))}, now it is "
        f"{_shown(here.get(name, ABSENT))}"
        for name in {**here, **saved}
        if here.get(name, ABSENT) != saved.get(name, ABSENT)
    ]


def _shown(value: object) -> str:
    text = printable(" ".join(str(value).split()))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."

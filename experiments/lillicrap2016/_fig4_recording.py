"""The recording of figure 4: rasters of some neurons and of all outputs, and some traces."""

import json
from dataclasses import asdict

from spikefa.experiments.lillicrap2016._fig4_settings import Settings
from spikefa.network.network import Network
from spikefa.recording import Probe, When
from spikefa.recording.plan.words import parse_windows
from spikefa.recording.read.reader import ranks_of
from spikefa.runs.directory import RunDirectory
from spikefa.runs.provenance import provenance
from spikefa.simulation.simulation import Simulation
from spikefa.utils import notices


def figure_probes(network: Network, units: int = 50, neurons: int = 8) -> list[Probe]:
    """Return the probes of figure 4: rasters of some units and of all outputs, and some traces."""
    sizes = {name: population.size for name, population in network.populations.items()}
    hidden = {name: size for name, size in sizes.items() if name != "output"}
    return [
        Probe("input", "spikes", min(units, network.n_inputs)),
        *(Probe(name, "spikes", min(units, size)) for name, size in hidden.items()),
        Probe("output", "spikes", "all"),
        *(
            Probe(name, variable, min(neurons, size))
            for name, size in sizes.items()
            for variable in ("potential", "modulator")
        ),
    ]


def windows_of(simulation: Simulation, settings: Settings) -> list[When]:
    """Return the recording windows of the figure, in steps of this run."""
    presentations = simulation.presentations(settings.epochs)
    steps = presentations * settings.steps_per_image
    return parse_windows(settings.record_windows, steps, settings.steps_per_image)


def record(
    simulation: Simulation,
    windows: list[When],
    settings: Settings,
    directory: RunDirectory,
) -> None:
    """Record the figure's probes from now on, or continue the recording of a resumed run."""
    if directory.recording.exists():
        ranks = simulation.network.ranks
        before, now = ranks_of(directory.recording), 1 if ranks is None else ranks.per_group
        if before != now:
            notices.warn(
                f"{directory.recording} was recorded by {before} ranks, and here are {now}: it "
                f"stays as it is, and the rest is not recorded; go on with {before} to record it"
            )
            return
        simulation.resume_recording(directory.recording)
        return
    origin = {"config_json": json.dumps(asdict(settings))}
    simulation.record(
        directory.recording,
        figure_probes(simulation.network),
        windows,
        origin | provenance(str(simulation.network.device), simulation.backend),
    )

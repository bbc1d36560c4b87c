"""Read all that a recording holds."""

from spikefa.recording import describe, open_recording
from tests.helpers.toy_network import INPUT_SPIKES


def read_everything(path):
    with open_recording(path) as recording:
        describe(recording)
        _ = recording.images, recording.provenance
        for channel in recording.layout.channels:
            name = (channel.population, channel.variable)
            recording.stimulus_of(*name)
            recording.presentations(*name)
            if channel.variable == "spikes":
                recording.raster(channel.population)
            else:
                recording.trace(channel.population, channel.variable)


def steps_of(path, probe=INPUT_SPIKES):
    """Return the steps at which a probe was read."""
    with open_recording(path) as recording:
        return recording.steps_of(probe.population, probe.variable).tolist()

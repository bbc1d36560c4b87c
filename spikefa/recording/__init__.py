"""Recording: what happened, spike by spike, in an HDF5 file (see docs/recording.md)."""

from spikefa.recording.plan.image_windows import Always, EveryImage, ImageWindow, When
from spikefa.recording.plan.probes import Probe
from spikefa.recording.plan.ready_made import ClassShown, RateLeaves, WrongGuess
from spikefa.recording.plan.triggers import Trigger
from spikefa.recording.plan.windows import Window, figure_windows
from spikefa.recording.read.description import describe
from spikefa.recording.read.reader import Recording, open_recording
from spikefa.recording.write.memory_plan import MAX_HOST_BYTES
from spikefa.recording.write.recorder import Recorder
from spikefa.recording.write.repair import repair

__all__ = [
    "MAX_HOST_BYTES",
    "Always",
    "ClassShown",
    "EveryImage",
    "ImageWindow",
    "Probe",
    "RateLeaves",
    "Recorder",
    "Recording",
    "Trigger",
    "When",
    "Window",
    "WrongGuess",
    "describe",
    "figure_windows",
    "open_recording",
    "repair",
]

"""Record the activity of a network in an HDF5 file, and read it (see docs/recording.md).

The rooms, each of which may import only those before it: ``plan`` (what is recorded, and when),
``format`` (the file), ``read``, ``write`` and ``export`` (other formats).
"""

from spikefa.recording.plan.image_windows import Always, EveryImage, ImageWindow
from spikefa.recording.plan.probes import Probe
from spikefa.recording.plan.ready_made import ClassShown, RateLeaves, WrongGuess
from spikefa.recording.plan.sorting import When
from spikefa.recording.plan.triggers import Trigger
from spikefa.recording.plan.windows import Window, figure_windows
from spikefa.recording.read.description import describe
from spikefa.recording.read.reader import open_recording
from spikefa.recording.read.recording import Recording
from spikefa.recording.read.selection import Steps, Stream, Units
from spikefa.recording.read.series import Series
from spikefa.recording.write.captured_rows import CapturedRow, CapturedRows
from spikefa.recording.write.memory_plan import MAX_HOST_BYTES
from spikefa.recording.write.recorder import Recorder
from spikefa.recording.write.repair import repair

__all__ = [
    "MAX_HOST_BYTES",
    "Always",
    "CapturedRow",
    "CapturedRows",
    "ClassShown",
    "EveryImage",
    "ImageWindow",
    "Probe",
    "RateLeaves",
    "Recorder",
    "Recording",
    "Series",
    "Steps",
    "Stream",
    "Trigger",
    "Units",
    "When",
    "Window",
    "WrongGuess",
    "describe",
    "figure_windows",
    "open_recording",
    "repair",
]

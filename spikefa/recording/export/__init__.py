"""Export recordings to other formats, one file per format.

Step k becomes the time ``k * dt``, so bins of width dt that begin at the first step hold one step
each. Every variable has the times at which it was read. An existing file is never overwritten, and
a file appears under its name once it is complete. Optional libraries are imported by the function
that needs them.
"""

from spikefa.recording.export.dataframe import to_dataframe
from spikefa.recording.export.neo import to_neo
from spikefa.recording.export.nwb import to_nwb
from spikefa.recording.export.pynapple import to_pynapple
from spikefa.recording.export.sonata import to_sonata
from spikefa.recording.export.sonata_report import to_sonata_report

__all__ = ["to_dataframe", "to_neo", "to_nwb", "to_pynapple", "to_sonata", "to_sonata_report"]

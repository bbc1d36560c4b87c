"""A variable as a SONATA frame report, which libsonata, bmtk and others open.

Format: https://github.com/AllenInstitute/sonata/blob/master/docs/SONATA_DEVELOPER_GUIDE.md,
"Frame-oriented node element recording". Its times are a start, a stop and a distance.
"""

from pathlib import Path

import h5py
import numpy as np

from spikefa.errors import require
from spikefa.recording.export.common import check_new, times
from spikefa.recording.format.layout import write_mapping
from spikefa.recording.read.recording import Recording
from spikefa.recording.read.selection import Steps
from spikefa.utils.files import written_whole


def to_sonata_report(
    recording: Recording,
    path: str | Path,
    population: str,
    variable: str = "potential",
    steps: Steps = None,
) -> None:
    """Write one variable of one population as a SONATA report, for libsonata, bmtk and others.

    It has ``/report/<population>/data`` and ``mapping``. A report has no gaps, so a recording of
    several windows needs one file for each.

    Parameters
    ----------
    recording : Recording
    path : path-like
        The file to make; an existing file is never overwritten.
    population : str
    variable : str, default "potential"
        Any but spikes.
    steps : str or slice, optional
        The label of a window or a slice of absolute steps; by default all.

    Raises
    ------
    SpikefaError
        If the file exists, the variable was not recorded, or its steps have gaps.
    """
    path = check_new(path)
    require(variable != "spikes", "spikes are no report: use to_sonata()")
    series = recording.series(population, variable)
    rows = series.some_rows(steps)
    runs = series.runs(steps)
    require(
        len(runs) == 1,
        f"{series.name} was read in {len(runs)} windows with gaps between them, which a SONATA "
        f"report cannot express: give steps, such as {series.windows[0].label!r}, and write a file "
        "for each",
    )
    held = series.steps[rows]
    with written_whole(path) as temporary, h5py.File(temporary, "x") as file:
        report = file.create_group(f"report/{population}")
        report["data"] = series.values(steps=steps)
        report["data"].attrs["units"] = "a.u."
        ends = [held[0], held[-1] + series.every, series.every]
        write_mapping(report, series.units, times(recording, np.asarray(ends)))

"""The export methods of a recording."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from spikefa.recording.read.contents import Steps
    from spikefa.recording.read.reader import Recording


class Exports:
    """`Recording` inherits from it, so that the reader need not know other formats.

    In all of them step k is at the time ``k * dt``; `steps` is the label of a window, a slice of
    absolute steps, or None for all. An existing file is never overwritten, and a file appears
    under its name once it is complete.
    """

    def to_sonata(
        self,
        path: str | Path,
        populations: Sequence[str] | None = None,
        steps: "Steps" = None,
    ) -> None:
        """Write the spikes as a SONATA spike file, for libsonata, bmtk and others.

        ``/spikes/<population>/timestamps`` in ms, sorted by time, and ``node_ids``. Block by
        block: the recording may be larger than memory. The recording itself is a SONATA file of
        the potentials already.

        Raises
        ------
        SpikefaError
            If the file exists, or there is nothing to write.
        """
        from spikefa.recording.export.sonata import write_sonata

        write_sonata(cast("Recording", self), path, populations, steps)

    def to_neo(self, steps: "Steps" = None) -> Any:
        """Return a `neo.Block`, the input of elephant; it is held in memory.

        One segment for each stretch without a missing step, named after its window; in it a
        `SpikeTrain` for each unit (annotated with ``population`` and ``unit``), an `AnalogSignal`
        for each variable of each population, and an `Epoch` of the images shown.

        Raises
        ------
        SpikefaError
            If neo is not installed (``pip install 'spikefa[export]'``), or there is no row.
        """
        from spikefa.recording.export.neo import neo_block

        return neo_block(cast("Recording", self), steps)

    def to_pynapple(self, steps: "Steps" = None) -> dict[str, Any]:
        """Return objects of pynapple by name; they are held in memory, with times in seconds.

        A `TsGroup` for each population (``"hidden1"``, its keys the numbers of the neurons), a
        `TsdFrame` for each trace (``"hidden1/potential"``) and one for what was shown
        (``"stimulus"``, columns image and label). Their time support are the recorded steps,
        without the gaps.

        Raises
        ------
        SpikefaError
            If pynapple is not installed (``pip install 'spikefa[export]'``), or there is no row.
        """
        from spikefa.recording.export.pynapple import pynapple_objects

        return pynapple_objects(cast("Recording", self), steps)

    def to_nwb(self, path: str | Path, steps: "Steps" = None) -> None:
        """Write a file of Neurodata Without Borders, with times in seconds.

        ``units`` with spike times, ``population`` and ``node_id``, observed in the stretches that
        were recorded; ``trials``, the images shown; ``acquisition``, the traces. All of it is held
        in memory first: NWB wants the spikes of one unit together.

        Raises
        ------
        SpikefaError
            If the file exists, pynwb is not installed (``pip install 'spikefa[export]'``), or
            there is no row.
        """
        from spikefa.recording.export.nwb import write_nwb

        write_nwb(cast("Recording", self), path, steps)

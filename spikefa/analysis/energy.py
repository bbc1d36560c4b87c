"""Energy that the counted operations of a run would take, by published energies of operations."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field, fields
from pathlib import Path

from spikefa.errors import SpikefaError, require
from spikefa.simulation.costs import Costs
from spikefa.utils.checking import check_fields
from spikefa.utils.files import read_text
from spikefa.utils.ranges import Scale
from spikefa.utils.suggesting import did_you_mean
from spikefa.utils.yaml_text import parse_named

PICO = 1e-12


@dataclass(frozen=True)
class EnergyTable:
    """Picojoules of each operation on one kind of hardware; exchange what you know better.

    None stands for what has not been published: it is left out of a total, and named. 0 stands for
    what another number includes. See docs/costs.md.

    Parameters
    ----------
    name : str
    source : str
        Where the numbers are from.
    forward_operation : float, optional
        A spike that arrives at a forward synapse.
    backward_operation : float, optional
        An error that arrives at a feedback synapse: one multiplication and addition, since errors
        are graded.
    change : float, optional
        A change of a weight, without reading and writing it.
    weight_read, weight_write : float, optional
        For each forward and backward operation a weight is read, for each change read and written.
    spike : float, optional
        Sending a spike, once, to wherever it goes.
    neuron_update : float, optional
        A step of a neuron, forward or error.

    Raises
    ------
    SpikefaError
        If an energy is negative or no number.
    """

    name: str
    source: str
    _: KW_ONLY
    forward_operation: Scale | None = None
    backward_operation: Scale | None = None
    change: Scale | None = None
    weight_read: Scale | None = None
    weight_write: Scale | None = None
    spike: Scale | None = None
    neuron_update: Scale | None = None

    def __post_init__(self) -> None:
        check_fields(self)
        for name in ("name", "source"):
            given = getattr(self, name)
            require(isinstance(given, str), f"the {name} of a table is text, {given!r} given")

    @property
    def picojoules(self) -> dict[str, float | None]:
        """The energies by the name of the operation."""
        return {name: getattr(self, name) for name in OPERATIONS}

    @classmethod
    def read(cls, path: Path | str) -> "EnergyTable":
        """Read a table from a YAML file of names and picojoules; `name` and `source` are optional.

        Raises
        ------
        SpikefaError
            If it is no such file, or names an operation that is not counted.
        """
        path = Path(path)
        given = parse_named(read_text(path), path)
        for each in given:
            known = ("name", "source", *OPERATIONS)
            require(
                each in known,
                f"{path} has {each!r}{did_you_mean(each, known)}: the operations are "
                f"{', '.join(OPERATIONS)}",
            )
        try:
            return cls(**{"name": path.stem, "source": str(path), **given})
        except SpikefaError as error:
            raise SpikefaError(f"{path}: {error}") from error


OPERATIONS = tuple(each.name for each in fields(EnergyTable) if each.name not in ("name", "source"))
"""The names of the operations."""

LOIHI = EnergyTable(
    "loihi",
    "Davies et al. 2018, IEEE Micro 38(1), table 2: simulated before the chip was made, 14 nm; the "
    "least energy of an operation, a change by pairwise STDP, an active neuron, a spike within a "
    "tile; a graded error is taken for one spike",
    forward_operation=23.6,
    backward_operation=23.6,
    change=120.0,
    weight_read=0.0,
    weight_write=0.0,
    spike=1.7,
    neuron_update=81.0,
)
TRUENORTH = EnergyTable(
    "truenorth",
    "Merolla et al. 2014, Science 345: power of the whole chip, 28 nm, over its synaptic events at "
    "20 Hz and 128 active synapses a neuron; it cannot learn",
    forward_operation=26.0,
    weight_read=0.0,
    spike=0.0,
    neuron_update=0.0,
)
FLOAT32_45NM = EnergyTable(
    "float32 at 45 nm",
    "Horowitz 2014, ISSCC: float32 add 0.9 pJ, multiply 3.7 pJ; 100 pJ for 64 bits from 1 MB of "
    "SRAM, half of it for a weight",
    forward_operation=0.9,
    backward_operation=4.6,
    change=4.6,
    weight_read=50.0,
)
INT8_45NM = EnergyTable(
    "int8 at 45 nm",
    "Horowitz 2014, ISSCC: 8-bit add 0.03 pJ, multiply 0.2 pJ; 100 pJ for 64 bits from 1 MB of "
    "SRAM, an eighth of it for a weight",
    forward_operation=0.03,
    backward_operation=0.23,
    change=0.23,
    weight_read=12.5,
)
ENERGY_TABLES = {table.name: table for table in (LOIHI, TRUENORTH, FLOAT32_45NM, INT8_45NM)}
"""The tables that come with spikefa, by name."""


@dataclass(frozen=True)
class Energy:
    """Energy of a run, by a table.

    Attributes
    ----------
    table : EnergyTable
    joules : dict of float
        By operation, of those that the table knows.
    missing : tuple of str
        Operations of the run that the table does not know; they are not in the total.
    """

    table: EnergyTable
    joules: Mapping[str, float]
    missing: tuple[str, ...] = field(default=())

    @property
    def total(self) -> float:
        """The sum, in joules."""
        return sum(self.joules.values())


def operations(costs: Costs) -> dict[str, int]:
    """Return how often each operation of `EnergyTable` has been counted."""
    return {
        "forward_operation": sum(each.events for each in costs.forward.values()),
        "backward_operation": sum(each.events for each in costs.backward.values()),
        "change": costs.weight_writes,
        "weight_read": costs.weight_reads,
        "weight_write": costs.weight_writes,
        "spike": sum(costs.spikes.values()),
        "neuron_update": costs.neuron_updates,
    }


def estimate_energy(costs: Costs, table: EnergyTable) -> Energy:
    """Return the energy of the operations of a run on hardware that is driven by events.

    It is the sum over the operations of ``count * picojoules``. What is not counted takes none:
    moving data off a chip, leakage, the host, the stimulus, weight decay.

    Parameters
    ----------
    costs : Costs
        Of ``sim.costs``.
    table : EnergyTable
        Such as ``ENERGY_TABLES["loihi"]``, or your own.
    """
    counts, known = operations(costs), table.picojoules
    joules = {
        name: count * each * PICO
        for name, count in counts.items()
        if (each := known[name]) is not None
    }
    missing = tuple(name for name, count in counts.items() if count and name not in joules)
    return Energy(table, joules, missing)

"""What can be read of a simulation: where it stands, and what it has cost."""

from spikefa.errors import require
from spikefa.recording import Recorder
from spikefa.simulation.costs import Costs
from spikefa.simulation.history import History
from spikefa.simulation.runner import Runner
from spikefa.simulation.training import Training


class Readings:
    """The properties of a simulation, read from its parts."""

    runner: Runner
    training: Training
    rows: History

    @property
    def backend(self) -> str:
        """What executes the steps: "eager", "graph", "deferred", "fused", or one that rounds."""
        return self.runner.backend.name

    @property
    def presentation(self) -> int:
        """Presentations completed; each showed `batch_size` items for ``stimulus.steps`` steps."""
        return self.training.presentation

    @property
    def step(self) -> int:
        """Steps of simulated time so far."""
        return self.training.step

    @property
    def epoch(self) -> float:
        """Epochs of training so far."""
        return self.training.epoch

    @property
    def wall_seconds(self) -> float:
        """Seconds spent in `train`."""
        return self.rows.seconds

    @property
    def recorder(self) -> Recorder | None:
        """The recorder, if the training is recorded."""
        return self.training.recorder

    @property
    def costs(self) -> Costs:
        """What the training has cost so far, if ``count_costs=True``; see docs/costs.md.

        Raises
        ------
        SpikefaError
            If costs are not counted.
        """
        counter = self.training.counter
        require(
            counter is not None,
            "costs are counted while the network learns, and were not: give "
            "Simulation(..., count_costs=True)",
        )
        assert counter is not None
        return counter.costs()

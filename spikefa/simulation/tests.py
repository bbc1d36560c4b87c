"""What a simulation is validated and tested on, and how."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from spikefa.datasets.images import Images
from spikefa.errors import require
from spikefa.network import Network
from spikefa.simulation.evaluation import Evaluation, evaluate
from spikefa.simulation.stimuli import Stimuli
from spikefa.simulation.weight_average import WeightAverage, averages
from spikefa.stimulus.answers import Answers, Score
from spikefa.stimulus.base import Stimulus
from spikefa.utils.devices import enough_memory
from spikefa.utils.names import check_name
from spikefa.utils.progress import progress_bar
from spikefa.utils.showing import Progress


@dataclass(eq=False)
class Tests:
    """Tests of a network, with plasticity arrested; nothing of its training is touched.

    Parameters
    ----------
    network : Network
    stimuli : Stimuli
    seeds : sequence of int
        One for each replica.
    average : WeightAverage, optional
        The mean of the weights that is tested; by default the weights as they are.
    progress : {"auto", "bar", "log", "none"} or bool, default "auto"
        See `spikefa.utils.progress.shown_as`.
    """

    network: Network
    stimuli: Stimuli
    seeds: Sequence[int]
    average: WeightAverage | None = None
    progress: bool | Progress = "auto"
    _held_out: Evaluation | None = field(default=None, init=False, repr=False)

    def run(
        self,
        stimulus: Stimulus | Images | None,
        name: str,
        batch: int | None = None,
        spikes: bool = False,
    ) -> Score:
        """Test on a stimulus, or on that for tests; see `Simulation.test`."""
        check_name("test", name)
        require(name != "train", "a test called 'train' would get the random numbers of training")
        tested = self.stimuli.tested(stimulus)
        count = len(tested) * len(self.seeds)
        weights, bars = averages(self.average), progress_bar(name, count, self.progress)
        with enough_memory(), weights, bars as bar:
            return evaluate(self.network, tested, self.seeds, name, batch, bar.advance, spikes)

    def validate(self) -> Score | None:
        """Test on what is held out for validation, if anything is."""
        validation = self.stimuli.validation
        return None if validation is None else self.run(validation, "validation")

    @property
    def held_out(self) -> Evaluation:
        """All replicas side by side in front of the stimulus for tests; the error is fed back."""
        if self._held_out is None:
            tested = self.stimuli.tested(None)
            self._held_out = Evaluation(self.network, tested, self.seeds, feed_back=True)
        return self._held_out

    def look(self) -> Answers:
        """Let the network answer what is held out; see `Simulation.look`."""
        with averages(self.average):
            return self.held_out.run()

    def renew(self) -> None:
        """Begin anew with the circuit that the network has now."""
        if self._held_out is not None:
            self._held_out.renew()

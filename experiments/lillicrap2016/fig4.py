"""Figure 4: a deep network of spiking neurons learns MNIST by feedback alignment.

The network of Lillicrap et al. 2016, Methods, eqs. 5-8, has 784-1500-1500-1500-1000 stochastic
binary neurons, which integrate their input with a leak. The image changes every few steps, and
nothing is reset between images; every synapse learns at every step. The experiment writes a
recording of an early, a middle and a late window, the learning curve, and figure 4. The paper
reports an error of 1.8 % on the test set.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from spikefa.backends import FUSED
from spikefa.datasets import Dataset, Images
from spikefa.errors import require
from spikefa.experiments.lillicrap2016._fig4_generalising import augmentation_of, dropout_of
from spikefa.experiments.lillicrap2016._fig4_recording import record, windows_of
from spikefa.experiments.lillicrap2016._fig4_result import conclude, mean_angles, summarise
from spikefa.experiments.lillicrap2016._fig4_settings import Settings, complete
from spikefa.models.lillicrap2016 import spiking_mnist
from spikefa.network.network import Network
from spikefa.network.weights import load_weights
from spikefa.recording import When
from spikefa.runs.data import keep_data, named_data
from spikefa.runs.directory import RunDirectory
from spikefa.runs.experiment import Experiment, Prepared
from spikefa.runs.pictures import draw_figures
from spikefa.runs.tensorboard import TensorBoard, check_tensorboard
from spikefa.simulation.history import Row
from spikefa.simulation.schedules import WarmUpAnneal
from spikefa.simulation.simulation import Simulation
from spikefa.simulation.threads import choose_threads
from spikefa.stimulus import ImageStimulus
from spikefa.utils.devices import captures_on, choose_device


def network_of(settings: Settings, n_inputs: int) -> Network:
    """Return a new network with these settings."""
    return spiking_mnist(
        settings.widths,
        outputs=settings.outputs,
        n_inputs=n_inputs,
        feedback=settings.choices["feedback"].make(),
        rule=settings.choices["rule"].make(),
        synapses=settings.choices["synapses"].make(),
        dropout=dropout_of(settings),
        tau=settings.tau,
        output_error=settings.output_error,
        device=choose_device(settings.device),
        replicas=settings.replicas,
    )


def simulation_of(settings: Settings, network: Network, images: Dataset) -> Simulation:
    """Return a new simulation of this network with these settings."""
    return Simulation(
        network,
        images,
        steps_per_image=settings.steps_per_image,
        test_steps=settings.test_steps,
        augmentation=augmentation_of(settings, images.shape),
        label_smoothing=settings.label_smoothing,
        average_epochs=settings.average_epochs,
        batch_size=settings.batch_size,
        seed=settings.seed,
        schedule=WarmUpAnneal(
            settings.epochs,
            min(settings.warmup_epochs, 0.4 * settings.epochs),
            settings.warmup_from,
            settings.anneal_to,
        ),
        backend=settings.backend,
        checkpoint_minutes=settings.checkpoint_minutes,
        count_costs=settings.costs,
    )


@dataclass(frozen=True)
class Training(Experiment):
    """Trains, tests, records and draws one network or replicas of it."""

    def folder(self, settings: Settings) -> str:
        """Return the default name of the run's folder in ``runs``."""
        first, last = settings.seeds[0], settings.seeds[-1]
        seeds = f"seed{first}" if first == last else f"seeds{first}to{last}"
        return f"{self.name}-{seeds}"

    def network(self, settings: Settings, n_inputs: int) -> Network:
        """Return a new network with these settings."""
        return network_of(settings, n_inputs)

    def widest(self, settings: Settings) -> int | None:
        """Return the neurons of the widest layer; None if the run cannot have replicas."""
        if settings.distributed or settings.backend in FUSED:
            return None
        return max(*settings.widths, settings.outputs)

    def splits(self, settings: Settings, data: Dataset) -> Dataset:
        """Return the images that the settings choose from the data set that they name."""
        chosen = settings.selection
        data = data.hold_out(settings.validation_images, chosen)
        return data.subset(settings.train_images, settings.test_images, chosen)

    def tested(self, settings: Settings, images: Images) -> ImageStimulus:
        """Return how a trained network is shown images: as in the tests of its run."""
        return ImageStimulus(
            images,
            steps=settings.steps_per_image,
            test_steps=settings.test_steps,
            augmentation=augmentation_of(settings, images.shape),
        )

    def prepare(self, settings: Settings, resumed: RunDirectory | None) -> Prepared:
        """Return what trains the network from its present state."""
        require(
            self.ranks is not None or not settings.distributed,
            "--distributed true is for the processes of torchrun, each of which runs one command: "
            "torchrun --nproc-per-node 2 -m spikefa run ..., or leave it out",
        )
        if settings.tensorboard:
            check_tensorboard()
        data = named_data(settings)
        if resumed is not None:
            keep_data(resumed, data)
        begun = resumed is not None and _has_begun(resumed)
        network = self.network(settings, data.n_inputs)
        if settings.weights is not None and not begun:
            both = settings.weights_feedback
            load_weights(network, settings.weights, feedback=both, seed=settings.seeds)
        if self.ranks is not None:
            network = network.divided(self.ranks)
        simulation = simulation_of(settings, network, self.splits(settings, data))
        windows = windows_of(simulation, settings)
        if resumed is not None and begun:
            simulation.restore(resumed.checkpoint)
            done = len(simulation.history)
            require(
                settings.epochs >= done,
                f"the run in {resumed.path} has done {done} epochs, --epochs {settings.epochs} "
                "would undo some: leave it out, or give more",
            )
        compute = partial(_compute, simulation, data, windows, settings, self.between_epochs)
        return Prepared(compute, partial(choose_threads, simulation))

    def draw_figures(self, settings: Settings, directory: RunDirectory) -> list[Path]:
        """Draw all figures for which the run has the files."""
        return draw_figures(directory)

    def conclude(
        self, settings: Settings, directory: RunDirectory, figures: Sequence[Path]
    ) -> None:
        """Write the result file if the table of results includes the circuit."""
        summary = directory.read_summary()
        conclude(directory, settings, summary, figures)
        for figure in figures:
            if settings.tensorboard and figure.name == "fig4.png":
                TensorBoard(directory.tensorboard).write_picture(figure, summary["epochs"])


def _compute(
    simulation: Simulation,
    data: Dataset,
    windows: list[When],
    settings: Settings,
    between_epochs: Callable[[RunDirectory], None] | None,
    directory: RunDirectory,
) -> None:
    """Train, record and test the network, and write the summary."""
    if not directory.data.exists():
        keep_data(directory, data)
    simulation.checkpoints.path = directory.checkpoint
    if settings.backend == "auto" and captures_on(simulation.network.device):
        print(f"backend {simulation.backend}: {simulation.training.backend_reason}")
    with simulation:
        if settings.record:
            record(simulation, windows, settings, directory)
        if simulation.step == 0:
            _write_start(simulation, directory)
        _train(simulation, settings, between_epochs, directory)
    directory.write_summary(summarise(simulation, settings))


def _write_start(simulation: Simulation, directory: RunDirectory) -> None:
    """Write the angles of the weights before they learn, if the circuit has angles."""
    angles = {f"alignment_{name}": angle for name, angle in mean_angles(simulation).items()}
    if angles:
        directory.write_start({"epoch": 0, "images": 0} | angles)


def _has_begun(run: RunDirectory) -> bool:
    """Return whether the run was killed after its first checkpoint, which comes at once."""
    return run.checkpoint.exists() or run.metrics.exists()


def _train(
    simulation: Simulation,
    settings: Settings,
    between_epochs: Callable[[RunDirectory], None] | None,
    directory: RunDirectory,
) -> None:
    board = TensorBoard(directory.tensorboard) if settings.tensorboard else None

    def write(history: list[Row]) -> None:
        directory.write_metrics(history)
        if simulation.network.leading:
            directory.write_replicas(simulation.seeds, simulation.histories)
        if board is not None:
            board.write(simulation)
        if between_epochs is not None and len(history) < settings.epochs:
            between_epochs(directory)

    if simulation.history:  # a kill may have come between the last checkpoint and its row
        write(simulation.history)
    if settings.epochs == len(simulation.history):
        return
    simulation.train(settings.epochs - len(simulation.history), after_epoch=write)


EXPERIMENT = Training(
    "lillicrap2016.fig4",
    Settings,
    complete=complete,
    data=named_data,
    may_change=(
        "epochs",
        "data_dir",
        "test_images",
        "test_steps",
        "checkpoint_minutes",
        "tensorboard",
        "distributed",
        "rank_timeout",
        "stream_groups",
    ),
)

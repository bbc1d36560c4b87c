"""Figure 4: a deep network that integrates, leaks and spikes learns MNIST by feedback alignment.

The network of Lillicrap et al. 2016, Methods, eqs. 5-8: 784-1500-1500-1500-1000 stochastic binary
neurons. Images change every few steps and nothing is reset between them; every synapse learns at
every step. Writes the recording of an early, a middle and a late window, the learning curve, and
figure 4. The paper reports 1.8 % error on the test set.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from spikefa.errors import require
from spikefa.plugins.choices import Choice, choice, describe_choice, make
from spikefa.plugins.choices import settle as settle_choices
from spikefa.runs.experiment import option

if TYPE_CHECKING:
    from spikefa.runs.directory import RunDirectory
    from spikefa.simulation.history import Row
    from spikefa.simulation.simulation import Simulation

PhiDelta = Literal["identity", "tanh", "logistic", "spiking"]
MAY_CHANGE_ON_RESUME = ("epochs", "data_dir", "test_images")


@dataclass(frozen=True)
class Settings:
    """Everything that the result depends on."""

    seed: int = option(0, "the one seed of all random streams")
    replicas: int | None = option(
        None, "train so many networks side by side, with consecutive seeds from --seed on"
    )
    device: Literal["cpu", "cuda", "auto"] = option("auto", "auto: a GPU if there is one")
    backend: Literal[
        "auto",
        "eager",
        "graph",
        "fused",
        "fused-bf16x6",
        "fused-bf16x3",
        "fused-tf32",
        "fused-bf16",
    ] = option("auto", "what executes the steps; auto: eager, see docs/performance.md")
    dataset: str = option("mnist", "mnist, fashion_mnist, kmnist or digits")
    data_dir: str | None = option(None, "where the data set lies; else $SPIKEFA_DATA, else fetched")
    train_images: int | None = option(None, "use only the first K training images")
    validation_images: int = option(0, "hold out the last K training images for validation")
    test_images: int | None = option(None, "use only the first K test images")
    epochs: int = option(20, "epochs of training")
    batch_size: int = option(100, "independent streams; updates are summed over them")
    steps_per_image: int = option(5, "N and M: steps of simulated time for each image")
    hidden: int = option(1500, "neurons of each hidden population")
    hidden_layers: int = option(3, "hidden populations")
    outputs: int = option(1000, "output neurons, an equal share for each class")
    tau: float = option(0.9, "weight of the new drive in all populations")
    weight_scale: float = option(0.05, "half-range of the uniform first weights")
    learning_rate: float | list[float] = option(
        2e-3, "eta; one, or one for each projection", fills="rule.learning_rate"
    )
    input_rate_factor: float = option(
        10.0, "factor on eta for the synapses from the input", fills="rule.learning_rate"
    )
    warmup_epochs: float = option(1.2, "epochs in which eta rises, at most 0.4 of all epochs")
    warmup_from: float = option(0.15, "factor on eta at the beginning of the warm-up")
    anneal_to: float = option(0.0, "factor on eta at the end, linearly approached; 1: constant")
    rule: Choice = choice(
        "rules",
        "ThreeFactor",
        "what a synapse does: a name of `spikefa list rules`, my_rules.py:CLASS or a class path; "
        "--rule.X sets its argument X, and --rule CLASS --help shows them",
    )
    weight_decay: float | None = option(
        None,
        "gamma: weights are multiplied by (1 - gamma) each step; default: the rule's own, 1e-8 of "
        "ThreeFactor",
        fills="rule.weight_decay",
    )
    feedback: Choice = choice(
        "feedback",
        "FA",
        "how the error is carried back, given like --rule; see `spikefa list feedback`",
    )
    feedback_scale: float | list[float] | None = option(
        None,
        "half-range of B; one, or one for each layer; default: the circuit's own, 0.1 of FA",
        fills="feedback.scale",
    )
    phi_delta: PhiDelta | None = option(
        None,
        "output function of the error neurons; default: the circuit's own, identity of FA",
        fills="feedback.phi_delta",
    )
    gated: bool | None = option(
        None,
        "whether the transmitted error is gated by the neurons' gain; default: the circuit's own, "
        "false of FA",
        fills="feedback.gated",
    )
    output_error: Literal["spikes", "probability"] = option("spikes", "minus target: the error")
    record: bool = option(True, "write recording.h5 and draw figure 4 from it")
    record_windows: str = option(
        "figure", "when: figure, always, every:K (images), class:C, wrong; several with commas"
    )


def run(settings: Settings, out: Path | None, resume: Path | None) -> "RunDirectory":
    """Train, test, record and draw.

    Parameters
    ----------
    settings : Settings
    out : Path, optional
        Folder to make; default ``runs/lillicrap2016.fig4-seed<S>``, of replicas -seeds<S>to<T>.
    resume : Path, optional
        Folder of a run to continue instead.

    Returns
    -------
    RunDirectory

    Raises
    ------
    SpikefaError
        If a setting is out of range, the data set is absent or damaged, the folder holds a run,
        or the network becomes unstable.
    """
    from spikefa.experiments.lillicrap2016._fig4_recording import record, windows_of
    from spikefa.experiments.lillicrap2016._fig4_result import conclude, summarise
    from spikefa.runs.directory import RunDirectory

    settings = settle(settings)
    simulation = build(settings)
    windows = windows_of(simulation, settings)
    if resume is None:
        folder = out or Path("runs") / f"lillicrap2016.fig4-{_seeds_in_words(simulation.seeds)}"
        directory = RunDirectory.create(folder)
    else:
        directory = RunDirectory(resume)
        simulation.restore(directory.checkpoint)
    simulation.checkpoint = directory.checkpoint
    directory.write_config("lillicrap2016.fig4", asdict(settings))
    with simulation:
        if settings.record:
            record(simulation, windows, settings, directory)
        if settings.epochs > len(simulation.history):
            _train(simulation, settings, directory)
    summary = summarise(simulation, settings, describe(settings))
    directory.write_summary(summary)
    conclude(directory, settings, summary, draw(directory))
    return directory


def _seeds_in_words(seeds: list[int]) -> str:
    return f"seed{seeds[0]}" if len(seeds) == 1 else f"seeds{seeds[0]}to{seeds[-1]}"


def _train(simulation: "Simulation", settings: Settings, directory: "RunDirectory") -> None:
    from spikefa.simulation.interrupts import Stopped

    def write(history: "list[Row]") -> None:
        directory.write_metrics(history)
        if settings.replicas is not None:
            directory.write_replicas(simulation.seeds, simulation.histories)

    try:
        simulation.train(settings.epochs - len(simulation.history), after_epoch=write)
    except Stopped as stop:
        raise Stopped(
            f"{stop}; go on with: spikefa run lillicrap2016.fig4 --resume {directory.path}"
        ) from None


def build(settings: Settings) -> "Simulation":
    """Return the simulation of these settings, at its beginning."""
    from spikefa import datasets
    from spikefa.models.lillicrap2016 import spiking_mnist
    from spikefa.simulation.schedules import WarmUpAnneal
    from spikefa.simulation.simulation import Simulation
    from spikefa.utils.devices import choose_device

    device = choose_device(settings.device)
    dataset = datasets.load(settings.dataset, settings.data_dir)
    dataset = dataset.hold_out(settings.validation_images)
    dataset = dataset.subset(settings.train_images, settings.test_images)
    network = spiking_mnist(
        settings.hidden,
        settings.hidden_layers,
        settings.outputs,
        n_inputs=dataset.n_inputs,
        feedback=make(settings, "feedback", _offers(settings)),
        rule=make(settings, "rule", _offers(settings)),
        tau=settings.tau,
        weight_scale=settings.weight_scale,
        output_error=settings.output_error,
        device=device,
        replicas=settings.replicas,
    )
    return Simulation(
        network,
        dataset,
        settings.steps_per_image,
        settings.batch_size,
        settings.seed,
        WarmUpAnneal(
            settings.epochs,
            min(settings.warmup_epochs, 0.4 * settings.epochs),
            settings.warmup_from,
            settings.anneal_to,
        ),
        backend=settings.backend,
    )


def settle(settings: Settings) -> Settings:
    """Return the settings with rule and circuit complete, as they are written to the run.

    Raises
    ------
    SpikefaError
        If rule or circuit do not exist, do not take what they are given, or an option is given
        that has no effect.
    """
    require(
        "learning_rate" not in settings.rule
        or settings.input_rate_factor == Settings.input_rate_factor,
        "--input-rate-factor goes with --learning-rate and is of no use beside "
        "--rule.learning_rate: give one rate for each projection there, or leave it out",
    )
    return settle_choices(settings, _offers(settings))


def _offers(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return what the options have to say about the rule and the circuit; None: nothing."""
    return {
        "rule": {"learning_rate": _rates(settings), "weight_decay": settings.weight_decay},
        "feedback": {
            "scale": settings.feedback_scale,
            "phi_delta": settings.phi_delta,
            "gated": settings.gated,
            "tau": settings.tau,
        },
    }


def describe(settings: Settings) -> dict[str, Any]:
    """Return rule and circuit with their arguments, as the summary tells them."""
    return {
        name: describe_choice(settings, name, _offers(settings)) for name in ("rule", "feedback")
    }


def _rates(settings: Settings) -> list[float]:
    """Return eta of each projection, from the input upwards."""
    eta = settings.learning_rate
    rates = [eta] * (settings.hidden_layers + 1) if isinstance(eta, int | float) else eta
    return [settings.input_rate_factor * rates[0], *rates[1:]] if rates else []


def draw(directory: "RunDirectory") -> list[Path]:
    """Draw the figures of a run again, from its files."""
    from spikefa.runs.pictures import draw_figures

    return draw_figures(directory)

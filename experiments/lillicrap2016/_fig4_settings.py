"""The settings of figure 4, including the choice of rule, circuit and synapses."""

import os
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

from spikefa.datasets.selecting import Selection
from spikefa.distributed import TIMEOUT
from spikefa.errors import require
from spikefa.experiments.lillicrap2016._fig4_generalising import check_generalising
from spikefa.models.lillicrap2016 import widths
from spikefa.neurons.dropout import Redrawn
from spikefa.plugins.choices import Choice, Chosen, choice, chosen
from spikefa.plugins.choices import complete as complete_choices
from spikefa.runs.options import bound, option
from spikefa.runs.settings import DATA_DIR, DEVICE, Device, Placed, dataset_option, flag
from spikefa.simulation.resuming import MINUTES
from spikefa.utils.ranges import (
    Batch,
    Count,
    CountOrZero,
    Degrees,
    Duration,
    DurationOrZero,
    Epochs,
    Few,
    PositiveScale,
    PositiveShare,
    Rate,
    Replicas,
    Scale,
    Seed,
    Share,
    ShareBelowOne,
    Size,
    Steps,
)

PhiDelta = Literal["identity", "tanh", "logistic", "spiking"]


@dataclass(frozen=True, kw_only=True)
class Settings(Placed):
    """All settings that affect the result."""

    seed: Seed = option(0, "the one seed of all random streams")
    replicas: Replicas | None = option(
        None, "train so many networks side by side, with consecutive seeds from --seed on"
    )
    device: Device = option("auto", DEVICE)
    dataset: str = dataset_option()
    data_dir: str | None = option(None, DATA_DIR)
    train_images: Count | None = option(None, "use only the first K training images")
    validation_images: CountOrZero = option(0, "hold out the last K training images for validation")
    test_images: Count | None = option(None, "use only the first K test images")
    selection: Selection = option(
        "ordered",
        "which images the three options above mean: the last or first; any (shuffled); or of every "
        "class its share (stratified), always the same ones",
    )
    look_at_test: bool = option(
        True, "test on the test images at the end; false while settings are searched for"
    )
    epochs: Epochs = option(20, "epochs of training")
    batch_size: Batch = option(100, "independent streams; updates are summed over them")
    steps_per_image: Steps = option(5, "N: steps of simulated time for each image")
    test_steps: Steps | None = option(None, "M: the same in tests; default: N")
    hidden: Size | list[Size] = option(
        1500, "neurons of each hidden population; one number, or one for each: --hidden 20 10"
    )
    hidden_layers: Few | None = option(
        None, "hidden populations; default: 3, or as many as --hidden has numbers"
    )
    outputs: Size = option(1000, "output neurons, an equal share for each class")
    tau: PositiveShare = option(0.9, "weight of the new drive in all populations")
    weight_scale: Scale = option(
        0.05, "half-range of the uniform first weights", fills="synapses.scale"
    )
    synapses: Choice = choice(
        "synapses",
        "AllToAll",
        "what the synapses are like, given like --rule; Constrained has Dale's law, few bits, and "
        "more; see `spikefa list synapses`",
    )
    learning_rate: Rate | list[Rate] = option(
        2e-3, "eta; one, or one for each projection", fills="rule.learning_rate"
    )
    input_rate_factor: PositiveScale = option(
        10.0, "factor on eta for the synapses from the input", fills="rule.learning_rate"
    )
    warmup_epochs: DurationOrZero = option(
        1.2, "epochs in which eta rises, at most 0.4 of all epochs"
    )
    warmup_from: Share = option(0.15, "factor on eta at the beginning of the warm-up")
    anneal_to: Share = option(0.0, "factor on eta at the end, linearly approached; 1: constant")
    average_epochs: Duration | None = option(
        None, "test with the mean of the weights over about so many last epochs; default: without"
    )
    dropout: ShareBelowOne = option(0.0, "probability that a hidden neuron is silenced")
    dropout_redrawn: Redrawn = option("presentation", "how long it stays silent")
    input_dropout: ShareBelowOne = option(0.0, "probability that a pixel is silenced for an image")
    input_noise: Scale = option(0.0, "standard deviation of noise on the pixels; white is 1")
    label_smoothing: ShareBelowOne = option(0.0, "how much targets are drawn to their mean")
    rotation: Degrees = option(
        0.0, "turn images by up to so many degrees; this and the following: docs/generalising.md"
    )
    scaling: ShareBelowOne = option(0.0, "make their sides longer or shorter by up to this share")
    shear: Scale = option(0.0, "shear them by up to this slope")
    shift: Scale = option(0.0, "move them by up to so many pixels")
    elastic: Scale = option(0.0, "bend them elastically with this strength, such as 37")
    smoothness: PositiveScale = option(5.5, "standard deviation that smooths the bends, in pixels")
    rule: Choice = choice(
        "rules",
        "ThreeFactor",
        "what a synapse does: a name of `spikefa list rules`, my_rules.py:CLASS or a class path; "
        "--rule.X sets its argument X, and --rule CLASS --help shows them",
    )
    weight_decay: ShareBelowOne | None = option(
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
    feedback_scale: PositiveScale | list[PositiveScale] | None = option(
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
    weights: str | None = option(
        None, "begin with the weights in this file, see `spikefa weights` and docs/weights.md"
    )
    weights_feedback: bool = option(
        True,
        "false: of --weights take the forward weights alone, as another circuit must; its own are "
        "drawn from the seed",
    )
    distributed: bool = option(
        False,
        "one network over the processes that torchrun starts, each with a part of its neurons; see "
        "docs/distributed.md",
    )
    stream_groups: Few = option(
        1, "groups of these processes that divide the batch; those of a group divide the neurons"
    )
    rank_timeout: Duration = option(
        TIMEOUT, "seconds for which one of these waits for the others, before it says which is lost"
    )
    checkpoint_minutes: Duration = option(MINUTES, "minutes between two checkpoints in an epoch")
    tensorboard: bool = option(False, "also write metrics, weights and figure 4 for TensorBoard")
    costs: bool = option(
        False,
        "count what the training would cost on a chip: synaptic operations, changes, spikes; see "
        "docs/costs.md",
    )
    record: bool = option(True, "write recording.h5 and draw figure 4 from it")
    record_windows: str = option(
        "figure", "when: figure, always, every:K (images), class:C, wrong; several with commas"
    )
    reached: PositiveScale = bound(1.8, "error of FA on the test images in percent, at most")

    @cached_property
    def choices(self) -> dict[str, Chosen]:
        """Rule, circuit and synapses, with the arguments set by the options above."""
        offers: dict[str, dict[str, Any]] = {
            "rule": {"learning_rate": self.rates, "weight_decay": self.weight_decay},
            "feedback": {
                "scale": self.feedback_scale,
                "phi_delta": self.phi_delta,
                "gated": self.gated,
                "tau": self.tau,
            },
            "synapses": {"scale": self.weight_scale},
        }
        return chosen(self, offers)

    @property
    def rates(self) -> list[float]:
        """Learning rate of each projection, from the input upwards."""
        eta = self.learning_rate
        rates = [eta] * (len(self.widths) + 1) if isinstance(eta, int | float) else eta
        return [self.input_rate_factor * rates[0], *rates[1:]] if rates else []

    @property
    def widths(self) -> list[int]:
        """Neurons of each hidden population, from the input upwards."""
        return widths(self.hidden, self.hidden_layers, flag)

    @property
    def seeds(self) -> list[int]:
        """The seed of each replica."""
        return [self.seed + number for number in range(self.replicas or 1)]

    def describe(self) -> dict[str, Any]:
        """Return rule, circuit and synapses with their arguments, for the summary."""
        return {name: choice.describe() for name, choice in self.choices.items()}


def complete(settings: Settings) -> Settings:
    """Return the settings with all arguments of rule, circuit and synapses, as a run stores them.

    Raises
    ------
    SpikefaError
        If one of the three does not exist or does not accept its arguments, or if an option
        has no effect.
    """
    require(
        "learning_rate" not in settings.rule
        or settings.input_rate_factor == Settings.input_rate_factor,
        "--input-rate-factor goes with --learning-rate and is of no use beside "
        "--rule.learning_rate: give one rate for each projection there, or leave it out",
    )
    require(
        settings.weights is not None or settings.weights_feedback,
        "--weights-feedback false is of no use without --weights: leave it out",
    )
    require(
        settings.distributed or settings.stream_groups == 1,
        "--stream-groups is of no use without --distributed true: leave it out",
    )
    check_generalising(settings)
    if settings.weights is not None:
        settings = replace(settings, weights=os.path.abspath(os.path.expanduser(settings.weights)))
    settings = replace(settings, hidden_layers=len(settings.widths))
    return complete_choices(settings, settings.choices)

"""The stimuli on which a simulation trains, validates and tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from spikefa.datasets.images import Dataset, Images, require_alike
from spikefa.errors import require
from spikefa.network import Network
from spikefa.stimulus.base import Stimulus
from spikefa.stimulus.images import ImageStimulus, image_stimuli


@dataclass(frozen=True)
class Stimuli:
    """The stimuli of a simulation.

    Attributes
    ----------
    train : Stimulus
    validation, test : Stimulus or None
    """

    train: Stimulus
    validation: Stimulus | None
    test: Stimulus | None

    def tested(self, given: Stimulus | Images | None) -> Stimulus:
        """Return the stimulus for a test.

        Parameters
        ----------
        given : Stimulus or Images, optional
            Images are shown in the same way as the training images.

        Raises
        ------
        SpikefaError
            If there is no stimulus to test on.
        """
        if given is None:
            require(
                self.test is not None,
                "there is nothing to test on: give the simulation a test stimulus, "
                "Simulation(network, stimulus, test=...)",
            )
            assert self.test is not None
            return self.test
        if isinstance(given, Images):
            require(
                isinstance(self.train, ImageStimulus),
                f"a network that is trained on a {type(self.train).__name__} cannot be tested on "
                "images: give a stimulus",
            )
            assert isinstance(self.train, ImageStimulus)
            require_alike("the images to test on", given, self.train.images)
            return replace(self.train, images=given)
        require(
            isinstance(given, Stimulus),
            f"a test needs a Stimulus or Images, {type(given).__name__} given: wrap arrays as "
            "sf.datasets.Images(pixels, labels), examples as sf.ExampleStimulus(examples)",
        )
        _require_like(self.train, given, "the test stimulus")
        return given


def stimuli_of(
    network: Network,
    given: Stimulus | Dataset,
    seeds: Sequence[int],
    how: Mapping[str, Any],
    validation: Stimulus | None = None,
    test: Stimulus | None = None,
) -> Stimuli:
    """Return the stimuli that the arguments of a `Simulation` ask for.

    Parameters
    ----------
    network : Network
    given : Stimulus or Dataset
    seeds : sequence of int
    how : mapping
        How the images of a data set are shown, see `image_stimuli`; None is the default.
    validation, test : Stimulus, optional

    Raises
    ------
    SpikefaError
        If an argument does not fit the training stimulus, or a stimulus does not fit the network.
    """
    asked = {name: value for name, value in how.items() if value is not None}
    if isinstance(given, Stimulus):
        require(
            not asked,
            f"{' and '.join(asked)}: such arguments belong to a data set; give them to the "
            f"{type(given).__name__} instead, as steps, test_steps, encoding, augmentation and "
            "label_smoothing",
        )
        given.check(network)
        held_out = given.held_out(seeds) if test is None else test
        return _checked(Stimuli(given, validation, held_out), network)
    require(
        isinstance(given, Dataset),
        f"a simulation needs a Stimulus or a Dataset, {type(given).__name__} given: wrap images "
        "as sf.ImageStimulus(images), examples as sf.ExampleStimulus(examples)",
    )
    require(
        validation is None and test is None,
        "a data set brings its own validation and test images: use dataset.hold_out(n), or give "
        "stimuli for all three",
    )
    split = image_stimuli(given, asked.pop("steps_per_image", 5), **asked)
    return _checked(Stimuli(split["train"], split.get("validation"), split["test"]), network)


def _checked(stimuli: Stimuli, network: Network) -> Stimuli:
    stimuli.train.check(network)
    for name, stimulus in (("validation", stimuli.validation), ("test", stimuli.test)):
        if stimulus is not None:
            require(
                isinstance(stimulus, Stimulus),
                f"{name} is a {type(stimulus).__name__}: give a Stimulus, such as "
                "sf.ImageStimulus(images) or sf.ExampleStimulus(examples)",
            )
            _require_like(stimuli.train, stimulus, f"the {name} stimulus")
            stimulus.check(network)
    return stimuli


def _require_like(train: Stimulus, other: Stimulus, what: str) -> None:
    """Refuse images that differ from those trained on, as the splits of a data set may not."""
    if isinstance(train, ImageStimulus) and isinstance(other, ImageStimulus):
        require_alike(what, other.images, train.images)

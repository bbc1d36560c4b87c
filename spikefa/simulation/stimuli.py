"""The stimuli on which a simulation trains, validates and tests."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from spikefa.datasets.images import Dataset, Images, require_alike
from spikefa.errors import require
from spikefa.network import Network
from spikefa.stimulus.augmentation import Augmentation
from spikefa.stimulus.base import Stimulus
from spikefa.stimulus.encodings import Encoding
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
    steps_per_image: int | None = None,
    encoding: Encoding | None = None,
    augmentation: Augmentation | None = None,
    validation: Stimulus | None = None,
    test: Stimulus | None = None,
) -> Stimuli:
    """Return the stimuli that the arguments of a `Simulation` ask for.

    Raises
    ------
    SpikefaError
        If an argument does not fit the training stimulus, or a stimulus does not fit the network.
    """
    if isinstance(given, Stimulus):
        require(
            steps_per_image is None and encoding is None and augmentation is None,
            "steps_per_image, encoding and augmentation belong to a data set: give steps, "
            f"encoding and augmentation to the {type(given).__name__} instead",
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
    steps = 5 if steps_per_image is None else steps_per_image
    split = image_stimuli(given, steps, encoding, augmentation)
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

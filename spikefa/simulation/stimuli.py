"""The stimuli on which a simulation trains, validates and tests."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from spikefa.datasets.images import Dataset, Images
from spikefa.errors import require
from spikefa.network import Network
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
            return replace(self.train, images=given)
        return given


def stimuli_of(
    network: Network,
    given: Stimulus | Dataset,
    seeds: Sequence[int],
    steps_per_image: int | None = None,
    encoding: Encoding | None = None,
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
            steps_per_image is None and encoding is None,
            "steps_per_image and encoding belong to a data set: give steps and encoding to the "
            f"{type(given).__name__} instead",
        )
        given.check(network)
        return _checked(Stimuli(given, validation, test or given.held_out(seeds)), network)
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
    split = image_stimuli(given, 5 if steps_per_image is None else steps_per_image, encoding)
    return _checked(Stimuli(split["train"], split.get("validation"), split["test"]), network)


def _checked(stimuli: Stimuli, network: Network) -> Stimuli:
    for stimulus in (stimuli.train, stimuli.validation, stimuli.test):
        if stimulus is not None:
            stimulus.check(network)
    return stimuli

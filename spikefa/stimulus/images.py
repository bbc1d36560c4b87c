"""Images as activity of the input neurons, with their classes as targets."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from spikefa.datasets.images import Dataset, Images, require_images
from spikefa.errors import require
from spikefa.network import Network
from spikefa.network.variables import check_free
from spikefa.plugins.describing import describe
from spikefa.stimulus.augmentation import (
    Augmentation,
    augment,
    chances_of,
    check_augmentation,
    described,
    tested,
)
from spikefa.stimulus.base import Sources, Stimulus
from spikefa.stimulus.encodings import CodeState, Encoding, RateCode
from spikefa.stimulus.image_reader import ImageReader
from spikefa.stimulus.items import check_items, pick
from spikefa.stimulus.readout import CLASS_MEASURES, ClassReadout, ReadoutState
from spikefa.stimulus.state import StimulusState
from spikefa.utils.checking import check_fields
from spikefa.utils.devices import handed_over
from spikefa.utils.numbers import shown
from spikefa.utils.ranges import ShareBelowOne, Steps
from spikefa.utils.tensors import CONSTANT, Variable


@dataclass
class ImageState(StimulusState):
    """The present images.

    Attributes
    ----------
    pixels : Tensor [images, n_pixels]
        All images; none if they are in files.
    classes : int64 Tensor [images]
        Their classes.
    shown : uint8 Tensor [streams, n_pixels]
        The present images, as they are stored; follow from `items`.
    brightness : Tensor [streams, n_pixels]
        Brightness of the present images, in [0, 1], after the augmentation, if there is one.
    code : dict of Tensor
        State of the encoding.
    readout : ReadoutState
        Output spikes of each class.
    reader : ImageReader or None
        What reads images that are in files.
    """

    pixels: Tensor = field(metadata=CONSTANT)
    classes: Tensor = field(metadata=CONSTANT)
    shown: Tensor = field(metadata=CONSTANT)
    brightness: Tensor = field(metadata=CONSTANT)
    code: CodeState
    readout: ReadoutState
    reader: ImageReader | None = field(default=None, kw_only=True)


@dataclass(eq=False)
class ImageStimulus(Stimulus):
    """Images as input, with their classes as targets for groups of output neurons.

    Nothing is reset when the image changes. The images are stored on the device with one byte per
    pixel, or read from their files while those before them are shown. The guess is the class whose
    group of output neurons spikes most, see `ClassReadout`, either in the last step of the
    presentation or in all steps together.

    Parameters
    ----------
    images : Images
    steps : int, default 5
        Number of steps for which an image is shown: N of the paper, in tests M.
    encoding : Encoding, default ``RateCode()``
        How brightness becomes activity; by default an input neuron spikes with probability
        ``min(x, 0.95)`` in every step (Lillicrap et al. 2016, Methods).
    name : str, default "images"
    augmentation : Augmentation, optional
        How images are changed in training, such as by `Distortion`; see `Augmentation`.
    test_steps : int, optional
        M: number of steps for which tests show an image; default: `steps`. More steps give more
        spikes to guess from.
    label_smoothing : float, default 0
        The target of an output neuron is ``(1 - label_smoothing) t + label_smoothing / C`` with C
        classes, where t is 1 in the group of the class and 0 elsewhere (Szegedy et al. 2016). In
        [0, 1).

    Raises
    ------
    SpikefaError
        If a number is out of range, or the augmentation is of images of another shape.
    """

    measures: ClassVar[tuple[str, ...]] = CLASS_MEASURES

    images: Images
    steps: Steps = 5
    encoding: Encoding = field(default_factory=RateCode)
    name: str = "images"
    augmentation: Augmentation | None = field(default=None, kw_only=True)
    test_steps: Steps | None = field(default=None, kw_only=True)
    label_smoothing: ShareBelowOne = field(default=0.0, kw_only=True)

    def __post_init__(self) -> None:
        check_fields(self)
        require_images("images", self.images)
        require(
            isinstance(self.encoding, Encoding),
            f"encoding is {shown(self.encoding)}: give an Encoding, such as RateCode()",
        )
        self.n_inputs = self.images.n_inputs
        self.n_classes = self.images.n_classes
        self.items_on_host = self.images.files is not None
        check_augmentation(self.augmentation, self.n_inputs, self.name, self.images.shape)

    @property
    def thumbnails(self) -> np.ndarray:  # type: ignore[override]
        """The images in grey, as they are before the encoding and the augmentation."""
        return self.images.pictures

    def __len__(self) -> int:
        return len(self.images)

    def labels(self, items: Sequence[int]) -> list[int]:
        """Return the classes of some images."""
        return np.asarray(self.images.labels)[list(items)].tolist()

    def check(self, network: Network) -> None:
        """Check that pixels and classes fit the network.

        Raises
        ------
        SpikefaError
            If there is not one input neuron for each pixel, or the classes cannot share the output
            neurons equally.
        """
        require(
            self.n_inputs == network.n_inputs,
            f"{self.name} has images of {self.n_inputs} pixels, "
            f"the network {network.n_inputs} input neurons",
        )
        ClassReadout(network.n_outputs, self.n_classes)

    def fingerprint(self) -> dict[str, Any]:
        """Return name, number and content of the images, steps and encoding."""
        smoothed = {"label_smoothing": self.label_smoothing} if self.label_smoothing else {}
        return {
            "dataset": self.name,
            "training_images": len(self),
            "steps_per_image": self.steps,
            **describe("the images", self.images.content()),
            **describe("the encoding", self.encoding),
            **described(self.augmentation),
            **smoothed,
        }

    def load(
        self, state: StimulusState, presentation: int, items: Tensor, sources: Sources
    ) -> None:
        """Store the items of a presentation; read the images, if they are in files."""
        assert isinstance(state, ImageState)
        check_items(items, state.items)
        if state.reader is not None:
            state.reader.write(items, state.shown)
            items = handed_over(items.cpu(), state.items.device)
        super().load(state, presentation, items, sources)

    def expect(self, state: StimulusState, following: Iterable[Tensor]) -> None:
        """Begin to read the next images, if they are in files."""
        assert isinstance(state, ImageState)
        if state.reader is not None:
            state.reader.expect(following, state.shown.is_cuda)

    def state(
        self, streams: int, n_outputs: int, device: torch.device, dtype: torch.dtype
    ) -> ImageState:
        """Return the state before the first image."""
        n, files = self.n_inputs, self.images.files
        pixels = torch.as_tensor(
            self.images.pixels if files is None else np.empty((0, n), np.uint8)
        )
        readout = ClassReadout(n_outputs, self.n_classes, smoothing=self.label_smoothing)

        def zeros(*shape: int, dtype: torch.dtype = dtype) -> Tensor:
            return torch.zeros(shape, device=device, dtype=dtype)

        return ImageState(
            inputs=zeros(streams, n),
            target=zeros(streams, n_outputs),
            uniforms=zeros(streams, n) if self.encoding.draws else zeros(0),
            items=zeros(streams, dtype=torch.int64),
            labels=zeros(streams, dtype=torch.int64),
            pixels=pixels.flatten(1).to(device),
            classes=torch.as_tensor(self.images.labels.astype(np.int64)).to(device),
            shown=zeros(streams, n, dtype=torch.uint8),
            brightness=zeros(streams, n),
            code=self.encoding.state(streams, n, device, dtype),
            readout=readout.state(streams, device, dtype),
            chances=chances_of(self.augmentation, streams, n, device),
            reader=None if files is None else ImageReader(files),
        )

    def show(self, state: StimulusState) -> None:
        """Switch every stream to its next image."""
        assert isinstance(state, ImageState)
        if state.reader is None:
            pick(state.pixels, state.items, state.shown)
        torch.index_select(state.classes, 0, state.items, out=state.labels)
        state.brightness.copy_(state.shown).div_(self.images.full_scale)
        if self.augmentation is not None:
            augment(self.augmentation, state.brightness, state.chances)
            state.brightness.clamp_(0, 1)
        self.encoding.show(state.code, state.brightness, self.steps)
        state.readout.start(state.labels, state.target)

    def step(self, state: StimulusState) -> None:
        """Set the activity of this step, from the uniforms if the encoding is random."""
        assert isinstance(state, ImageState)
        self.encoding.step(state.code, state.uniforms, state.inputs)

    def foreseeable(self, state: StimulusState) -> bool:
        """Return True, unless the encoding has a state, which can be recorded."""
        assert isinstance(state, ImageState)
        return type(self).step is ImageStimulus.step and not state.code

    def read(self, state: StimulusState, outputs: Tensor) -> None:
        """Count the spikes of each class."""
        assert isinstance(state, ImageState)
        state.readout.count(outputs)

    def measure(self, state: StimulusState, outputs: Tensor) -> Tensor:
        """Return 100 where the guess is wrong, else 0: from the last step, and from all steps."""
        assert isinstance(state, ImageState)
        return state.readout.errors(state.labels)

    def class_spikes(self, state: StimulusState) -> tuple[Tensor, Tensor]:
        """Return the spikes of each class, in the last step and in all steps."""
        assert isinstance(state, ImageState)
        return state.readout.last, state.readout.summed

    def in_tests(self) -> "ImageStimulus":
        """Return the stimulus with what tests do in place of augmentation, for `test_steps`."""
        if self.augmentation is None and self.test_steps is None:
            return self
        steps = self.steps if self.test_steps is None else self.test_steps
        return replace(self, augmentation=tested(self.augmentation), steps=steps)

    def variables(
        self, state: StimulusState
    ) -> tuple[Mapping[str, Variable], Mapping[str, Variable]]:
        """Return code, spikes and ``label`` of the input, and the output spikes of each class.

        ``class_spikes`` counts this step, ``class_spikes_summed`` all steps of the present image.
        """
        assert isinstance(state, ImageState)
        check_free(
            state.code, ("spikes", "label"), "input", f"{type(self.encoding).__name__}.state"
        )
        label = state.labels.view(-1, 1)
        of_input = {**state.code, "spikes": state.inputs, "label": label}
        return of_input, state.readout.variables()


def image_stimuli(
    dataset: Dataset,
    steps: int = 5,
    encoding: Encoding | None = None,
    augmentation: Augmentation | None = None,
    test_steps: int | None = None,
    label_smoothing: float = 0.0,
) -> dict[str, ImageStimulus]:
    """Return the splits of a data set as stimuli: "train", "test" and, if any, "validation".

    Only the training images are augmented, but for what tests do instead.
    """
    splits = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}
    return {
        split: ImageStimulus(
            images=images,
            steps=steps,
            encoding=encoding or RateCode(),
            name=dataset.name,
            augmentation=augmentation if split == "train" else tested(augmentation),
            test_steps=test_steps,
            label_smoothing=label_smoothing,
        )
        for split, images in splits.items()
        if images is not None
    }

"""The reference line of the comparison: backpropagation through time with snnTorch.

It is written as a user of snnTorch would write it: Leaky neurons instead of stochastic binary ones,
surrogate gradients, a graph over all steps of an image, Adam, and a state that is reset for every
image. Sizes, input spikes, steps and output groups are those of the circuits.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from spikefa.datasets import Dataset, Images
from spikefa.models.snntorch_layers import SpikingLayers, linear
from spikefa.stimulus.images import ImageState, ImageStimulus
from spikefa.utils.seeding import generator

CLASSES = 10


class Bptt:
    """Trains and tests `SpikingLayers` on a data set.

    Parameters
    ----------
    make : callable
        Returns the layers, whose weights it draws from torch's global generator.
    n_outputs : int
        Number of output neurons.
    learning_rate : float
        The learning rate of Adam.
    dataset : Dataset
    batch : int
    seed : int
    device : torch.device
    temperature : float
        The summed spikes of an output group are divided by it before the softmax.
    n_steps : int, default 5
        Number of steps for which each image is shown.
    """

    def __init__(
        self,
        make: Callable[[], SpikingLayers],
        n_outputs: int,
        learning_rate: float,
        dataset: Dataset,
        batch: int,
        seed: int,
        device: torch.device,
        temperature: float,
        n_steps: int = 5,
    ):
        with torch.random.fork_rng():
            torch.manual_seed(generator(seed, "bptt", "weights").initial_seed())
            self.layers = make().to(device)
        self.optimiser = torch.optim.Adam(self.layers.parameters(), learning_rate)
        self.dataset, self.batch = dataset, batch
        self.device = device
        self.temperature = temperature
        self.order = generator(seed, "bptt", "order")
        self.source = generator(seed, "bptt", "stimulus", device=device)
        self.n_outputs = n_outputs
        self.stimulus = ImageStimulus(dataset.train, steps=n_steps)
        self.state = self._state(self.stimulus, batch)

    def _state(self, stimulus: ImageStimulus, batch: int) -> ImageState:
        return stimulus.state(batch, self.n_outputs, self.device, torch.float32)

    def outputs(
        self, stimulus: ImageStimulus, state: ImageState, items: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the spikes of each output group, in the last step and in all [batch, classes]."""
        stimulus.load(state, 0, items, {})
        stimulus.show(state)
        steps = []
        for _ in range(stimulus.steps):
            state.uniforms.uniform_(generator=self.source)
            stimulus.step(state)
            steps.append(state.inputs.clone())
        groups = [spikes.unflatten(-1, (CLASSES, -1)).sum(-1) for spikes in self.layers(steps)]
        return groups[-1], torch.stack(groups).sum(0)

    def update(self, items: Tensor) -> None:
        """Take one step of Adam on the cross-entropy of the summed output spikes."""
        _, summed = self.outputs(self.stimulus, self.state, items)
        loss = nn.functional.cross_entropy(summed / self.temperature, self.state.labels)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()

    def epoch(self) -> None:
        """Show every training image once; an incomplete batch is left out."""
        order = torch.randperm(len(self.dataset.train), generator=self.order)
        for items in order.split(self.batch):
            if len(items) == self.batch:
                self.update(items)

    @torch.no_grad()
    def errors(
        self, images: Images, batch: int = 500, steps: int | None = None
    ) -> tuple[float, float]:
        """Return the errors in percent, from the last step and from all steps summed.

        An image is shown for so many `steps`, by default for as many as in training.
        """
        stimulus = replace(self.stimulus, images=images, steps=steps or self.stimulus.steps)
        state = self._state(stimulus, batch)
        wrong = torch.zeros(2, dtype=torch.int64)
        for first in range(0, len(images), batch):
            items = torch.arange(first, first + batch).clamp_(max=len(images) - 1)
            counted = min(batch, len(images) - first)
            guesses = self.outputs(stimulus, state, items)
            for index, spikes in enumerate(guesses):
                missed = spikes[:counted].argmax(-1) != state.labels[:counted]
                wrong[index] += missed.sum().cpu()
        last, summed = (100 * wrong.double() / len(images)).tolist()
        return last, summed


def train_bptt(
    sizes: list[int],
    learning_rate: float,
    dataset: Dataset,
    epochs: int,
    batch: int,
    seed: int,
    device: torch.device,
    arguments: Mapping[str, float],
) -> dict[str, Any]:
    """Train and test; return measurements with the same names as for the circuits."""
    neurons = dict(arguments)
    temperature = neurons.pop("temperature")

    def layers() -> SpikingLayers:
        return SpikingLayers(linear(sizes), **neurons)

    bptt = Bptt(layers, sizes[-1], learning_rate, dataset, batch, seed, device, temperature)
    started = time.perf_counter()
    for _ in range(epochs):
        bptt.epoch()
    seconds = time.perf_counter() - started
    tested = dataset.test if dataset.validation is None else dataset.validation
    last, summed = bptt.errors(tested)
    return {
        "tested_on": "test" if dataset.validation is None else "validation",
        "images_tested": len(tested),
        "error_percent": last,
        "error_percent_summed": summed,
        "alignment_degrees": {},
        "delta_angle_degrees": {},
        "train_seconds": round(seconds, 2),
    }

"""The order in which the training images are shown."""

from collections.abc import Sequence

import torch
from torch import Tensor

from spikefa.utils.seeding import generator


class ShuffledSampler:
    """An endless list of images: epoch after epoch, each in a random order of its own.

    Or, not shuffled, each in the order in which the images are.

    Presentation k shows the images ``k batch`` to ``(k + 1) batch - 1`` of the list, one to each
    stream, so that every image is shown exactly once per epoch whatever the batch. The order of
    an epoch follows from the seed and the epoch alone; there is no state to save.

    Parameters
    ----------
    n_images, batch : int
    seed : int
        The stream ``order/<epoch>`` of it is used.
    device : torch.device or str, default "cpu"
        Where the indices are wanted; they get there once an epoch.
    shuffled : bool, default True
    """

    def __init__(
        self,
        n_images: int,
        batch: int,
        seed: int,
        device: torch.device | str = "cpu",
        *,
        shuffled: bool = True,
    ):
        self.n_images = n_images
        self.batch = batch
        self.seed = seed
        self.device = device
        self.shuffled = shuffled
        self._epoch = -1
        self._here = torch.arange(n_images)
        self._there = self._here.to(device)

    def presentations(self, epochs: float) -> int:
        """Return how many presentations it takes to show at least so many epochs."""
        return -int(-epochs * self.n_images // self.batch)

    def images(self, presentation: int) -> Tensor:
        """Return the indices `[batch]` of the images of a presentation, on the device."""
        first = presentation * self.batch
        parts, wanted = [], self.batch
        while wanted:
            epoch, start = divmod(first, self.n_images)
            part = self._of_epoch(epoch)[start : start + wanted]
            parts.append(part)
            first, wanted = first + len(part), wanted - len(part)
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def image(self, presentation: int, stream: int) -> int:
        """Return the index of the image that one stream sees, without asking the device."""
        epoch, place = divmod(presentation * self.batch + stream, self.n_images)
        self._of_epoch(epoch)
        return int(self._here[place])

    def _of_epoch(self, epoch: int) -> Tensor:
        """Return the order of an epoch, on the device."""
        if epoch != self._epoch and self.shuffled:
            source = generator(self.seed, "order", epoch)
            self._here = torch.randperm(self.n_images, generator=source)
            self._there = self._here.to(self.device)
            self._epoch = epoch
        return self._there


class Orders:
    """The orders of all replicas, whose streams stand in a row; of a single network, its own.

    Parameters
    ----------
    n_images, batch : int
    seeds : sequence of int
        One for each replica.
    device : torch.device or str, default "cpu"
    """

    def __init__(
        self, n_images: int, batch: int, seeds: Sequence[int], device: torch.device | str = "cpu"
    ):
        self.batch = batch
        self.each = [ShuffledSampler(n_images, batch, seed, device) for seed in seeds]

    def presentations(self, epochs: float) -> int:
        """Return how many presentations it takes to show at least so many epochs to each."""
        return self.each[0].presentations(epochs)

    def images(self, presentation: int) -> Tensor:
        """Return the indices `[replicas * batch]` of the images of a presentation."""
        return torch.cat([order.images(presentation) for order in self.each])

    def image(self, presentation: int, stream: int) -> int:
        """Return the index of the image that one stream in the row sees."""
        replica, stream = divmod(stream, self.batch)
        return self.each[replica].image(presentation, stream)

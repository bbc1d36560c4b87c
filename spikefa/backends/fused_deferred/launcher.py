"""Starts the kernels of the fused-deferred backend."""

from typing import Any

import torch

from spikefa.backends.fused_deferred import products
from spikefa.backends.support import interpreted


class Launcher:
    """Starts kernels one after the other.

    Parameters
    ----------
    device : torch.device
    dependent : bool, optional
        Whether a kernel is launched while the one before still runs ("programmatic dependent
        launch"); by default wherever Triton and the device can do that.
    """

    def __init__(self, device: torch.device, dependent: bool | None = None):
        self.dependent = can_depend(device) if dependent is None else dependent
        self._wrote = True

    def start(
        self, kernel: Any, grid: tuple[int, ...], tiles: Any, *arguments: Any, **constants: Any
    ) -> None:
        """Start `grid` programs of a kernel.

        A kernel may fetch weights before it waits for the one before. So the first one after
        `wrote_weights` is not launched early.
        """
        early = self.dependent and not self._wrote
        self._wrote = False
        options = {"num_warps": tiles.warps, "num_stages": tiles.stages}
        if early:
            options["launch_pdl"] = True
        self.launch(kernel, grid, arguments, constants | {"PDL": early}, options)

    def launch(
        self,
        kernel: Any,
        grid: tuple[int, ...],
        arguments: tuple[Any, ...],
        constants: dict[str, Any],
        options: dict[str, Any],
    ) -> None:
        """Start a kernel; a subclass may do something else with it."""
        kernel[grid](*arguments, **constants, **options)

    def wrote_weights(self) -> None:
        """Note that the last kernel has written weights."""
        self._wrote = True


def can_depend(device: torch.device) -> bool:
    """Return whether kernels for a device can be launched by programmatic dependent launch."""
    if interpreted() or device.type != "cuda" or products.gdc_wait is None:
        return False
    return torch.cuda.get_device_capability(device) >= (9, 0)

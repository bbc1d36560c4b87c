"""A dozen random examples for rate networks, and a change of them that draws at every step."""

import torch

from spikefa.datasets.examples import Examples


def examples(count=12, seed=0):
    source = torch.Generator().manual_seed(seed)
    labels = torch.randint(3, (count,), generator=source)
    inputs = torch.randn(count, 4, generator=source, dtype=torch.float64)
    return Examples(inputs, torch.eye(3, dtype=torch.float64)[labels], labels)


def jitter(inputs, source):
    drawn = torch.randn(inputs.shape, generator=source, dtype=inputs.dtype)  # on the CPU
    inputs.add_(drawn.to(inputs.device), alpha=0.1)

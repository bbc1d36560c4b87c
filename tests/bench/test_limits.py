"""The limits of the machine."""

import os

import torch

from spikefa.bench.limits import free_memory


def test_free_memory_is_that_of_the_system():
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert 0 < free_memory(torch.device("cpu")) <= total

"""Memory is estimated before it is taken."""

import pickle

import numpy as np
import pytest
import torch

from spikefa.errors import SpikefaError
from spikefa.utils.devices import enough_memory
from spikefa.utils.memory import (
    NotEnoughMemory,
    free_bytes,
    made,
    readable,
    rehearsed,
    require_room,
)

FAR = 10**15
"""More bytes than any machine of ours has."""


def test_the_free_memory_of_the_host_is_known():
    pages = torch.device("cpu")
    assert 10**7 < free_bytes(pages) < FAR
    assert free_bytes(torch.device("meta")) is None


def test_what_would_not_fit_is_refused_with_the_largest_part():
    require_room({"a": 10, "b": 20})
    with pytest.raises(
        NotEnoughMemory, match=r"^b would take 1.0 PB of 1.5 PB in all, and .* free"
    ):
        require_room({"a": FAR // 2, "b": FAR}, mend="lower b")
    with pytest.raises(NotEnoughMemory, match=r"^a would take 1.0 PB, and .* are free: lower a$"):
        require_room({"a": FAR}, mend="lower a")


def test_nothing_is_allocated_for_the_estimate():
    def make(device):
        seen.append(device.type)
        whole = torch.zeros(10**6, 10**6, device=device)
        return {"view": whole[:3], "whole": whole}

    seen = []
    assert rehearsed(make) == 4 * 10**12
    with pytest.raises(NotEnoughMemory, match=r"the thing would take 4.0 TB"):
        made("the thing", make, "cpu")
    assert seen == ["meta", "meta"]


def test_code_that_reads_its_tensors_is_made_in_earnest():
    def make(device):
        return float(torch.ones(3, device=device).sum())

    assert rehearsed(make) == 0
    assert made("the thing", make, "cpu") == 3


def test_the_rehearsal_leaves_what_is_bound_as_it_was():
    module = torch.nn.Linear(2, 2)
    assert rehearsed(module.to) == 0
    assert module.weight.device.type == "cpu"


@pytest.mark.parametrize(
    "take",
    [lambda: np.empty(FAR), lambda: torch.empty(FAR, dtype=torch.int8), lambda: bytearray(FAR)],
)
def test_memory_that_a_library_could_not_get_is_one_line(take):
    with (
        pytest.raises(SpikefaError, match=r"no room for .* more: lower it"),
        enough_memory("lower it"),
    ):
        take()


def test_the_outer_context_knows_what_to_lower():
    with (
        pytest.raises(NotEnoughMemory, match="the sea: drink it"),
        enough_memory("drink it"),
        enough_memory(),
    ):
        raise NotEnoughMemory("the sea")
    with pytest.raises(RuntimeError, match="another"), enough_memory():
        raise RuntimeError("another")


def test_the_message_survives_the_way_from_another_process():
    error = pickle.loads(pickle.dumps(NotEnoughMemory("the sea", "drink it")))
    assert str(error) == "the sea: drink it"


def test_sizes_are_readable():
    assert [readable(count) for count in (999, 1500, 4e14, 3e18)] == [
        "999 B",
        "1.5 kB",
        "400 TB",
        "3,000.0 PB",
    ]

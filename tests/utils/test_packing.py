"""Bits packed on the device are those that NumPy packs."""

import numpy as np
import pytest
import torch

from spikefa.utils.packing import BitPacker, not_binary


@pytest.mark.parametrize("n", [1, 7, 8, 9, 784])
@pytest.mark.parametrize(
    "dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16, torch.uint8, torch.bool]
)
def test_packed_on_the_device_is_packed_by_numpy(n, dtype):
    rows = (torch.rand(5, 2, n) < 0.5).to(dtype)
    packed = BitPacker(dtype, rows.device).pack(rows)
    expected = np.packbits(rows.to(torch.uint8).numpy(), axis=-1, bitorder="little")
    np.testing.assert_array_equal(packed.numpy(), expected)


@pytest.mark.parametrize("value", [0.5, -1, 2, float("nan"), float("inf")])
def test_what_is_not_a_bit_is_found(value):
    rows = torch.zeros(3, 9)
    rows[0, 3] = 1
    rows[1, 8] = value
    assert not_binary(rows).tolist() == [False, True, False]

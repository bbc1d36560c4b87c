"""Spikes as a list of events, and the size of that list compared with bits."""

import numpy as np

EVENT_BYTES = 16
"""Bytes of a spike in a SONATA file: its time, f8, and its neuron, u8."""

UNTIL_BYTES = 8
"""Bytes of a row: the number of spikes up to its end, u8."""

_AT_ONCE = 1 << 20  # bytes looked up at a time, which take as much memory again
_ONES = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).sum(1, dtype=np.uint8)


def count_spikes(packed: np.ndarray) -> int:
    """Return how many bits of `packed`, uint8, are 1."""
    flat = packed.reshape(-1)
    parts = range(0, len(flat), _AT_ONCE)
    return sum(int(_ONES[flat[at : at + _AT_ONCE]].sum(dtype=np.int64)) for at in parts)


def find_spikes(packed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return row and column of each bit that is 1, ascending.

    Only bytes that are not zero are unpacked, so the memory grows with the spikes and not with the
    neurons.

    Parameters
    ----------
    packed : ndarray of uint8, shape [rows, ceil(n/8)]
        In "little" bit order, as `BitPacker` makes it.

    Returns
    -------
    row, column : ndarray of int64, shape [spikes]
    """
    row, byte = np.nonzero(packed)
    bits = np.unpackbits(packed[row, byte][:, None], axis=1, bitorder="little")
    which, bit = np.nonzero(bits)
    return row[which], 8 * byte[which] + bit


def pack_spikes(row: np.ndarray, column: np.ndarray, rows: int, n_units: int) -> np.ndarray:
    """Return the bits, uint8 [rows, ceil(n/8)], of spikes; the inverse of `find_spikes`."""
    packed = np.zeros((rows, -(-n_units // 8)), np.uint8)
    bit = np.left_shift(1, column % 8).astype(np.uint8)
    np.bitwise_or.at(packed, (row, column // 8), bit)
    return packed


def event_bytes(spikes: int, rows: int) -> int:
    """Return the bytes that spikes take as events."""
    return spikes * EVENT_BYTES + rows * UNTIL_BYTES


def events_are_smaller(packed: np.ndarray) -> bool:
    """Return whether the rows of `packed`, uint8 [..., ceil(n/8)], are smaller as events."""
    rows = packed.size // packed.shape[-1]
    return event_bytes(count_spikes(packed), rows) < packed.nbytes

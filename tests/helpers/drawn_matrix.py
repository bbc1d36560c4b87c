"""The random numbers of the kernels, from the paper (Salmon, Moraes, Dror & Shaw 2011)."""

import numpy as np

MASK = np.uint64(0xFFFFFFFF)


def philox(key, *counter):
    """Philox4x32-10 (fig. 2 and table 2) of arrays of counters; return the four words."""
    c = [np.asarray(each, np.uint64) for each in np.broadcast_arrays(*counter)]
    k = [np.uint64(key & 0xFFFFFFFF), np.uint64(key >> 32)]
    for _ in range(10):
        a, b = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        c = [
            (b >> np.uint64(32)) ^ c[1] ^ k[0],
            b & MASK,
            (a >> np.uint64(32)) ^ c[3] ^ k[1],
            a & MASK,
        ]
        k = [(k[0] + np.uint64(0x9E3779B9)) & MASK, (k[1] + np.uint64(0xBB67AE85)) & MASK]
    return np.stack(c)


def random_matrix(seed, shape, kind, scale):
    """What `spikefa.backends.philox.random_tile` promises."""
    rows, columns = np.arange(shape[0])[:, None], np.arange(shape[1])[None, :]
    words = philox(seed, columns, rows // 8, 0, 0)
    word = np.take_along_axis(words, (rows % 8 // 2 + 0 * columns)[None], 0)[0]
    k = (word >> (np.uint64(16) * (rows % 2).astype(np.uint64))) & np.uint64(0xFFFF)
    made = (2.0 * k + 1) / 2**16 - 1 if kind == "uniform" else (k >= 2**15) * 2.0 - 1
    return (made * scale).astype(np.float32)


def chances(seed, now, batch, n):
    """What `spikefa.backends.philox.chance` promises, `[batch, n]`."""
    streams, neurons = np.arange(batch)[:, None], np.arange(n)[None, :]
    words = philox(seed, neurons, streams, now & 0xFFFFFFFF, now >> 32)
    return (words[0] >> np.uint64(8)).astype(np.float64) * 2.0**-24

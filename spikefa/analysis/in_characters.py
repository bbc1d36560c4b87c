"""Rasters and curves drawn with characters, for a terminal."""

import numpy as np

BLOCKS = " ▀▄█"
"""Two units in one character: neither spikes, the upper, the lower, both."""
PLAIN = " '.:"
"""The same where there is only ASCII."""
LEVELS = "▁▂▃▄▅▆▇█"
PLAIN_LEVELS = "_.-=+*#@"


def text_raster(spikes: np.ndarray, *, plain: bool = False) -> list[str]:
    """Return a raster as lines of text: a column for each step, a line for each two units.

    Parameters
    ----------
    spikes : ndarray of bool, shape [T, n_units]
    plain : bool, default False
        Use ASCII alone.
    """
    characters = np.array(list(PLAIN if plain else BLOCKS))
    steps, units = spikes.shape
    padded = np.zeros((steps, units + units % 2), dtype=np.int64)
    padded[:, :units] = spikes
    pairs = padded[:, 0::2] + 2 * padded[:, 1::2]
    return ["".join(characters[pairs[:, line]]) for line in range(pairs.shape[1])]


def text_curve(values: np.ndarray, width: int, *, plain: bool = False) -> str:
    """Return a curve as one line of text, from its lowest to its highest value.

    Parameters
    ----------
    values : ndarray, shape [n]
        Those that are not finite are left blank.
    width : int
        The most characters; of more values, means are drawn.
    plain : bool, default False
        Use ASCII alone.
    """
    if not len(values):
        return ""
    levels = PLAIN_LEVELS if plain else LEVELS
    drawn = np.array([part.mean() for part in np.array_split(values, min(width, len(values)))])
    finite = drawn[np.isfinite(drawn)]
    if not len(finite):
        return " " * len(drawn)
    low, span = finite.min(), np.ptp(finite)
    heights = (drawn - low) / span * (len(levels) - 1) if span else drawn * 0
    return "".join(levels[round(each)] if np.isfinite(each) else " " for each in heights)

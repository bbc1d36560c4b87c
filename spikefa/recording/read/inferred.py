"""Infer presentations in files of format 1.0, which do not hold them."""

import numpy as np

from spikefa.recording.format.schema import shown_type


def infer(stimulus: np.ndarray, every: int) -> np.ndarray:
    """Return rows of `shown_type` for rows of `stimulus_type` that are `every` steps apart.

    A presentation begins where the image changes, and after a gap.
    """
    found = np.zeros(len(stimulus), shown_type(1, stimulus.dtype["label"].str))
    found["step"] = stimulus["step"]
    found["image"][:, 0], found["label"][:, 0] = stimulus["image"], stimulus["label"]
    changes = np.diff(stimulus["image"].astype(np.int64)) != 0
    changes |= np.diff(stimulus["step"].astype(np.int64)) > every
    begins = np.append(True, changes)[: len(stimulus)]
    first = np.flatnonzero(begins)
    found["start"] = stimulus["step"][first[np.cumsum(begins) - 1]]
    return found

"""Which images of a split are held out, or kept: the last or first, any, or some of every class."""

from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from spikefa.utils import notices
from spikefa.utils.checking import check_one_of
from spikefa.utils.numbers import whole_number

Selection = Literal["ordered", "shuffled", "stratified"]


def selected(
    labels: NDArray[Any], n: int, selection: Selection, seed: int, *, last: bool, what: str
) -> slice | NDArray[np.bool_]:
    """Return which `n` of the images with these labels are selected.

    Parameters
    ----------
    labels : ndarray [images]
    n : int
    selection : {"ordered", "shuffled", "stratified"}
        The first images, or the last; any, drawn from `seed`; or of every class its share, drawn
        from `seed`: shares that are no whole numbers are rounded so that their sum is `n`.
    seed : int
    last : bool
        Whether "ordered" means the last images.
    what : str
        What is selected, for the warning that a sorted file has lost classes.

    Returns
    -------
    slice, or a mask of bool
        Either keeps the order of the images.

    Raises
    ------
    SpikefaError
        If the selection is none of these.
    """
    check_one_of("selection", selection, get_args(Selection))
    if selection == "ordered":
        found = slice(len(labels) - n, None) if last else slice(n)
        _warn_of_sorted(labels, labels[found], what)
        return found
    random = np.random.default_rng(whole_number(seed, "the seed of the selection", 0))
    mask = np.zeros(len(labels), np.bool_)
    if selection == "shuffled":
        mask[random.permutation(len(labels))[:n]] = True
        return mask
    classes, of_image = np.unique(labels, return_inverse=True)
    for number, share in enumerate(_shares(np.bincount(of_image, minlength=len(classes)), n)):
        own = np.flatnonzero(of_image == number)
        mask[random.permutation(own)[:share]] = True
    return mask


def _shares(counts: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Divide `n` in proportion to counts, by largest remainders, the lower class first in a tie."""
    whole, rest = np.divmod(counts * n, max(1, counts.sum()))
    left = n - int(whole.sum())
    whole[np.argsort(-rest, kind="stable")[:left]] += 1
    return whole


def _warn_of_sorted(labels: NDArray[Any], chosen: NDArray[Any], what: str) -> None:
    """Warn if images are sorted by class, so that their first or last lack classes."""
    held, all_classes = len(np.unique(chosen)), len(np.unique(labels))
    ascending = bool((labels[1:] >= labels[:-1]).all()) and len(labels) > all_classes
    if ascending and 0 < held < all_classes:
        notices.warn(
            f"{what} are of {held} of {all_classes} classes, since the images are sorted by class: "
            'select of every class, selection="stratified"',
            stacklevel=5,
        )

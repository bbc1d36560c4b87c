"""The synchrony of the units of a population."""

import numpy as np

from spikefa.recording import Recording, Steps, Units


def synchrony(
    recording: Recording,
    population: str,
    units: Units = None,
    steps: Steps = None,
) -> float:
    """Return the synchrony measure chi of Golomb and Rinzel, between 0 and 1.

    ``chi^2 = Var_t[1/N sum_i s_i(t)] / (1/N sum_i Var_t[s_i(t)])`` is the variance in time of the
    mean activity of the N units, relative to their mean variance. It is 1 if all units do the same
    in every step, and about ``1 / sqrt(N)`` if they are independent, so populations of different
    size cannot be compared without subsampling (Golomb and Rinzel 1994, Physica D 72, 259; Golomb
    2007, "Neuronal synchrony measures", Scholarpedia 2(1), 1347, where s is the potential). As a
    correlation does, it includes what the stimulus causes.

    Parameters
    ----------
    recording : Recording
    population : str
    units : selection, optional
        Recorded units, see `Recording`; by default all.
    steps : str or slice, optional
        The label of a window or absolute steps; by default all.

    Returns
    -------
    float
        nan if no unit ever changed.

    Raises
    ------
    SpikefaError
        If no spikes of the population were recorded, or none of these steps.
    """
    series = recording.series(population)
    rows = series.some_rows(steps)
    series.some_units(units)
    total = rows.stop - rows.start
    counts: np.ndarray | int = 0
    together = squared = 0
    for _, spikes in series.blocks(units, steps):
        active = spikes.sum(axis=1, dtype=np.int64)
        counts = counts + spikes.sum(axis=0, dtype=np.int64)
        together += int(active.sum())
        squared += int((active**2).sum())
    # T^2 times the variances, as Python's integers, which neither round nor overflow.
    each = [total * int(count) - int(count) ** 2 for count in np.asarray(counts)]
    if sum(each) == 0:
        return float("nan")
    return float(np.sqrt((total * squared - together**2) / (len(each) * sum(each))))

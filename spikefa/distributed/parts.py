"""How neurons and streams are divided among ranks."""

from itertools import pairwise

from spikefa.errors import require

BYTE = 8


def neurons_of_each(neurons: int, ranks: int) -> list[slice]:
    """Return the neurons of each rank: neighbours, and about as many in each.

    A rank begins at a whole byte of packed spikes if there are bytes enough for all.

    Raises
    ------
    SpikefaError
        If there are fewer neurons than ranks.
    """
    require(
        neurons >= ranks,
        f"a population of {neurons} neurons cannot be divided among {ranks} ranks: start fewer "
        "ranks, or give it more neurons",
    )
    return _divided(neurons, ranks, BYTE if neurons >= BYTE * ranks else 1)


def streams_of_each(streams: int, groups: int) -> list[slice]:
    """Return the streams of each group of ranks.

    Raises
    ------
    SpikefaError
        If there are fewer streams than groups.
    """
    require(
        streams >= groups,
        f"{streams} streams cannot be divided among {groups} groups of ranks: give a larger batch, "
        "or fewer groups",
    )
    return _divided(streams, groups, 1)


def _divided(count: int, parts: int, unit: int) -> list[slice]:
    units = -(-count // unit)
    bounds = [min(count, unit * (units * part // parts)) for part in range(parts + 1)]
    return [slice(*each) for each in pairwise(bounds)]

"""How strong the feedback into each hidden population is."""

from collections.abc import Sequence

from spikefa.errors import require


def for_each_layer(scale: float | Sequence[float], hidden: int | None = None) -> list[float]:
    """Return the scale of the feedback into each hidden population.

    Parameters
    ----------
    scale : float or sequence of float
        For all of them, or for each.
    hidden : int, optional
        How many there are; by default as many as there are scales.

    Raises
    ------
    SpikefaError
        If there are more or fewer scales than populations, or a scale is not positive.
    """
    if isinstance(scale, int | float):
        scales = [scale] * (1 if hidden is None else hidden)
    else:
        scales = list(scale)
    require(
        hidden is None or len(scales) == hidden,
        f"feedback scale {scale} for {hidden} hidden populations: give one, or one each",
    )
    require(
        all(0 < each < float("inf") for each in scales),
        f"the feedback scale must be positive, {scale} given",
    )
    return [float(each) for each in scales]

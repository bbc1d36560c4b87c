"""Scale of the feedback into each hidden population."""

from collections.abc import Sequence

from spikefa.errors import require


def for_each_layer(scale: float | Sequence[float], hidden: int | None = None) -> list[float]:
    """Return the scale of the feedback into each hidden population.

    Parameters
    ----------
    scale : float or sequence of float
        One value for all populations, or one for each.
    hidden : int, optional
        Number of hidden populations; by default the number of scales.

    Raises
    ------
    SpikefaError
        If the number of scales differs from that of populations.
    """
    if isinstance(scale, int | float):
        scales = [scale] * (1 if hidden is None else hidden)
    else:
        scales = list(scale)
    require(
        hidden is None or len(scales) == hidden,
        f"feedback scale {scale} for {hidden} hidden populations: give one, or one each",
    )
    return [float(each) for each in scales]

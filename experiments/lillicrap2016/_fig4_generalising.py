"""What keeps the network of figure 4 from learning its training images by heart."""

from typing import Any

from spikefa.errors import require
from spikefa.neurons import Dropout
from spikefa.runs.settings import flag
from spikefa.stimulus import Augmentation, Distortion, InOrder, InputDropout, InputNoise

OF_DISTORTION = ("rotation", "scaling", "shear", "shift", "elastic")


def dropout_of(settings: Any) -> Dropout | None:
    """Return how hidden neurons are silenced, if they are."""
    return Dropout(settings.dropout, settings.dropout_redrawn) if settings.dropout else None


def augmentation_of(settings: Any, shape: tuple[int, int]) -> Augmentation | None:
    """Return how images of this height and width are changed in training, if they are."""
    found: list[Augmentation] = []
    if any(getattr(settings, name) for name in OF_DISTORTION):
        distortion = Distortion(
            shape,
            rotation=settings.rotation,
            scaling=settings.scaling,
            shear=settings.shear,
            shift=settings.shift,
            strength=settings.elastic,
            smoothness=settings.smoothness,
        )
        found.append(distortion)
    if settings.input_noise:
        found.append(InputNoise(settings.input_noise))
    if settings.input_dropout:
        found.append(InputDropout(settings.input_dropout))
    return InOrder(tuple(found)) if found else None


def check_generalising(settings: Any) -> None:
    """Check that no option is of no use without another.

    Raises
    ------
    SpikefaError
        If one is.
    """
    require(
        settings.elastic > 0 or settings.smoothness == Distortion.smoothness,
        f"{flag('smoothness')} is of no use without {flag('elastic')}: give both, or none",
    )
    require(
        settings.dropout > 0 or settings.dropout_redrawn == Dropout.redrawn,
        f"{flag('dropout_redrawn')} is of no use without {flag('dropout')}: give both, or none",
    )

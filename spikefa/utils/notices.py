"""Warnings, which the logger ``spikefa`` gets too."""

import logging
import warnings

LOG = logging.getLogger(__name__)


def warn(message: str, category: type[Warning] = UserWarning, stacklevel: int = 1) -> None:
    """Warn as `warnings.warn` does, and log the message."""
    LOG.warning("%s", message)
    warnings.warn(message, category, stacklevel=stacklevel + 1)

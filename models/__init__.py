"""The networks of the papers, one readable function each."""

from spikefa.models import lillicrap2016

__all__ = ["lillicrap2016"]

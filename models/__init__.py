"""The networks of the papers, one readable function each."""

from spikefa.models import lillicrap2016
from spikefa.models.lenet import lenet
from spikefa.models.rate_networks import rate_network

__all__ = ["lenet", "lillicrap2016", "rate_network"]

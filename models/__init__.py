"""The networks of the papers, one readable function each."""

from spikefa.models import lillicrap2016
from spikefa.models.lenet import lenet
from spikefa.models.rate_networks import rate_network
from spikefa.models.residual import resnet18, resnet20

__all__ = ["lenet", "lillicrap2016", "rate_network", "resnet18", "resnet20"]

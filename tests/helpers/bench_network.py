"""A network for benchmarks that is small."""

import spikefa as sf
from spikefa.network.network import Network


def network(**options) -> Network:
    return sf.models.lillicrap2016.spiking_mnist(hidden=30, hidden_layers=2, outputs=20, **options)

"""``spikefa weights RUN``: write the weights of the trained network of a run to a file."""

import argparse

from spikefa.network.weights import save_weights
from spikefa.runs.pictures import refuse_existing
from spikefa.runs.trained import Trained
from spikefa.utils.devices import enough_memory


def execute(given: argparse.Namespace) -> None:
    """Write the weights and print the name of the file."""
    out = given.out or given.directory / "weights.safetensors"
    refuse_existing(out, given.force)
    with enough_memory():
        trained = Trained.of(given.directory, device="cpu", trust=given.trust)
        save_weights(trained.network, out, overwrite=given.force)
    print(f"wrote {out}")

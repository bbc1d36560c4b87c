"""The arguments of ``spikefa bench``."""

import argparse
from pathlib import Path


def bench_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "what",
        nargs="?",
        choices=(
            "fig4 fig4.small peers peers.small scaling replicas ranks rate residual recorder "
            "threads startup"
        ).split(),
        default="fig4",
        help="fig4: a step beside its matrix products, a plain loop and the limits of the machine; "
        "fig4.small: the same with 300 hidden neurons; peers, peers.small: these networks in other "
        "simulators; scaling: over widths and batches; replicas: small networks side by side; "
        "ranks: one network over processes; "
        "rate: updates of rate networks and replicas beside plain torch; "
        "residual: an update of ResNet-20 by each circuit beside plain torch; "
        "recorder: with and without recording all spikes; threads: a step on one and on more; "
        "startup: until something happens; default: fig4",
    )
    parser.add_argument(
        "--batch-size", type=int, default=100, help="streams, a whole number; default: 100"
    )
    parser.add_argument("--device", default="auto", help="cpu, cuda or auto; default: auto")
    parser.add_argument("--json", type=Path, help="file to write all numbers to")
    parser.add_argument(
        "--quick", action="store_true", help="rehearse with tiny networks; says nothing of speed"
    )

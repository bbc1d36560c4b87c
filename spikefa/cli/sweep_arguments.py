"""The arguments of ``spikefa sweep``."""

import argparse
from pathlib import Path

AUTO = "auto"
"""Of ``--workers``."""


def sweep_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments, but those that several commands share."""
    parser.add_argument("plan", type=Path, help="plan (.yaml), or the folder of a sweep to go on")
    parser.add_argument("--out", type=Path, help="folder; default: runs/ and the plan's name")
    sweeping(parser)
    parser.add_argument(
        "--test",
        action="store_true",
        help="look at the test images with the best trials of a search, once, at its end",
    )
    parser.add_argument("--again", action="store_true", help="with --test: look once more")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)


def sweeping(parser: argparse.ArgumentParser) -> None:
    """Add how the runs of a sweep are made."""
    parser.add_argument(
        "--workers",
        type=_workers,
        default=1,
        help="processes at once; auto: one for each core or, on a GPU, as many as fit into its "
        "memory; default: 1",
    )
    parser.add_argument("--threads", type=_count, help="of each run; default: chosen")
    parser.add_argument("--retry", action="store_true", help="try failed runs again")
    parser.add_argument(
        "--slurm",
        nargs="?",
        const="",
        metavar="FILE",
        help="submit the workers as jobs, with parameters of submitit in this YAML file",
    )
    parser.add_argument(
        "--cluster",
        choices=("slurm", "local", "debug"),
        help="where the jobs run; default: slurm where it is, else local",
    )


def _workers(text: str) -> int | None:
    """Return how many workers there are; None for auto."""
    return None if text == AUTO else _count(text)


def _count(text: str) -> int:
    """Return a whole number of at least 1."""
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of 1 or more")
    return number

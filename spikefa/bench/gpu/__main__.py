"""``python -m spikefa.bench.gpu``, which ``make gpu`` calls."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from spikefa.bench.gpu.needs import require_all
from spikefa.errors import SpikefaError

USER_ERROR = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts; return 0 if all have passed, 1 if not, 2 after a mistake of the user."""
    try:
        given = _parser().parse_args(arguments)
        require_all()
        # Only now, since it imports what may be missing.
        code: int = import_module("spikefa.bench.gpu.command").execute(given)
        return code
    except SpikefaError as error:
        print(f"spikefa: {error}", file=sys.stderr)
        return USER_ERROR


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m spikefa.bench.gpu",
        description="Run GPU tests and benchmarks, each part in a process of its own, and write "
        "their numbers and a table of them.",
    )
    parser.add_argument(
        "--device", default="cuda", help="cuda, or cpu to rehearse with tiny networks"
    )
    parser.add_argument("--parts", default="", help="names, with spaces; default: all")
    parser.add_argument(
        "--out",
        type=Path,
        help="folder of the JSON files; default: docs/benchmarks/gpu, of a rehearsal "
        "runs/gpu-rehearsal",
    )
    parser.add_argument("--page", type=Path, default=Path("docs/performance.md"))
    parser.add_argument("--commit", default="", help="of this code, where there is no .git")
    parser.add_argument("--budget", type=float, default=1, help="factor on the time of every part")
    parser.add_argument(
        "--continue",
        dest="goes_on",
        action="store_true",
        help="leave out what has passed with this commit on this card",
    )
    parser.add_argument(
        "--only-table", action="store_true", help="write the table from the files; run nothing"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())

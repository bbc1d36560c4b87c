"""The commands and their arguments."""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from spikefa import __version__
from spikefa.cli.bench_arguments import bench_arguments
from spikefa.cli.sweep_arguments import sweep_arguments
from spikefa.errors import SpikefaError
from spikefa.plugins.classes import SEAMS
from spikefa.utils.showing import PROGRESS, WORDS
from spikefa.utils.suggesting import did_you_mean

SEAM_OF = {**{kind: kind for kind in SEAMS}, "circuits": "feedback"}
"""What ``spikefa list`` lists besides experiments: word to kind of seam."""


class Parser(argparse.ArgumentParser):
    """An argument parser that raises `SpikefaError` where argparse prints its usage and exits."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Raise it as the user's mistake."""
        raise SpikefaError(f"{_with_suggestion(message)} (see {self.prog} --help)")

    def parse_some(self, args: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
        """Return what is known here, and the other words."""
        return super().parse_known_args(args)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Refuse what is unknown here, where the options are known that may have been meant."""
        given, unknown = super().parse_known_args(args, namespace)
        if unknown:
            own = re.findall(r"--[a-z][\w-]*", self.format_usage())
            words = [word.partition("=")[0] for word in unknown]
            self.error(f"there is no {words[0]} here{did_you_mean(words[0], own)}")
        return given, unknown


def _with_suggestion(message: str) -> str:
    """Put what may have been meant into argparse's message about a word that is no choice."""
    found = re.search(r"invalid choice: '(.*)' \(choose from (.*)\)$", message)
    if found is None:
        return message
    known = re.findall(r"[\w.-]+", found[2])
    meant = did_you_mean(found[1], known)
    return f"there is no {found[1]!r}{meant}: choose {', '.join(known[:-1])} or {known[-1]}"


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line.

    The namespace that it returns has the name of the command as its attribute `command`, a module
    of `spikefa.cli.commands`.
    """
    parser = Parser(
        prog="spikefa",
        description="Spiking networks whose error is carried back by populations of neurons, "
        "learning while they run.",
    )
    parser.add_argument("--version", action="version", version=f"spikefa {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", dest="command", required=True)

    def add(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text)

    _run(add("run", "run an experiment of a paper"))
    sweep = add("sweep", "run an experiment many times: a grid of settings, or a search")
    for arguments in (sweep_arguments, _trust, _progress):
        arguments(sweep)
    _list(add("list", "list the experiments, or what can be plugged into them"))
    _fetch(add("fetch", "fetch a data set and verify its checksums"))
    _test(add("test", "test the trained network of a run on its own or on other images"))
    _weights(add("weights", "write the weights of the trained network of a run to a file"))
    _inspect(add("inspect", "print what run directories or recordings hold"))
    _watch(add("watch", "watch a run that is being recorded, in the terminal"))
    _repair(add("repair", "make the recording of a killed run readable everywhere"))
    _raster(add("raster", "draw the spikes of a recording"))
    _animate(add("animate", "write an animation of a recording"))
    _figure(add("figure", "draw the figures of a run again, from its recording"))
    _report(add("report", "write one HTML page about a run, or about several"))
    _compare(add("compare", "compare runs: a table, their learning curves, and a page of both"))
    _results(add("results", "build the page that compares results with the papers"))
    bench = add("bench", "time a step, its growth, its peers, the recorder, or the start")
    for arguments in (bench_arguments, _progress):
        arguments(bench)
    return parser


def _progress(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--progress", choices=WORDS, default="auto", help=PROGRESS)


def _run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("experiment", help="such as lillicrap2016.fig4; see `spikefa list`")
    parser.add_argument(
        "options", nargs=argparse.REMAINDER, help="see `spikefa run EXPERIMENT --help`"
    )


def _list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        nargs="?",
        choices=("experiments", *SEAM_OF),
        default="experiments",
        help="default: experiments; circuits is another word for feedback",
    )


def _fetch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset", help="mnist, fashion_mnist or kmnist; or cifar10, cifar100")
    parser.add_argument("--data-dir", help="folder to put it in; default: the cache of this user")
    _progress(parser)


def _test(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("directory", type=Path, help="run directory")
    parser.add_argument("--dataset", help="as in `spikefa run`; default: that of the run")
    parser.add_argument(
        "--split",
        choices=("train", "validation", "test"),
        default="test",
        help="which images of the data set; default: test",
    )
    parser.add_argument("--out", type=Path, help="file for the predictions, such as guesses.csv")
    parser.add_argument(
        "--confusion", type=Path, help="picture of the confusion matrix, such as confusion.png"
    )
    parser.add_argument(
        "--guess",
        choices=("last", "summed"),
        default="summed",
        help="which guess the picture counts: from the last step, or from all steps summed",
    )
    parser.add_argument("--device", help="cpu, cuda or auto; default: that of the run")
    _trust(parser)
    parser.add_argument("--force", action="store_true", help="replace files that exist")
    _progress(parser)


def _weights(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("directory", type=Path, help="run directory")
    parser.add_argument(
        "--out", type=Path, help="file to write; default: weights.safetensors in the run"
    )
    _trust(parser)
    parser.add_argument("--force", action="store_true", help="replace the file if it exists")


def _trust(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--trust",
        action="store_true",
        help="run code that the run names, though it was not run here before",
    )


def _inspect(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", type=Path, nargs="+", metavar="PATH", help="run directory, folder of runs or .h5"
    )
    parser.add_argument(
        "--energy",
        type=Path,
        metavar="FILE",
        help="picojoules of each operation as YAML, for a run with --costs; see docs/costs.md",
    )


def _watch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", type=Path, help="run directory, or recording (.h5)")
    parser.add_argument("--population", help="whose spikes; default: the first behind the input")
    parser.add_argument(
        "--interval", type=float, default=1.0, help="seconds between two looks; default: 1"
    )
    parser.add_argument(
        "--once", action="store_true", help="print what there is now, as without a terminal"
    )


def _repair(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="recording, an .h5 file")
    parser.add_argument(
        "--force", action="store_true", help="also if the process that wrote it seems to be alive"
    )


def _raster(parser: argparse.ArgumentParser) -> None:
    _excerpt(parser)
    parser.add_argument(
        "--by-class",
        action="store_true",
        help="presentations side by side, sorted by class, and units by the class they prefer; "
        "default steps: all",
    )
    parser.add_argument(
        "--out", type=Path, help=".png, .pdf or .svg; default: beside the recording, as PNG"
    )
    parser.add_argument("--force", action="store_true", help="replace the file if it exists")


def _animate(parser: argparse.ArgumentParser) -> None:
    _excerpt(parser)
    parser.add_argument(
        "--images", type=int, default=6, help="most images, the first of the steps; default: 6"
    )
    parser.add_argument(
        "--steps-per-second", type=int, default=5, help="speed, from 1 to 50; default: 5"
    )
    parser.add_argument(
        "--out",
        type=Path,
        help=".gif, or .mp4 where ffmpeg is installed; default: beside the recording, as GIF",
    )
    parser.add_argument("--force", action="store_true", help="replace the file if it exists")
    _progress(parser)


def _excerpt(parser: argparse.ArgumentParser) -> None:
    """Add what chooses populations, units and steps of a recording."""
    parser.add_argument("path", type=Path, help="recording (.h5), or run directory")
    parser.add_argument(
        "--population", help="one or several, with commas; default: all that were recorded"
    )
    parser.add_argument(
        "--units",
        default="all",
        help="how many of each, such as 50, or which, such as 3,14,15; default: all recorded",
    )
    parser.add_argument(
        "--steps", help="START:STOP, the label of a window, or all; default: the first window"
    )


def _figure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("directory", type=Path, help="run directory")


def _runs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "runs",
        type=Path,
        nargs="+",
        metavar="RUN",
        help="run directory; a folder of runs stands for those in it",
    )


def _report(parser: argparse.ArgumentParser) -> None:
    _runs(parser)
    parser.add_argument(
        "--out",
        type=Path,
        help="file to write, with several runs one page about all; default: report.html in each",
    )
    parser.add_argument("--force", action="store_true", help="replace the file given with --out")


def _compare(parser: argparse.ArgumentParser) -> None:
    _runs(parser)
    parser.add_argument(
        "--out",
        type=Path,
        help="page to write, .html, with the picture beside it, .png; default: comparison.html",
    )
    parser.add_argument("--force", action="store_true", help="replace these files if they exist")
    parser.add_argument(
        "--table", action="store_true", help="print the table alone, also of one run; write nothing"
    )


def _results(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path("docs/results"),
        help="with the committed result files; default: docs/results",
    )
    parser.add_argument("--add", type=Path, help="run directory whose result is copied there first")

"""The command line: run, list, fetch, inspect, repair, raster, figure, report, results, bench.

Heavy modules are imported by the command that needs them, so that ``--help`` answers at once.
"""

import argparse
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from spikefa import __version__
from spikefa.errors import SpikefaError
from spikefa.plugins.choices import files_of
from spikefa.plugins.classes import SEAMS, Seam, describe
from spikefa.plugins.user_code import blaming

USER_ERROR = 2
INTERRUPTED = 130
SAME_AS = {"circuits": "feedback"}  # the pages speak of circuits, the option is --feedback


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, like all others."""

    def error(self, message: str) -> NoReturn:
        raise SpikefaError(f"{message} (see {self.prog} --help)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        Default: those of the process.

    Returns
    -------
    int
        0; 2 for a mistake of the user, told in one line; 130 after Ctrl-C.
    """
    try:
        given = _parser().parse_args(arguments)
        command: Callable[[argparse.Namespace], None] = given.command
        with warnings.catch_warnings():
            warnings.simplefilter("always", UserWarning)
            warnings.showwarning = _warn  # type: ignore[assignment]
            command(given)
    except SpikefaError as error:
        print(f"spikefa: {error}", file=sys.stderr)
        return USER_ERROR
    except KeyboardInterrupt as stop:
        print(f"spikefa: {stop or 'stopped'}", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output, such as `head`, has seen enough
        sys.stderr.close()
    return 0


def _warn(message: Warning | str, *_: object) -> None:
    """Print a warning as one line, without the place in the code that it came from."""
    print(f"spikefa: warning: {message}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="spikefa",
        description="Spiking networks whose error is carried back by populations of neurons, "
        "learning while they run.",
    )
    parser.add_argument("--version", action="version", version=f"spikefa {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def add(name: str, command: Callable[[argparse.Namespace], None], text: str) -> _Parser:
        added: _Parser = commands.add_parser(name, help=text, description=text)
        added.set_defaults(command=command)
        return added

    run = add("run", _run, "run an experiment of a paper")
    run.add_argument("experiment", help="such as lillicrap2016.fig4; see `spikefa list`")
    run.add_argument(
        "options", nargs=argparse.REMAINDER, help="see `spikefa run EXPERIMENT --help`"
    )
    catalogue = add("list", _list, "list the experiments, or what can be plugged into them")
    catalogue.add_argument(
        "what",
        nargs="?",
        choices=("experiments", *SEAMS, *SAME_AS),
        default="experiments",
        help="default: experiments; circuits is another word for feedback",
    )
    fetch = add("fetch", _fetch, "fetch a data set and verify its checksums")
    fetch.add_argument("dataset", help="mnist, fashion_mnist or kmnist")
    fetch.add_argument("--data-dir", help="put it there; default: the cache of this user")
    inspect = add("inspect", _inspect, "print what a run directory or a recording holds")
    inspect.add_argument("path", type=Path, help="run directory, or .h5 file")
    mend = add("repair", _repair, "make what a killed run left behind readable everywhere")
    mend.add_argument("file", type=Path, help="recording, an .h5 file")
    mend.add_argument(
        "--force", action="store_true", help="also if the process that wrote it seems to be alive"
    )
    raster = add("raster", _raster, "draw the spikes of a recording")
    raster.add_argument("path", type=Path, help="recording (.h5), or run directory")
    raster.add_argument(
        "--population", help="one or several, with commas; default: all that were recorded"
    )
    raster.add_argument(
        "--units",
        default="all",
        help="how many of each, such as 50, or which, such as 3,14,15; default: all recorded",
    )
    raster.add_argument(
        "--steps",
        help="START:STOP, the label of a window, or all; default: the first window",
    )
    raster.add_argument(
        "--out", type=Path, help=".png, .pdf or .svg; default: beside the recording, as PNG"
    )
    raster.add_argument("--force", action="store_true", help="replace the file if it exists")
    figure = add("figure", _figure, "draw the figures of a run again, from its recording")
    figure.add_argument("directory", type=Path, help="run directory")
    report = add("report", _report, "write one HTML page about a run")
    report.add_argument("directory", type=Path, help="run directory")
    report.add_argument("--out", type=Path, help="file to write; default: report.html in the run")
    report.add_argument("--force", action="store_true", help="replace the file given with --out")
    results = add("results", _results, "build the page that compares results with the papers")
    results.add_argument(
        "--folder", type=Path, default=Path("docs/results"), help="with the committed result files"
    )
    results.add_argument("--add", type=Path, help="first take over the result of this run")
    bench = add("bench", _bench, "time a step, its growth, its peers, the recorder, or the start")
    bench.add_argument(
        "what",
        nargs="?",
        choices=(
            "fig4",
            "fig4.small",
            "peers",
            "peers.small",
            "scaling",
            "replicas",
            "recorder",
            "startup",
        ),
        default="fig4",
        help="fig4: a step beside its matrix products, a plain loop and the limits of the machine; "
        "fig4.small: the same with 300 hidden neurons; peers, peers.small: these networks in other "
        "simulators; scaling: over widths and batches; replicas: small networks side by side; "
        "recorder: with and without recording all spikes; startup: until something happens",
    )
    bench.add_argument("--batch-size", type=int, default=100)
    bench.add_argument("--device", default="auto", help="cpu, cuda or auto")
    bench.add_argument("--json", type=Path, help="file to make, with all numbers")
    return parser


def _run(given: argparse.Namespace) -> None:
    from spikefa.runs.catalogue import description, load_experiment
    from spikefa.runs.parsing import full_help, parse_settings
    from spikefa.utils.devices import enough_memory

    experiment = load_experiment(given.experiment)
    name, options = experiment.name, given.options
    if {"-h", "--help"} & set(options):
        print(full_help(name, experiment.settings, options, description(name)), end="")
        return
    settings, out, resume = parse_settings(name, experiment.settings, options)
    with enough_memory(), blaming("the run", *files_of(settings)):
        run = experiment.run(settings, out, resume)
    _announce(run.path)


def _announce(path: Path) -> None:
    from spikefa.runs.directory import RunDirectory
    from spikefa.runs.studies.file import NAME

    run = RunDirectory(path)
    summary = run.read_summary()
    if "headline" in summary:
        print(summary["headline"])
        return
    print(_test_error(summary))
    result = run.path / NAME
    for file in (run.recording, *sorted(run.figures.glob("*.png")), run.summary, result):
        if file.is_file():
            print(f"wrote {file}")


def _test_error(summary: dict[str, Any]) -> str:
    """Return the test error in one line; of replicas mean and standard deviation."""
    names = ("test_error_percent", "test_error_percent_summed")
    last, summed = (f"{summary[name]:.2f}" for name in names)
    shown = f"{summary['test_images']} images"
    if summary.get("n", 1) > 1:
        last, summed = (f"{summary[name]:.2f} ± {summary[f'sd_{name}']:.2f}" for name in names)
        shown += f"; mean ± sd of {summary['n']} replicas"
    return f"test error {last} % from the last step, {summed} % from all steps summed ({shown})"


def _list(given: argparse.Namespace) -> None:
    if given.what != "experiments":
        _list_classes(SEAMS[SAME_AS.get(given.what, given.what)])
        return
    from spikefa.runs.catalogue import experiment_names, summary_line

    for name in experiment_names():
        print(f"{name:24} {summary_line(name)}")
    print(f"\nwhat can be plugged in: {', '.join(f'spikefa list {kind}' for kind in SEAMS)}")


def _list_classes(seam: Seam) -> None:
    lines = describe(seam)
    width = max(len(name) for name, _ in lines)
    for name, text in lines:
        print(f"{name:{width}}  {text}")


def _fetch(given: argparse.Namespace) -> None:
    from spikefa.datasets import fetch

    print(fetch(given.dataset, given.data_dir))


def _inspect(given: argparse.Namespace) -> None:
    from spikefa.runs.inspection import inspect

    print(inspect(given.path))


def _repair(given: argparse.Namespace) -> None:
    from spikefa.recording import open_recording, repair

    done = repair(given.file, given.force)
    with open_recording(given.file) as recording:
        state = "repaired" if done else "nothing to repair in"
        print(f"{state} {given.file}: {len(recording.steps)} steps, {recording.status}")


def _raster(given: argparse.Namespace) -> None:
    from spikefa.runs.pictures import draw_raster

    names = None if given.population is None else given.population.split(",")
    out = draw_raster(given.path, names, given.units, given.steps, given.out, given.force)
    print(f"wrote {out}")


def _figure(given: argparse.Namespace) -> None:
    from spikefa.runs.catalogue import load_experiment
    from spikefa.runs.directory import RunDirectory

    run = RunDirectory.open(given.directory)
    for file in load_experiment(run.experiment).draw(run):
        print(f"wrote {file}")


def _report(given: argparse.Namespace) -> None:
    from spikefa.runs.pictures import draw_report

    print(f"wrote {draw_report(given.directory, given.out, given.force)}")


def _results(given: argparse.Namespace) -> None:
    from spikefa.runs.studies.page import add_run, write_page

    if given.add is not None:
        print(f"wrote {add_run(given.add, given.folder)}")
    print(f"wrote {write_page(given.folder)}")


def _bench(given: argparse.Namespace) -> None:
    from spikefa.bench.command import bench
    from spikefa.utils.devices import choose_device, enough_memory

    with enough_memory():
        bench(given.what, choose_device(given.device), given.batch_size, given.json)

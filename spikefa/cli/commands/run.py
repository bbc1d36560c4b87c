"""``spikefa run EXPERIMENT``: run an experiment and say what it wrote."""

import argparse
from pathlib import Path
from typing import Any

from spikefa.cli.run_sweep import SWEEP, sweep_from
from spikefa.cli.whole_table import whole_table
from spikefa.plugins.choices import files_of
from spikefa.plugins.user_code import blaming
from spikefa.runs.catalogue import description
from spikefa.runs.directory import RunDirectory
from spikefa.runs.loading import load_experiment
from spikefa.runs.over_ranks import on_ranks
from spikefa.runs.parsing import full_help, parse_settings
from spikefa.runs.settings import what_to_lower
from spikefa.runs.studies.file import NAME
from spikefa.utils.devices import enough_memory
from spikefa.utils.leaving import stop_in_order
from spikefa.utils.showing import showing


def execute(given: argparse.Namespace) -> None:
    """Run the experiment, or print its help."""
    experiment = load_experiment(given.experiment)
    name, options = experiment.name, given.options
    if any(word.partition("=")[0] == SWEEP for word in options):
        sweep_from(experiment, options)
        return
    if {"-h", "--help"} & set(options):
        print(full_help(name, experiment.settings, options, description(name)), end="")
        return
    asked = parse_settings(name, experiment.settings, whole_table(experiment, options))
    stop_in_order()
    lower, code = what_to_lower(asked.settings), files_of(asked.settings)
    with (
        showing(asked.progress),
        enough_memory(lower),
        blaming("the run", *code),
        on_ranks(experiment, asked.settings) as chosen,
    ):
        run = chosen.run(asked.settings, asked.out, asked.resume, figures=asked.figures)
        _print_outcome(run.path)


def _print_outcome(path: Path) -> None:
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
    if "test_error_percent" not in summary:
        return "test images were not looked at"
    names = ("test_error_percent", "test_error_percent_summed")
    last, summed = (f"{summary[name]:.2f}" for name in names)
    test = f"{summary['test_images']} images"
    if summary.get("n", 1) > 1:
        last, summed = (f"{summary[name]:.2f} ± {summary[f'sd_{name}']:.2f}" for name in names)
        test += f"; mean ± sd of {summary['n']} replicas"
    return f"test error {last} % from the last step, {summed} % from all steps summed ({test})"

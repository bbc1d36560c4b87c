"""What is done with a mutant of each kind: everything that the program does with such a file."""

import contextlib
import io
import json
import random
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import yaml

from spikefa import datasets
from spikefa.analysis.alignment_figure import alignment_figure
from spikefa.analysis.curves import learning_curve
from spikefa.analysis.receptive_fields import receptive_fields
from spikefa.cli import main
from spikefa.datasets.timit import timit_stops
from spikefa.errors import SpikefaError
from spikefa.runs.loading import load_experiment
from spikefa.runs.parsing import parse_settings
from spikefa.runs.studies.file import checksum
from tests.helpers.hostile import archives, text
from tests.helpers.hostile.originals import EXPERIMENT, SPLIT_FILES, STUDY, small_simulation
from tests.helpers.mutants import CLOSED, ORIGINALS, mutate, read_everything

SIMULATION = small_simulation()
fig4 = load_experiment(EXPERIMENT)
study = load_experiment(STUDY)


def run_command(*arguments: object) -> tuple[bool, list[str]]:
    """Run a command; return whether it refused, with one line and exit code 2, and its output."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([str(argument) for argument in arguments])
    told, lines = err.getvalue().split("\n")[:-1], out.getvalue().split("\n")
    assert code in (0, 2), (code, arguments)
    assert all(line.startswith("spikefa: ") for line in told), told
    errors = [line for line in told if not line.startswith("spikefa: warning: ")]
    assert len(errors) == (code == 2), told
    for line in (*told, *lines):
        assert line.isprintable(), repr(line)
    return code == 2, lines


def command(*arguments: object) -> bool:
    """Run a command; return whether it refused."""
    refused, _ = run_command(*arguments)
    return refused


def refuses(read: Callable[[], object]) -> bool:
    """Call a function; return whether it refused with one line."""
    try:
        read()
    except SpikefaError as error:
        message = str(error)
    else:
        return False
    assert "\n" not in message, message
    return True


def all_of(*answers: bool) -> bool:
    """Return whether any refused."""
    return any(answers)


def recording(chance: random.Random, folder: Path, scratch: Path) -> bool:
    number = chance.randrange(1 << 30)
    structured = chance.random() < 0.6
    number = number - number % 5 + (4 if structured else chance.randrange(4))
    original = folder / chance.choice(CLOSED if structured else ORIGINALS)
    mutant = scratch / "mutant.h5"
    mutate(number, original, mutant)
    if mutant.stat().st_size > 1 << 20:
        return True
    kind = chance.randrange(12)
    if kind == 0:
        return command("raster", mutant, "--out", scratch / f"x.{chance.choice(['png', 'svg'])}")
    if kind == 1:
        run = _run(folder, scratch, "config.yaml")
        shutil.copy(mutant, run / "recording.h5")
        return all_of(command("figure", run), command("inspect", run))
    if kind == 2:
        return command("repair", mutant, "--force")
    return all_of(command("inspect", mutant), refuses(lambda: read_everything(mutant)))


def checkpoint(chance: random.Random, folder: Path, scratch: Path) -> bool:
    mutant = scratch / "checkpoint.pt"
    mutant.write_bytes(archives.mutate_checkpoint(chance, (folder / mutant.name).read_bytes()))
    drawn = refuses(lambda: receptive_fields(mutant, shape=(3, 4)))
    return all_of(drawn, refuses(lambda: SIMULATION.restore(mutant)))


def _run(folder: Path, scratch: Path, *names: str) -> Path:
    """Return a copy of some files of the finished run."""
    run = scratch / "run"
    run.mkdir()
    for name in names:
        shutil.copy(folder / "run" / name, run / name)
    return run


def config(chance: random.Random, folder: Path, scratch: Path) -> bool:
    run = _run(folder, scratch, "config.yaml")
    run.joinpath("config.yaml").write_bytes(
        text.mutate_yaml(chance, run.joinpath("config.yaml").read_bytes())
    )
    arguments = ["--config", str(run / "config.yaml")]

    def settings() -> None:
        fig4.completed(parse_settings(fig4.name, fig4.settings, arguments).settings)

    with contextlib.redirect_stdout(io.StringIO()):
        refused = refuses(settings)
    looked = "report" if chance.random() < 0.1 else "inspect"
    return all_of(refused, command(looked, run))


def summary(chance: random.Random, folder: Path, scratch: Path) -> bool:
    run = _run(folder, scratch, "config.yaml", "summary.json")
    mutant = run / "summary.json"
    mutant.write_bytes(text.mutate_json(chance, mutant.read_bytes()))
    return all_of(command("inspect", run), command("report", run))


def metrics(chance: random.Random, folder: Path, scratch: Path) -> bool:
    run = _run(folder, scratch, "config.yaml", "metrics.csv")
    mutant = run / "metrics.csv"
    mutant.write_bytes(text.mutate_csv(chance, mutant.read_bytes()))
    if chance.random() < 0.1:
        return command("report", run)
    drawn = [refuses(partial(draw, mutant)) for draw in (learning_curve, alignment_figure)]
    return all_of(*drawn, command("inspect", run))


def result(chance: random.Random, folder: Path, scratch: Path) -> bool:
    run = scratch / "run"
    run.mkdir()
    (run / "figures").mkdir()
    target = json.loads((folder / "result.json").read_bytes())
    for name in target["figures"]:
        (run / "figures" / name).write_bytes(b"a picture")

    def seal(changed: dict) -> None:
        with contextlib.suppress(ValueError):
            changed["checksum"] = checksum(changed)

    content = (folder / "result.json").read_bytes()
    (run / "result.json").write_bytes(text.mutate_json(chance, content, seal))
    results = scratch / "results"
    results.mkdir()
    refused = command("results", "--add", run, "--folder", results)
    copied = {path.relative_to(results) for path in results.rglob("*") if path.is_file()}
    assert all(len(path.parts) == 2 for path in copied), copied
    return refused


def repeats(chance: random.Random, folder: Path, scratch: Path) -> bool:
    run = scratch / "run"
    shutil.copytree(folder / "study", run)
    mutant = run / "repeats" / "seed1.npz"
    mutant.write_bytes(archives.mutate_npz(chance, mutant.read_bytes()))
    return command("figure", run)


def idx(chance: random.Random, folder: Path, scratch: Path) -> bool:
    for name in SPLIT_FILES:
        shutil.copy(folder / "mnist" / name, scratch / name)
    names = sorted(SPLIT_FILES)
    mutant = scratch / chance.choice(names)
    if mutant.suffix and chance.random() < 0.05:
        shutil.copy(folder / "bomb.gz", mutant)
    else:
        mutant.write_bytes(archives.mutate_idx(chance, mutant.read_bytes()))
    return refuses(lambda: datasets.load("mnist", scratch))


def npz(chance: random.Random, folder: Path, scratch: Path) -> bool:
    mutant = scratch / "stops.npz"
    mutant.write_bytes(archives.mutate_npz(chance, (folder / "stops.npz").read_bytes()))
    return refuses(lambda: timit_stops(scratch))


def rule(chance: random.Random, folder: Path, scratch: Path) -> bool:
    """A path of a rule: nothing of it runs before it is told."""
    part = ["mine", "spikefa", "é", "..", ".", "\n", "\x1b[2J", "d", "\u202e", "", "x" * 300, " "]
    part += ["plasticity", "__main__", "\ud800"]
    joints = ["/", ".", ":", ".py:", ".py", "\\", "::"]
    pieces = [chance.choice([*part, *joints]) for _ in range(chance.choice([1, 2, 3, 5]))]
    name = "".join(pieces) + chance.choice(["", ":X", ".X", ".py:X", ".py:X.Y", ".py"])
    with contextlib.chdir(scratch):
        file = name.rpartition(":")[0] or name
        with contextlib.suppress(OSError, ValueError):
            Path(file).parent.mkdir(parents=True, exist_ok=True)
            Path(file).write_text("print('IMPORTED')\nclass X:\n    class Y: pass\n")
        sys.path.insert(0, str(scratch))
        Path("c.yaml").write_text(yaml.safe_dump({"rule": {"class": name}}))
        ways = [[f"--rule={name}"], ["--config", "c.yaml", "--trust"], ["--config", "c.yaml"]]
        refused, lines = run_command("run", EXPERIMENT, "--epochs", "1", *chance.choice(ways))
        if "IMPORTED" in lines:
            assert lines[0].startswith("running "), lines
        assert refused, "X is no rule"
        return refused


KINDS: dict[str, Callable[[random.Random, Path, Path], bool]] = {
    each.__name__: each
    for each in (
        *(recording, checkpoint, config, summary, metrics, result, repeats, idx, npz, rule),
    )
}

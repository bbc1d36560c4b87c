"""From settings to a run directory with numbers, a verdict and a picture."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spikefa.errors import require
from spikefa.runs.results.findings import Findings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from spikefa.runs.results.repeats import Once, Together
    from spikefa.runs.directory import RunDirectory

MAY_CHANGE_ON_RESUME = ("repeats", "processes", "quick")
REPEATS = "how often, with seeds 0, 1, 2 and so on"
PROCESSES = "runs side by side, one thread each"
QUICK = "a shorter version, under a minute, that still shows the effect"
"""Texts of the options that the settings of every study have."""


@dataclass(frozen=True)
class Study:
    """An experiment that is repeated over seeds, judged and drawn.

    Its settings have the fields ``repeats``, ``processes`` and ``quick``, and ``device`` if it can
    run elsewhere than on the CPU.

    Attributes
    ----------
    id : str
        Of the paper's figure or table, as in the list of targets: ``L16.fig2``.
    experiment : str
        Its name on the command line: ``lillicrap2016.fig2``.
    once : callable
        One run: settings and seed to numbers and arrays by name.
    judge : callable
        Settings and all runs, stacked, to `Findings`.
    picture : callable
        Settings and all runs to a matplotlib `Figure`.
    quick : mapping of str to value
        Settings of the quick version; those given on the command line win.
    together : callable, optional
        All runs side by side, as replicas of one network: settings and seeds to what `once` returns
        for each of them.
    """

    id: str
    experiment: str
    once: "Once"
    judge: "Callable[[Any, Any], Findings]"
    picture: "Callable[[Any, Any], Figure]"
    quick: Mapping[str, Any]
    together: "Together | None" = None

    def run(self, settings: Any, out: Path | None, resume: Path | None) -> "RunDirectory":
        """Run what is left to run, judge it, write the result and draw the picture.

        Parameters
        ----------
        settings
            The experiment's `Settings`.
        out : Path, optional
            Folder to make; default ``runs/<experiment>``.
        resume : Path, optional
            Folder of a run to go on with: seeds whose file is there are not repeated.
        """
        from spikefa.runs.directory import RunDirectory

        settings = self._settled(settings)
        suffix = "-quick" if settings.quick else ""
        folder = out or Path("runs") / f"{self.experiment}{suffix}"
        directory = RunDirectory(resume) if resume else RunDirectory.create(folder)
        directory.write_config(self.experiment, asdict(settings))
        repeats = directory.path / "repeats"
        repeats.mkdir(exist_ok=True)
        self._repeat(settings, repeats)
        figures = self._draw(directory, settings)
        self._conclude(directory, settings, figures)
        return directory

    def draw(self, directory: "RunDirectory") -> list[Path]:
        """Draw the picture of a run again, from the files of its repeats."""
        return self._draw(directory, _stored_settings(self, directory))

    def _settled(self, settings: Any) -> Any:
        require(settings.repeats >= 1, f"repeats must be at least 1, {settings.repeats} given")
        require(
            settings.processes >= 1, f"processes must be at least 1, {settings.processes} given"
        )
        _device(settings)  # says at once if it is not there
        if not settings.quick:
            return settings
        defaults = {item.name: item.default for item in fields(settings)}
        free = {
            name: value
            for name, value in self.quick.items()
            if getattr(settings, name) == defaults[name]
        }
        return replace(settings, **free)

    def _repeat(self, settings: Any, folder: Path) -> None:
        """Run what has no file in `folder` yet."""
        from spikefa.runs.results.repeats import repeat

        seeds = range(settings.repeats)
        repeat(self.once, settings, seeds, folder, settings.processes, together=self.together)

    def _draw(self, directory: "RunDirectory", settings: Any) -> list[Path]:
        from spikefa.analysis.saving import save_figure

        path = directory.figures / f"{self.experiment.split('.')[1]}.png"
        save_figure(self.picture(settings, self._runs(directory, settings)), path)
        return [path]

    def _runs(self, directory: "RunDirectory", settings: Any) -> Any:
        """Return what `judge` and `picture` are given."""
        from spikefa.runs.results.repeats import load_runs

        return load_runs(directory.path / "repeats", range(settings.repeats))

    def _seconds(self, runs: Any) -> float:
        """Return the seconds of all runs together."""
        from spikefa.runs.results.repeats import SECONDS

        return float(runs[SECONDS].sum())

    def _commits(self, runs: Any) -> set[str]:
        """Return the commits that computed the runs, see `code_version`."""
        from spikefa.runs.results.repeats import COMMIT

        return set(runs[COMMIT].tolist())

    def _told(self, settings: Any, runs: Any) -> dict[str, Any]:
        """Return the settings as the result file tells them."""
        return asdict(settings)

    def _conclude(self, directory: "RunDirectory", settings: Any, figures: list[Path]) -> None:
        from spikefa.runs.provenance import provenance
        from spikefa.runs.results.file import NAME, write_result

        runs = self._runs(directory, settings)
        findings = self.judge(settings, runs)
        origin = provenance(_device(settings))
        result = {
            "id": self.id,
            "experiment": self.experiment,
            "quick": settings.quick,
            "settings": self._told(settings, runs),
            "n": settings.repeats,
            "quantities": [quantity.as_record() for quantity in findings.quantities],
            "claims": [claim.as_record() for claim in findings.claims],
            "figures": [path.name for path in figures],
            "seconds": round(self._seconds(runs), 1),
            "computed_by": sorted(self._commits(runs)),
            **origin,
        }
        write_result(directory.path / NAME, result)
        held = sum(claim.holds for claim in findings.claims)
        lines = [
            f"{claim.text}: {_verdict(claim.holds)} ({claim.evidence})" for claim in findings.claims
        ]
        lines += [f"{held} of {len(findings.claims)} claims hold, n = {settings.repeats}"]
        lines += [f"wrote {path}" for path in (*figures, directory.path / NAME)]
        headline = "\n".join(lines)
        directory.write_summary({"experiment": self.experiment, "headline": headline, **origin})


def _device(settings: Any) -> str:
    """Return the device of the settings, if they have one; else the CPU."""
    from spikefa.utils.devices import choose_device

    return str(choose_device(getattr(settings, "device", "cpu")))


def _verdict(holds: bool) -> str:
    return "yes" if holds else "NO"


def _stored_settings(study: Study, directory: "RunDirectory") -> Any:
    from spikefa.runs.experiment import load_experiment, parse_settings

    module = load_experiment(study.experiment)
    arguments = ["--config", str(directory.config)]
    return parse_settings(study.experiment, module, arguments)[0]

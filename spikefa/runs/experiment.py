"""An experiment: a figure or table of a paper, as a value that can be run, resumed and drawn."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from spikefa.errors import SpikefaError
from spikefa.runs.directory import RunDirectory
from spikefa.runs.parsing import read_settings
from spikefa.runs.settings import Repeated

Compute = Callable[[RunDirectory], None]
"""Computes what a run has not computed yet, and writes it into the folder of the run."""


def _unchanged(settings: Any) -> Any:
    return settings


@dataclass(frozen=True)
class Experiment(ABC):
    """What can be run under one name on the command line.

    Each module of `spikefa.experiments` holds one as ``EXPERIMENT``. It needs no registration.

    Attributes
    ----------
    name : str
        On the command line: ``lillicrap2016.fig4``, for the module of that name.
    settings : type
        The dataclass of its settings, see `spikefa.runs.settings`.
    quick : mapping of str to value, optional
        Settings of the quick version, ``--quick``; those given on the command line win.
    complete : callable, optional
        Returns settings in which nothing is left open, or raises a `SpikefaError` if they cannot
        be used.
    may_change : tuple of str, optional
        Settings that may differ when a run is resumed: its length, and what does not change its
        result.
    """

    name: str
    settings: type[Any]
    _: KW_ONLY
    quick: Mapping[str, Any] = field(default_factory=dict)
    complete: Callable[[Any], Any] = _unchanged
    may_change: tuple[str, ...] = ()

    @abstractmethod
    def prepare(self, settings: Any, resumed: RunDirectory | None) -> Compute:
        """Return what computes the run; raise before a folder is made if it cannot be run."""

    @abstractmethod
    def draw_figures(self, settings: Any, directory: RunDirectory) -> list[Path]:
        """Draw the figures from the files of a run, and return their paths."""

    @abstractmethod
    def conclude(self, settings: Any, directory: RunDirectory, figures: Sequence[Path]) -> None:
        """Write the summary, and the result if the list of targets has it."""

    def completed(self, settings: Any) -> Any:
        """Return the settings as they are used and written to the run.

        Raises
        ------
        SpikefaError
            If a setting is out of range.
        """
        if isinstance(settings, Repeated):
            settings.check()
            settings = self._shortened(settings)
        return self.complete(settings)

    def folder(self, settings: Any) -> str:
        """Return the name of the run's folder in ``runs``, by default."""
        return self.name

    def run(
        self, settings: Any = None, out: Path | None = None, resume: Path | None = None
    ) -> RunDirectory:
        """Compute, draw and conclude.

        Parameters
        ----------
        settings : optional
            Of type `settings`; default: those without any option.
        out : Path, optional
            Folder to make; default: a folder in ``runs`` with the name of the experiment.
        resume : Path, optional
            Folder of a run to continue instead.

        Raises
        ------
        SpikefaError
            If a setting is out of range, the folder holds a run, or the run to resume had another
            setting.
        """
        settings = self.completed(self.settings() if settings is None else settings)
        resumed = None if resume is None else RunDirectory.open(resume)
        if resumed is not None:
            self._check_unchanged(settings, resumed)
        compute = self.prepare(settings, resumed)
        directory = resumed or RunDirectory.create(out or Path("runs") / self.folder(settings))
        directory.write_config(self.name, asdict(settings))
        compute(directory)
        self.conclude(settings, directory, self.draw_figures(settings, directory))
        return directory

    def draw(self, directory: RunDirectory) -> list[Path]:
        """Draw the figures of a run again, from its files."""
        return self.draw_figures(read_settings(self.name, self.settings, directory), directory)

    def _shortened(self, settings: Repeated) -> Repeated:
        """Return the settings of the quick version where the defaults were not changed."""
        if not settings.quick:
            return settings
        defaults = {item.name: item.default for item in fields(settings)}
        free = {
            name: value
            for name, value in self.quick.items()
            if getattr(settings, name) == defaults[name]
        }
        return replace(settings, **free)

    def _check_unchanged(self, settings: Any, resumed: RunDirectory) -> None:
        before = self.completed(read_settings(self.name, self.settings, resumed))
        for key, value in asdict(before).items():
            now = getattr(settings, key)
            if key not in self.may_change and value != now:
                raise SpikefaError(
                    f"the run in {resumed.path} has --{key.replace('_', '-')} {value}, "
                    f"{now} given: leave it out, or start a new run"
                )

"""An experiment: a figure or table of a paper that can be run, resumed and drawn."""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import KW_ONLY, asdict, dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from spikefa.datasets import Dataset, Images
from spikefa.distributed import Ranks
from spikefa.errors import SpikefaError
from spikefa.network.network import Network
from spikefa.plugins.choices import named_code
from spikefa.plugins.trust import seal
from spikefa.runs.data import moved, placed_data
from spikefa.runs.directory import RunDirectory
from spikefa.runs.lock import locked
from spikefa.runs.options import bounds
from spikefa.runs.parsing import read_settings
from spikefa.runs.settings import Repeated
from spikefa.runs.stopping import stoppable
from spikefa.runs.threads import threads_of, threads_of_resumed
from spikefa.stimulus.images import ImageStimulus
from spikefa.utils.scalars import plain
from spikefa.utils.threads import Threads, cores, on_threads

Compute = Callable[[RunDirectory], None]
"""Computes the missing results of a run and writes them to its folder."""


def share_of_cores(ranks: int) -> Threads:
    """Return the number for each of several processes that share this machine."""
    here = int(os.environ.get("LOCAL_WORLD_SIZE", str(ranks)))
    return Threads(max(1, cores() // here), f"{here} ranks share {cores()} cores")


def one_thread() -> Threads:
    """Return the number for runs that are faster side by side than on more threads."""
    return Threads(1, "--processes makes runs side by side")


@dataclass(frozen=True)
class Prepared:
    """A run that can begin.

    Attributes
    ----------
    compute : callable
    threads : callable, optional
        Chooses the number of threads, if neither the user nor the run to resume has one.
    """

    compute: Compute
    threads: Callable[[], Threads] = one_thread


def _unchanged(settings: Any) -> Any:
    return settings


@contextmanager
def _new(directory: RunDirectory) -> Iterator[None]:
    """Lock a new folder for a block, and remove it if nothing has begun there."""
    try:
        with locked(directory.path):
            directory.claim()
            with directory.emptied_if_refused():
                yield
    except (SpikefaError, KeyboardInterrupt):
        if not directory.config.exists():
            for folder in (directory.figures, directory.path):
                with suppress(OSError):  # it is not empty
                    folder.rmdir()
        raise


@dataclass(frozen=True)
class Experiment(ABC):
    """An experiment that can be run by name from the command line.

    Each module of `spikefa.experiments` defines one as ``EXPERIMENT``. No registration is needed.

    Attributes
    ----------
    name : str
        Name on the command line, such as ``lillicrap2016.fig4`` for the module of that name.
    settings : type
        The dataclass of its settings, see `spikefa.runs.settings`.
    quick : mapping of str to value, optional
        Settings of the quick version, ``--quick``; the command line overrides them.
    complete : callable, optional
        Returns complete settings, or raises a `SpikefaError` if they cannot be used.
    may_change : tuple of str, optional
        Settings that may change when a run is resumed: its length, and settings that do not affect
        its result.
    data : callable, optional
        Returns the data that the settings name, which a resumed run must share, see `keep_data`.
    ranks : Ranks, optional
        The processes that run one network together, of which the first writes the files.
    between_epochs : callable, optional
        Called with the folder of a run after each of its epochs but the last, when its metrics are
        written and it can be resumed. What it raises ends the run. Experiments without epochs never
        call it.
    """

    name: str
    settings: type[Any]
    _: KW_ONLY
    quick: Mapping[str, Any] = field(default_factory=dict)
    complete: Callable[[Any], Any] = _unchanged
    may_change: tuple[str, ...] = ()
    data: Callable[[Any], object] | None = None
    ranks: Ranks | None = None
    between_epochs: Callable[[RunDirectory], None] | None = None

    @abstractmethod
    def prepare(self, settings: Any, resumed: RunDirectory | None) -> Prepared:
        """Return what computes the run; errors raised here precede any new folder."""

    @abstractmethod
    def draw_figures(self, settings: Any, directory: RunDirectory) -> list[Path]:
        """Draw the figures from the files of a run and return their paths."""

    @abstractmethod
    def conclude(self, settings: Any, directory: RunDirectory, figures: Sequence[Path]) -> None:
        """Write the summary and, if the list of targets includes it, the result."""

    def network(self, settings: Any, n_inputs: int) -> Network:
        """Return the network that a run with these settings trains, for so many inputs.

        Raises
        ------
        SpikefaError
            If it trains many, which it does not keep: most experiments do.
        """
        raise SpikefaError(
            f"a run of {self.name} keeps no trained network: give one that does, such as a run of "
            "lillicrap2016.fig4"
        )

    def widest(self, settings: Any) -> int | None:
        """Return how many neurons the widest layer of a run with these complete settings has.

        None if the run cannot train replicas side by side: most experiments cannot by themselves.
        """
        return None

    def splits(self, settings: Any, data: Dataset) -> Dataset:
        """Return the images that the settings choose from a data set; by default all."""
        return data

    def tested(self, settings: Any, images: Images) -> ImageStimulus:
        """Return how a trained network is shown images; by default as long as in training."""
        return ImageStimulus(images, steps=settings.steps_per_image)

    def completed(self, settings: Any) -> Any:
        """Return the complete settings, as the run uses and stores them.

        Raises
        ------
        SpikefaError
            If a setting is out of range.
        """
        settings = replace(
            settings,
            **plain({each.name: getattr(settings, each.name) for each in fields(settings)}),
        )
        if isinstance(settings, Repeated):
            settings = self._shortened(settings)
        return self.complete(placed_data(settings))

    def folder(self, settings: Any) -> str:
        """Return the default name of the run's folder in ``runs``."""
        return self.name

    def run(
        self,
        settings: Any = None,
        out: Path | None = None,
        resume: Path | None = None,
        *,
        figures: bool = True,
    ) -> RunDirectory:
        """Compute the run, draw its figures and write its results.

        Parameters
        ----------
        settings : optional
            An instance of the class `settings`; the default settings if not given.
        out : Path, optional
            Folder to create; by default a folder in ``runs`` with the name of the experiment.
        resume : Path, optional
            Folder of a run to continue, instead of starting a new one.
        figures : bool, default True
            Whether the figures are drawn; `draw` draws them later.

        Raises
        ------
        SpikefaError
            If a setting is out of range, the folder already holds a run, another process is running
            in it, the run to resume has different settings, or there is too little memory.
        Stopped
            On Ctrl-C; the message says how to go on, or that nothing was begun.
        """
        with stoppable(self.name):
            settings = self.completed(self.settings() if settings is None else settings)
        if self.ranks is not None and self.ranks.rank > 0:
            return self._assist(settings, out or Path("runs") / self.folder(settings), resume)
        if resume is None:
            return self._start(settings, out or Path("runs") / self.folder(settings), figures)
        directory = RunDirectory.open(resume)
        with stoppable(self.name, directory), locked(directory.path):
            before = self._unchanged(settings, directory).threads
            prepared = self.prepare(settings, directory)
            choose = self._threads(prepared)
            threads = threads_of_resumed(settings, before, directory.path, choose)
            self._finish(settings, prepared, threads, figures, directory)
        return directory

    def _assist(self, settings: Any, out: Path, resume: Path | None) -> RunDirectory:
        """Take part in a run whose files, but for the own recording, the first rank writes."""
        assert self.ranks is not None
        main = RunDirectory(out) if resume is None else RunDirectory.open(resume)
        with stoppable(self.name, main), TemporaryDirectory() as elsewhere:
            prepared = self.prepare(settings, None if resume is None else main)
            number = settings.threads or share_of_cores(self.ranks.size).number
            with on_threads(number):
                prepared.compute(main.written_elsewhere(Path(elsewhere)))
        return main

    def _threads(self, prepared: Prepared) -> Callable[[], Threads]:
        """Return what chooses threads: no trial over ranks, which share the cores."""
        ranks = self.ranks
        return prepared.threads if ranks is None else partial(share_of_cores, ranks.size)

    def _start(self, settings: Any, out: Path, figures: bool) -> RunDirectory:
        """Compute a new run; if it is refused before its first result, no folder is left."""
        with stoppable(self.name):
            prepared = self.prepare(settings, None)
            threads = threads_of(settings, self._threads(prepared))
        with stoppable(self.name, RunDirectory(out)):
            directory = RunDirectory.create(out)
            with _new(directory):
                self._finish(settings, prepared, threads, figures, directory)
        return directory

    def _finish(
        self,
        settings: Any,
        prepared: Prepared,
        threads: Threads,
        figures: bool,
        directory: RunDirectory,
    ) -> None:
        directory.clear()
        settings = replace(settings, threads=threads.number)
        directory.write_config(self.name, asdict(settings))
        seal(named_code(settings), directory.path)
        if threads.reason:
            print(f"threads {threads.number}: {threads.reason}", flush=True)
        with on_threads(threads.number):
            prepared.compute(directory)
            drawn = self.draw_figures(settings, directory) if figures else []
            self.conclude(settings, directory, drawn)

    def draw(self, directory: RunDirectory) -> list[Path]:
        """Redraw the figures of a run from its files."""
        return self.draw_figures(read_settings(self.name, self.settings, directory), directory)

    def _shortened(self, settings: Repeated) -> Repeated:
        """Return the settings with unchanged defaults replaced by those of the quick version."""
        if not settings.quick:
            return settings
        defaults = {item.name: item.default for item in fields(settings)}
        free = {
            name: value
            for name, value in self.quick.items()
            if getattr(settings, name) == defaults[name]
        }
        return replace(settings, **free)

    def _unchanged(self, settings: Any, resumed: RunDirectory) -> Any:
        """Return the settings that a run began with, after a check that no others are given."""
        before = self.completed(read_settings(self.name, self.settings, resumed))
        for key, value in asdict(before).items():
            now = getattr(settings, key)
            free = (*self.may_change, *bounds(before), "threads")
            if key not in free and value != now and not moved(value, now):
                raise SpikefaError(
                    f"the run in {resumed.path} has --{key.replace('_', '-')} {value}, "
                    f"{now} given: leave it out, or start a new run"
                )
        return before

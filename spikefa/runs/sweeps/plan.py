"""The plan of a sweep: an experiment, its fixed settings, and those that vary."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml

from spikefa.errors import require, require_there
from spikefa.runs.sweeps.values import Bounds, argument, listed, sought
from spikefa.utils.checking import check_fields, check_one_of
from spikefa.utils.files import read_text, written_whole
from spikefa.utils.numbers import shown
from spikefa.utils.printable import one_line
from spikefa.utils.ranges import Range, Seed
from spikefa.utils.suggesting import did_you_mean
from spikefa.utils.yaml_text import parse_named

NAME = "plan.yaml"
SEED = "seed"
MOST_RUNS = 10_000
Runs = Annotated[int, Range(1, MOST_RUNS)]
Sampler = Literal["tpe", "random"]
Pruner = Literal["none", "median", "percentile", "halving", "hyperband", "threshold"]
KEYS = (
    "experiment settings grid search trials sampler objective sampler_seed pruner pruner_options "
    "replicas"
).split()
AUTO = "auto"
LONGER = ("grid", "trials")
"""What an extended plan may have more of."""
OBJECTIVE = "validation_error_percent"
EPOCHS = "epochs"

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Plan:
    """What a sweep runs: every combination of the grid and, in each, the trials of a search.

    Parameters
    ----------
    experiment : str
        Such as lillicrap2016.fig4.
    settings : mapping, optional
        Settings of all runs.
    grid : mapping of str to values, optional
        The values of each setting: a list, or ``0..4``.
    search : mapping of str to bounds or values, optional
        Settings that a search varies: ``{low: 1e-4, high: 1e-1, log: true}``, or a list. The search
        is repeated, with as many trials, for each combination of the grid without its seeds; every
        trial is run with all of these.
    trials : int, optional
        Trials of each search.
    sampler : {"tpe", "random"}, default "tpe"
        How a search goes on, by Optuna: from what it has found (a tree of Parzen estimators), or at
        random.
    objective : str, default "validation_error_percent"
        What a search makes small: a number of the summary of a run, its mean over the seeds.
    sampler_seed : int, default 0
        Seed of the sampler.
    pruner : {"none", "median", "percentile", "halving", "hyperband", "threshold"}, default "none"
        Which trials a search ends early, by Optuna. The seeds of a trial are then run in order.
    pruner_options : mapping, optional
        Arguments of the pruner, as Optuna names them, such as ``{n_startup_trials: 3}``.
    replicas : bool or "auto", default False
        Whether the seeds of the grid, which must be consecutive, are run side by side as replicas
        of one network; auto: where that is faster, which is chosen when the sweep begins.

    Raises
    ------
    SpikefaError
        If something is missing or has a form that is not as above.
    """

    experiment: str
    settings: Values = field(default_factory=dict)
    grid: Mapping[str, list[Any]] = field(default_factory=dict)
    search: Mapping[str, Bounds | list[Any]] = field(default_factory=dict)
    trials: Runs | None = None
    sampler: Sampler = "tpe"
    objective: str = OBJECTIVE
    sampler_seed: Seed = 0
    pruner: Pruner = "none"
    pruner_options: Values = field(default_factory=dict)
    replicas: bool | Literal["auto"] = False

    def __post_init__(self) -> None:
        check_fields(self)
        for what in ("experiment", "objective"):
            given = getattr(self, what)
            require(isinstance(given, str), f"{what} of the plan is {shown(given)}: give a name")
        for what in ("settings", "grid", "search", "pruner_options"):
            given = getattr(self, what)
            require(
                isinstance(given, Mapping) and all(isinstance(name, str) for name in given),
                f"{what} of the plan are {shown(given)}: give names of settings and their values",
            )
        object.__setattr__(self, "grid", {n: listed(n, each) for n, each in self.grid.items()})
        object.__setattr__(self, "search", {n: sought(n, each) for n, each in self.search.items()})
        check_one_of("sampler", self.sampler, get_args(Sampler))
        check_one_of("pruner", self.pruner, get_args(Pruner))
        self._check_budget()
        self._check_pruner()
        self._check_replicas()
        names = [*self.settings, *self.grid, *self.search]
        twice = {name for name in names if names.count(name) > 1}
        require(
            not twice,
            f"{one_line(', '.join(sorted(twice)))} is in two places of the plan: leave it in one "
            "of settings, grid and search",
        )

    def _check_budget(self) -> None:
        require(bool(self.grid or self.search), "the plan varies nothing: give grid or search")
        require(
            bool(self.search) == (self.trials is not None),
            "a search needs trials, and trials need a search: give both, or neither",
        )
        require(
            self.runs <= MOST_RUNS,
            f"the plan has {self.runs:,} runs: give one with {MOST_RUNS:,} at most",
        )

    def _check_pruner(self) -> None:
        require(
            self.prunes or not self.pruner_options,
            "pruner_options are of no use without a pruner: give pruner, such as median",
        )
        require(
            not self.prunes or bool(self.search),
            f"the pruner {self.pruner} ends trials of a search, and the plan has none: give search "
            "and trials, or leave it out",
        )
        require(
            not self.prunes or EPOCHS not in self.search,
            f"the pruner {self.pruner} compares trials after as many {EPOCHS}, which the search "
            f"varies: put {EPOCHS} among the settings or in the grid",
        )

    def _check_replicas(self) -> None:
        require(
            isinstance(self.replicas, bool) or self.replicas == AUTO,
            f"replicas is {shown(self.replicas)}: give true, false or auto",
        )
        require(
            self.replicas is not True or self.has_consecutive_seeds,
            "replicas are consecutive seeds side by side: give some in the grid, such as "
            "seed: 0..4",
        )

    @classmethod
    def read(cls, path: Path) -> "Plan":
        """Read the plan in a YAML file.

        Raises
        ------
        SpikefaError
            If there is no such file, or it holds no plan.
        """
        require_there(path.is_file(), f"there is no plan {path}")
        found = parse_named(read_text(path), path)
        for name in found:
            require(
                name in KEYS,
                f"{path} has {one_line(name)!r}{did_you_mean(name, KEYS)}: a plan has "
                f"{', '.join(KEYS)}",
            )
        given = {name: value for name, value in found.items() if value is not None}
        require("experiment" in given, f"{path} names no experiment: experiment: NAME")
        return cls(**given)

    def write(self, folder: Path) -> None:
        """Write the plan into the folder of its sweep."""
        described = {name: value for name, value in self.describe().items() if value != {}}
        with written_whole(folder / NAME) as temporary:
            text = yaml.safe_dump(described, sort_keys=False)
            temporary.write_text(f"# spikefa sweep {NAME}\n{text}", encoding="utf-8")

    def describe(self) -> dict[str, Any]:
        """Return everything as plain data."""
        found = asdict(self)
        found["search"] = {
            name: asdict(each) if isinstance(each, Bounds) else list(each)
            for name, each in self.search.items()
        }
        return found

    @property
    def has_consecutive_seeds(self) -> bool:
        """Whether the grid has several seeds, which follow each other."""
        seeds = self.grid.get(SEED, [])
        whole = all(isinstance(seed, int) for seed in seeds)
        return whole and len(seeds) > 1 and seeds == list(range(seeds[0], seeds[-1] + 1))

    @property
    def seeding(self) -> list[dict[str, Any]]:
        """The settings of seed with which everything else is run; [{}] if the grid has none."""
        seeds = self.grid.get(SEED)
        if seeds is None:
            return [{}]
        if self.replicas is True:
            return [{SEED: seeds[0], "replicas": len(seeds)}]
        return [{SEED: seed} for seed in seeds]

    @property
    def prunes(self) -> bool:
        """Whether bad trials end early."""
        return self.pruner != "none"

    @property
    def varied(self) -> list[str]:
        """The names of all settings that vary."""
        return [*self.grid, *self.search]

    @property
    def runs(self) -> int:
        """How many runs the plan has."""
        count = (self.trials or 1) * len(self.seeding)
        for name, values in self.grid.items():
            count *= 1 if name == SEED else len(values)
        return count

    def cells(self) -> Iterator[dict[str, Any]]:
        """Yield the combinations of the grid without its seeds."""
        names = [name for name in self.grid if name != SEED]
        for values in product(*(self.grid[name] for name in names)):
            yield dict(zip(names, values, strict=True))

    def arguments(self, values: Values) -> list[str]:
        """Return the options of ``spikefa run`` for the settings of one run."""
        return [argument(name, value) for name, value in {**self.settings, **values}.items()]

    def extends(self, other: "Plan") -> list[str]:
        """Return in what this plan is no extension of another, by name; empty if it is one.

        An extended plan has more values in its grid, or more trials. The seeds of trials that have
        been judged, and those of replicas, must stay.
        """
        own, others = self.describe(), other.describe()
        wrong = [name for name in KEYS if name not in LONGER and own[name] != others[name]]
        if list(self.grid) != list(other.grid) or any(
            value not in self.grid[name] for name, each in other.grid.items() for value in each
        ):
            wrong.append("grid")
        elif (self.search or self.replicas) and self.seeding != other.seeding:
            wrong.append("seeds")
        if (self.trials or 0) < (other.trials or 0):
            wrong.append("trials")
        return wrong

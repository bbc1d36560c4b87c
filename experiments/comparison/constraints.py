"""What constraints of brains and chips cost: few bits, missing synapses, Dale's law, rare spikes.

The network of Lillicrap et al. 2016, figure 4, made small, learns the digits by feedback alignment
and by direct feedback alignment, under one constraint after the other, and under several at once.
First weights without a constraint, images and spikes are the same for all. Nothing else was tuned.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import spikefa as sf
from spikefa.analysis.spacing import legend_above
from spikefa.analysis.style import ACCENT, BLUE
from spikefa.feedback import FeedbackCircuit
from spikefa.runs.options import bound, option
from spikefa.runs.settings import REPEATS, Repeated, dataset_option
from spikefa.runs.studies import Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.claims import full_version
from spikefa.runs.studies.drawing import name_axes, panels
from spikefa.utils.devices import choose_device
from spikefa.utils.ranges import Batch, Count, Epochs, Few, PositiveScale, Rate, Size

CIRCUITS: dict[str, Callable[..., FeedbackCircuit]] = {"FA": sf.FA, "DFA": sf.DFA}


@dataclass(frozen=True)
class Condition:
    """What a network is trained under.

    Attributes
    ----------
    synapses : mapping
        Arguments of `Constrained`.
    refractory : int
        Steps for which every neuron rests after a spike.
    rate : float, optional
        The mean rate that hidden neurons aim at.
    """

    synapses: Mapping[str, Any] = field(default_factory=dict)
    refractory: int = 0
    rate: float | None = None


def _synapses(each: Mapping[str, Mapping[str, Any]]) -> dict[str, Condition]:
    """Return conditions for synapses, by what is written below them."""
    return {label: Condition(given) for label, given in each.items()}


AIMED = "rate aimed at, hidden"
BITS = (1, 2, 3, 4, 6, 8)
PANELS: dict[str, dict[str, Condition]] = {
    "bits, stochastic rounding": _synapses({f"{b}": {"bits": b} for b in BITS}),
    "bits, rounding to nearest": _synapses(
        {f"{b}": {"bits": b, "rounding": "nearest"} for b in BITS}
    ),
    "missing synapses": _synapses({f"{s:.0%}": {"sparsity": s} for s in (0.25, 0.5, 0.75, 0.9)}),
    "failing synapses": _synapses({f"{p:.0%}": {"failure": p} for p in (0.1, 0.25, 0.5)}),
    "mismatch of weights": _synapses({f"{d:.0%}": {"mismatch": d} for d in (0.2, 0.5, 1.0)}),
    "several constraints": _synapses(
        {
            "Dale": {"excitatory": 0.8},
            "Dale, input": {"excitatory": 0.8, "input_signs": "mixed"},
            "brain": {"excitatory": 0.8, "sparsity": 0.5, "failure": 0.25},
            "chip": {"bits": 4, "sparsity": 0.25, "mismatch": 0.2},
        }
    ),
    "refractory period, steps": {f"{r}": Condition(refractory=r) for r in (1, 2, 4)},
    AIMED: {f"{rate:.0%}": Condition(rate=rate) for rate in (0.02, 0.05, 0.1, 0.2, 0.3)},
}
"""The constraints in each panel, by what is written below them."""
FREE = ("none", "")
CONDITIONS: dict[tuple[str, str], Condition] = {FREE: Condition()} | {
    (panel, label): each for panel, own in PANELS.items() for label, each in own.items()
}
CHANCE = 90
"""Error in percent."""
WARMUP_EPOCHS = 1.2


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """Everything that the result depends on."""

    dataset: str = dataset_option("digits")
    train_images: Count | None = option(None, "use only the first K training images")
    epochs: Epochs = option(8, "epochs of training")
    hidden: Size = option(100, "neurons of each of two hidden populations")
    outputs: Size = option(50, "output neurons")
    batch_size: Batch = option(100, "independent streams; updates are summed over them")
    learning_rate: Rate = option(2e-2, "eta, three times that for the synapses from the input")
    feedback_scale: PositiveScale = option(0.5, "half-range of B")
    limit: PositiveScale = option(1.0, "the largest weight that bits can store")
    repeats: Few = option(3, REPEATS)
    cheap: PositiveScale = bound(
        5.0, "percentage points of error that a cheap constraint costs, at most"
    )
    near_chance: PositiveScale = bound(
        10.0, "percentage points below chance of what learns nothing, at most"
    )


def network(
    settings: Settings, circuit: str, given: Condition, n_inputs: int, replicas: int
) -> sf.Network:
    """Return the networks of some seeds under one constraint, side by side."""
    sizes = {"hidden1": settings.hidden, "hidden2": settings.hidden, "output": settings.outputs}
    limit: Mapping[str, Any] = {"limit": settings.limit} if "bits" in given.synapses else {}
    return sf.Network(
        n_inputs,
        {name: _population(given, size) for name, size in sizes.items()},
        CIRCUITS[circuit](scale=settings.feedback_scale),
        _rules(settings, given),
        synapses=sf.Constrained(**given.synapses, **limit).onto(list(sizes)),
        device=choose_device(settings.device),
        replicas=replicas,
    )


def _population(given: Condition, size: int) -> sf.Population:
    if given.refractory:
        return sf.Refractory(size, steps=given.refractory)
    return sf.StochasticBinary(size)


def _rules(settings: Settings, given: Condition) -> dict[str, sf.PlasticityRule]:
    eta = settings.learning_rate
    rule: Callable[[float], sf.PlasticityRule] = sf.ThreeFactor
    if given.rate is not None:
        rule = partial(sf.Homeostatic, target=given.rate)
    return {"hidden1": rule(3 * eta), "hidden2": rule(eta), "output": sf.ThreeFactor(eta)}


def together(settings: Settings, seeds: Sequence[int]) -> list[dict[str, Any]]:
    """Train and test all seeds side by side, with each circuit, under each constraint."""
    data = sf.datasets.load(settings.dataset).subset(settings.train_images)
    schedule = sf.WarmUpAnneal(settings.epochs, min(WARMUP_EPOCHS, 0.4 * settings.epochs))
    found = np.zeros((3, len(seeds), len(CIRCUITS), len(CONDITIONS)))
    for row, circuit in enumerate(CIRCUITS):
        for column, given in enumerate(CONDITIONS.values()):
            simulation = sf.Simulation(
                network(settings, circuit, given, data.n_inputs, len(seeds)),
                data,
                batch_size=settings.batch_size,
                seed=list(seeds),
                schedule=schedule,
                backend=settings.backend,
                progress="none",
            )
            simulation.train(settings.epochs)
            score = simulation.test()
            found[0, :, row, column] = [one.error_percent for one in score.replicas]
            found[1, :, row, column] = [one.error_percent_summed for one in score.replicas]
            found[2, :, row, column] = _hidden_rates(simulation)
    names = "error", "summed", "rate"
    return [dict(zip(names, each, strict=True)) for each in zip(*found, strict=True)]


def _hidden_rates(simulation: sf.Simulation) -> np.ndarray:
    """Return the mean number of spikes of hidden neurons in a step of each seed's network.

    They are those of the presentation that comes next, in which learning goes on.
    """
    hidden = simulation.runner.state.populations[:-1]
    steps = [
        np.mean([each.spikes.mean((-2, -1)).numpy(force=True) for each in hidden], axis=0)
        for _ in simulation.present()
    ]
    return np.mean(steps, axis=0)


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Return the errors of a single seed, a row for each circuit."""
    return together(settings, [seed])[0]


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return what the quantities and the claims are computed from: errors of steps summed."""
    places = [(c, k) for c in CIRCUITS for k in CONDITIONS]
    values = runs["summed"].reshape(len(runs["summed"]), -1).T
    summed = dict(zip(places, values, strict=True))
    more = {(c, k): summed[c, k] - summed[c, FREE] for c, k in places}
    rates = runs["rate"].reshape(len(runs["rate"]), -1).T
    return {"summed": summed, "more": more, "rate": dict(zip(places, rates, strict=True))}


def quantities(m: Measures) -> list[Quantity]:
    """Return the numbers of the result."""
    return [
        *(
            Quantity(f"{circuit}, {' '.join(condition).strip()}, error, summed", errors, "%")
            for (circuit, condition), errors in m.summed.items()
        ),
        *(
            Quantity(f"{circuit}, {' '.join(condition).strip()}, rate reached", 100 * rates, "%")
            for (circuit, condition), rates in m.rate.items()
            if CONDITIONS[condition].rate is not None or condition == FREE
        ),
    ]


def _evidence(m: Measures, condition: tuple[str, str]) -> str:
    return "; ".join(f"{c}: {spread(m.more[c, condition])} points more" for c in CIRCUITS)


def _cheap(text: str, panel: str, label: str, **options: Any) -> Claim:
    """Return the claim that a constraint costs less than `cheap` points with every circuit."""
    return Claim(
        lambda m: f"{text} less than {m.settings.cheap:g} points",
        holds=lambda m: all(m.more[c, (panel, label)].mean() < m.settings.cheap for c in CIRCUITS),
        evidence=lambda m: _evidence(m, (panel, label)),
        **options,
    )


def _below_chance(m: Measures, circuit: str, condition: tuple[str, str]) -> float:
    return float(CHANCE - m.summed[circuit, condition].mean())


COARSE = ("bits, rounding to nearest", "3")
CLAIMS = (
    _cheap("a mismatch of 20 % of the weights costs", "mismatch of weights", "20%"),
    _cheap(
        "weights of 8 bits, rounded at random, cost",
        "bits, stochastic rounding",
        "8",
        when=full_version,
    ),
    _cheap("hidden neurons that aim at a rate of 30 % cost", AIMED, "30%"),
    Claim(
        "weights of 3 bits, rounded to the nearest, learn nothing",
        holds=lambda m: all(_below_chance(m, c, COARSE) < m.settings.near_chance for c in CIRCUITS),
        evidence=lambda m: _evidence(m, COARSE),
    ),
)


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw the errors of all seeds under each constraint, a panel for each kind."""
    figure, grid = panels(4, 2, height=2.7)
    errors = dict(zip(CONDITIONS, runs["summed"].transpose(2, 1, 0), strict=True))
    for axes, (panel, own) in zip(grid.flat, PANELS.items(), strict=True):
        _draw(axes, [errors[panel, label] for label in own], errors[FREE])
        axes.set_xticks(range(len(own)), [label.replace(" ", "\n") for label in own])
        name_axes(axes, panel, "error (%)")
        legend_above(axes)
    return figure


def _draw(axes: Axes, errors: Sequence[np.ndarray], free: np.ndarray) -> None:
    """Draw the errors [circuits, seeds] of each constraint, and those without one as lines."""
    for row, (circuit, colour) in enumerate(zip(CIRCUITS, (BLUE, ACCENT), strict=True)):
        means = [each[row].mean() for each in errors]
        axes.plot(range(len(means)), means, "o-", color=colour, ms=4, label=circuit)
        for place, each in enumerate(errors):
            axes.plot([place] * each.shape[1], each[row], "_", color=colour, ms=6)
        axes.axhline(free[row].mean(), color=colour, linewidth=0.8, linestyle=":")
    axes.set_ylim(0, CHANCE + 5)


EXPERIMENT = Study(
    "comparison.constraints",
    Settings,
    id="chip.constraints",
    once=once,
    together=together,
    data=lambda settings: sf.datasets.load(settings.dataset),
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    quick={"train_images": 500, "epochs": 5, "hidden": 50, "batch_size": 20, "repeats": 1},
)

"""Random e-prop generates a pattern: recurrent spiking neurons learn a sum of four sines, online.

100 recurrent integrate-and-fire neurons hear frozen noise for a second, and a readout without
spikes is to follow the sines (Bellec et al. 2020, pattern generation in the authors' program). The
synapses change at every step, by `EProp`; the error reaches the neurons through random weights
(FA), through those of the readout (symmetric), or not at all, so that the readout learns alone.
Beside them stands the authors' own algorithm with random feedback, which changes the weights after
each presentation. All hold the mean rates of the neurons near 10 Hz. Learning rates, first weights,
noise and target are those of the authors. Errors are measured with plasticity arrested.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure

import spikefa as sf
from spikefa.analysis.spacing import legend_above, log_scale
from spikefa.analysis.style import PALETTE
from spikefa.datasets.frames import Frames
from spikefa.experiments.bellec2020._published import Published
from spikefa.experiments.bellec2020._task import (
    AIMED_RATE,
    DAMPENING,
    INPUTS,
    MEMORY,
    NEURONS,
    RATE,
    RATE_STRENGTH,
    THRESHOLD,
    Task,
)
from spikefa.feedback import FeedbackCircuit
from spikefa.runs.options import bound, option
from spikefa.runs.settings import ALL, REPEATS, WHICH_CELLS, Repeated
from spikefa.runs.studies import CellRuns, Claim, Measures, Quantity, Study, full_version, spread
from spikefa.runs.studies.drawing import name_axes, panels, traces
from spikefa.utils.devices import choose_device
from spikefa.utils.ranges import Count, Few, PositiveScale, Scale

RANDOM, SYMMETRIC, READOUT, AFTERWARDS = "random", "symmetric", "readout", "afterwards"
NAMES = {
    RANDOM: "random e-prop, online",
    SYMMETRIC: "symmetric e-prop, online",
    READOUT: "readout alone, online",
    AFTERWARDS: "random e-prop of the authors",
}


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """Everything that the result depends on."""

    cells: str = option(ALL, f"{WHICH_CELLS}: {', '.join(NAMES)}")
    presentations: Count = option(300, "of the pattern, a second each")
    every: Count = option(10, "presentations between two tests", divides=("presentations",))
    faster: PositiveScale = option(1.0, "factor on the authors' learning rates, for those online")
    rate_strength: Scale = option(RATE_STRENGTH, "how strongly neurons are drawn to 10 Hz, online")
    repeats: Few = option(3, REPEATS)
    far_better: PositiveScale = bound(
        0.5, "error of random e-prop, at most, by that of the readout alone"
    )
    learned: PositiveScale = bound(
        1.0, "normalised error of random e-prop, at most, in the quick version"
    )


def network(settings: Settings, cell: str, task: Task) -> sf.Network:
    """Return a network with the first weights of the authors, see `Task`.

    The factors (1 - memory) of their neurons are in the weights here, and those of their traces in
    the learning rates.
    """
    left = 1 - MEMORY
    eta = RATE * settings.faster
    e_prop = sf.EProp(
        eta * left**3,
        memory=MEMORY,
        adaptation=0.0,
        readout_memory=MEMORY,
        rate_strength=settings.rate_strength,
        target_rate=AIMED_RATE,
    )
    readout = sf.LowPassTraces(eta * left, memory=MEMORY)
    circuit: FeedbackCircuit = sf.Backprop(tau=1.0) if cell == SYMMETRIC else sf.FA(tau=1.0)
    neurons = sf.ALIF(
        NEURONS, memory=MEMORY, threshold=THRESHOLD, adaptation=0.0, dampening=DAMPENING
    )
    others = partial(sf.Masked, mask=~torch.eye(NEURONS, dtype=torch.bool))
    made = sf.Network(
        INPUTS,
        {"hidden": neurons, "output": sf.Rate(1, "linear", tau=left)},
        circuit,
        {"hidden": e_prop, "hidden_to_hidden": e_prop, "output": readout},
        synapses=partial(sf.Dense, biased=False),
        connections=[sf.Connection("hidden", "hidden", synapses=others)],
        device=choose_device(settings.device),
        dtype=torch.float64,
    )
    made.initialise(0)
    tensors = made.tensors()
    given = {
        "synapses.hidden.weight": left * task.w_in,
        "synapses.hidden_to_hidden.weight": left * task.w_rec,
        "synapses.output.weight": task.w_out,
        "feedback.B1": task.feedback.T,
    }
    for name, values in given.items():
        if name in tensors:
            tensors[name].copy_(torch.from_numpy(values))
    return made


def simulation(settings: Settings, cell: str, task: Task) -> sf.Simulation:
    """Return what presents the pattern to a new network."""
    frames = Frames(task.spikes[None].astype(np.uint8), np.zeros(1, np.uint8), n_classes=1)
    pattern = sf.EventStimulus(frames, targets=task.target[None], resets=True)
    made = sf.Simulation(
        network(settings, cell, task),
        pattern,
        test=pattern,
        batch_size=1,
        backend=settings.backend,
        progress="none",
    )
    if cell == READOUT:
        made.freeze(0, 2)
    return made


def once(settings: Settings, seed: int, cell: str) -> dict[str, Any]:
    """Return the normalised errors before learning and after every few presentations.

    Seed n takes the numbers of seed n + 1 of NumPy, since those of seed 1 are published.
    """
    task = Task.of(seed + 1)
    at = range(0, settings.presentations + 1, settings.every)
    if cell == AFTERWARDS:
        theirs = Published(task)
        found = [task.normalised(theirs.present()) for _ in range(at[-1] + 1)]
        return {"at": list(at), "error": found[:: settings.every]}
    running = simulation(settings, cell, task)
    errors = []
    for number in at:
        if number:
            running.learn(settings.every)
        mean = running.test().measures["squared_error"]
        errors.append(task.normalised(mean * len(task.target)))
    return {"at": list(at), "error": errors}


def measure(settings: Settings, runs: CellRuns) -> dict[str, Any]:
    """Return the last errors by cell."""
    return {"final": {cell: found["error"][:, -1] for cell, found in runs.items()}}


def quantities(m: Measures) -> list[Quantity]:
    """Return the errors after learning."""
    return [
        Quantity(f"{name}, normalised error", m.final.get(cell, ())) for cell, name in NAMES.items()
    ]


def _both(m: Measures, *cells: str) -> bool:
    return all(cell in m.final for cell in cells) and full_version(m)


def _evidence(*cells: str) -> Any:
    return lambda m: "; ".join(f"{NAMES[cell]} {spread(m.final[cell])}" for cell in cells)


CLAIMS = (
    Claim(
        "online random e-prop ends within one standard deviation of the authors' program",
        when=lambda m: _both(m, RANDOM, AFTERWARDS) and len(m.final[AFTERWARDS]) > 1,
        holds=lambda m: (
            abs(m.final[RANDOM].mean() - m.final[AFTERWARDS].mean())
            <= m.final[AFTERWARDS].std(ddof=1)
        ),
        evidence=_evidence(RANDOM, AFTERWARDS),
    ),
    Claim(
        "recurrent neurons that learn generate what a readout alone cannot",
        when=lambda m: _both(m, RANDOM, READOUT),
        holds=lambda m: m.final[RANDOM].mean() < m.settings.far_better * m.final[READOUT].mean(),
        evidence=_evidence(RANDOM, READOUT),
    ),
    Claim(
        "better performance is obtained with the true error feedback",
        when=lambda m: _both(m, RANDOM, SYMMETRIC),
        holds=lambda m: m.final[SYMMETRIC].mean() < m.final[RANDOM].mean(),
        evidence=_evidence(RANDOM, SYMMETRIC),
    ),
    Claim(
        "online random e-prop learns",
        when=lambda m: RANDOM in m.final and m.settings.quick,
        holds=lambda m: (m.final[RANDOM] < m.settings.learned).all(),
        evidence=_evidence(RANDOM),
    ),
)


def picture(settings: Settings, runs: CellRuns) -> Figure:
    """Draw the errors of all cells against the presentations."""
    figure, ((axes,),) = panels(1, width=4.6, height=3.0)
    for colour, (cell, name) in zip(PALETTE, NAMES.items(), strict=False):
        if cell in runs:
            at, errors = runs[cell]["at"][0], runs[cell]["error"]
            traces(axes, at, errors, colour)
            axes.plot(at, errors.mean(0), color=colour, linewidth=1.8, label=name)
    log_scale(axes)
    name_axes(axes, "presentations", "normalised squared error")
    legend_above(axes)
    return figure


EXPERIMENT = Study(
    "bellec2020.patterns",
    Settings,
    id="B20.patterns",
    once=once,
    cells=tuple(NAMES),
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    quick={"presentations": 30, "every": 10, "faster": 5.0, "repeats": 1},
)

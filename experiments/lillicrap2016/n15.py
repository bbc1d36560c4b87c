"""Note 15: pseudobackpropagation changes hidden activity along the Gauss-Newton direction.

A 30-20-10 network makes one update on one example, with smaller and smaller learning rates. The
change of the hidden activity is compared with eta D^2 x^T x times the Gauss-Newton step (eq. 59),
which is computed by least squares instead of the pseudoinverse. The two are equal if the hidden
neurons are linear; with tanh neurons they differ by a term of second order in eta. Backpropagation
points in another direction at every rate.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from matplotlib.figure import Figure

import spikefa as sf
from spikefa.analysis.spacing import legend_above
from spikefa.analysis.style import GREY, INK, PALETTE
from spikefa.datasets.functions import linear
from spikefa.feedback import FeedbackCircuit
from spikefa.models import rate_network
from spikefa.runs.options import bound, option
from spikefa.runs.settings import REPEATS, Repeated
from spikefa.runs.studies import WITHOUT_BACKEND, Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.drawing import name_axes, panels
from spikefa.utils.devices import choose_device
from spikefa.utils.ranges import Few, PositiveScale, Scale
from spikefa.utils.seeding import generator

SIZES = (30, 20, 10)
RATES = (1e-3, 1e-4, 1e-5, 1e-6)
KINDS = {
    "linear": "pseudobackprop, linear hidden neurons",
    "tanh": "pseudobackprop, tanh",
    "backprop": "backprop, tanh",
}


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """All settings that affect the result."""

    weight_scale: Scale = option(0.3, "half-range of the weights")
    repeats: Few = option(20, REPEATS)
    equal: PositiveScale = bound(
        1e-9, "distance from Gauss-Newton, at most, with linear hidden neurons"
    )
    near_ten: PositiveScale = bound(
        0.5, "difference from 10 of the distance by that at a tenth of eta, at most"
    )
    different: PositiveScale = bound(0.1, "distance in direction, at least, of backprop")


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Return the distance between the change of h and the Gauss-Newton step, for each rate."""
    found: dict[str, Any] = {}
    hidden: Literal["linear", "tanh"]
    for kind in KINDS:
        hidden = "linear" if kind == "linear" else "tanh"
        found[kind] = []
        for rate in RATES:
            circuit = (
                sf.Backprop(tau=1.0)
                if kind == "backprop"
                else sf.PseudoBackprop(every=1, rtol=0, scale=1.0, tau=1.0)
            )
            found[kind].append(_distance(settings, circuit, hidden, rate, seed, kind == "backprop"))
    return found


def _distance(
    settings: Settings,
    circuit: FeedbackCircuit,
    hidden: Literal["linear", "tanh"],
    rate: float,
    seed: int,
    direction_only: bool,
) -> float:
    """Return ``|dh - expected| / |expected|``; `direction_only` first scales expected to |dh|."""
    network = rate_network(
        *(SIZES, circuit, rate),
        hidden,
        "linear",
        settings.weight_scale,
        bias=False,
        device=choose_device(settings.device),
    )
    network.initialise(seed)
    pair = linear(SIZES[0], SIZES[-1], seed).draw(1, generator(seed, "pair"))
    x, y = (each.to(network.device) for each in pair)
    state = network.state(1)
    network.forward(state, x)
    before, gain = state.populations[0].spikes.clone(), state.populations[0].gain.clone()
    error = y - state.populations[1].spikes
    weight = network.synapses["output"].weight
    solved = torch.linalg.lstsq(weight.mT.cpu(), error.mT.cpu(), driver="gelsd")
    newton = solved.solution.mT.to(network.device)
    network.step(network.state(1), x, y)
    network.forward(state, x)
    change = state.populations[0].spikes - before
    expected = rate * gain**2 * x.square().sum() * newton
    if direction_only:
        expected *= change.norm() / expected.norm()
    return float((change - expected).norm() / expected.norm())


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return the values from which quantities and claims are computed."""
    per_decade = runs["tanh"][:, 1:-1] / runs["tanh"][:, 2:]
    return {"per_decade": per_decade}


def quantities(m: Measures) -> list[Quantity]:
    """Return the quantities that the result reports."""
    return [
        Quantity("distance from Gauss-Newton, linear", m.runs["linear"].max(1), "", 0.0),
        Quantity(f"the same, tanh, eta {RATES[-1]:g}", m.runs["tanh"][:, -1]),
        Quantity("the same, backprop (in direction)", m.runs["backprop"][:, -1]),
        Quantity("tanh: distance by that at a tenth of eta", m.per_decade.mean(1), "", 10.0),
    ]


CLAIMS = (
    Claim(
        "with linear hidden neurons pseudobackprop is Gauss-Newton on the hidden neurons",
        holds=lambda m: (m.runs["linear"] < m.settings.equal).all(),
        evidence=lambda m: f"distance {m.runs['linear'].max():.2g} at most",
    ),
    Claim(
        "with tanh it is, to first order",
        holds=lambda m: (abs(m.per_decade - 10) < m.settings.near_ten).all(),
        evidence=lambda m: f"a tenth of eta divides the distance by {spread(m.per_decade.ravel())}",
    ),
    Claim(
        "backprop is not",
        holds=lambda m: (m.runs["backprop"][:, -1] > m.settings.different).all(),
        evidence=lambda m: f"distance in direction {spread(m.runs['backprop'][:, -1])}",
    ),
)


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw the distances against the learning rate."""
    figure, ((axes,),) = panels(1, width=5.5, height=3.8)
    for (kind, label), colour in zip(KINDS.items(), (PALETTE[2], PALETTE[0], INK), strict=True):
        axes.loglog(RATES, np.median(runs[kind], 0), "o-", color=colour, label=label)
    reach = np.array([RATES[0], RATES[-1]])
    axes.loglog(
        reach, np.median(runs["tanh"], 0)[0] * reach / reach[0], "--", color=GREY, label="slope 1"
    )
    name_axes(axes, "learning rate η", "distance of Δh from Gauss-Newton")
    legend_above(axes)
    return figure


EXPERIMENT = Study(
    "lillicrap2016.n15",
    Settings,
    id="L16.n15",
    once=once,
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    backends=WITHOUT_BACKEND,
    quick={"repeats": 3},
)

"""Table 1: the algorithms, and what each of them must be.

Every algorithm of the table is a circuit, and is measured on a small tanh network that learns a
linear map, 20-15-12-8: whether its error depends on the signs or magnitudes of the forward weights,
whether it equals another algorithm or the theory (see `_identities`), and how its path aligns with
W^T while the network learns, with a weight decay of 0.005 per update.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from matplotlib.figure import Figure

import spikefa as sf
from spikefa.analysis.spacing import legend_above
from spikefa.analysis.style import GREY, PALETTE
from spikefa.experiments.li2024._identities import IDENTITIES, path_angles, transport
from spikefa.feedback import FeedbackCircuit
from spikefa.runs.options import bound, option
from spikefa.runs.settings import REPEATS, Repeated
from spikefa.runs.studies import Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.drawing import band, level, name_axes, panels
from spikefa.utils.ranges import Count, Degrees, Few, PositiveScale, Share

NAMES = ("BP", "FA", "DFA", "SF", "KP", "WM", "PAL", "PFA", "PFA-o")
ANGLED = tuple(name for name in NAMES if name != "DFA")
"""Circuits whose feedback matrices have the shape of the forward weights beside them."""
NOISE = 0.1
"""Noise of the hidden neurons in PAL, the only circuit that needs it."""


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """Everything that the result depends on."""

    updates: Count = option(1500, "updates along which the angles are followed")
    every: Count = option(50, "updates between two looks", divides=("updates",))
    repeats: Few = option(5, REPEATS)
    rounding: PositiveScale = bound(1e-10, "difference, at most, of what must be equal")
    same_signs: Share = bound(1.0, "share of the weights of W, at least, whose signs B of SF has")
    near_decay: PositiveScale = bound(
        1e-6, "difference from 1 of what is left of W^T - B by theory, KP, at most"
    )
    near_rest: PositiveScale = bound(
        0.25, "difference from 1 of the angle at rest by theory, WM, at most"
    )
    aligned: Degrees = bound(15.0, "degrees of PAL from W^T at rest, at most")
    near_transpose: Degrees = bound(
        10.0, "degrees of KP, WM and PFA-o from W^T at the end, at most"
    )
    near_theory: Degrees = bound(
        1.5, "degrees from the path angle of PFA in theory, 17.55, at most"
    )
    far_angle: Degrees = bound(17.55, "degrees of FA and SF from W^T at the end, at least")


def circuits() -> dict[str, Callable[[], FeedbackCircuit]]:
    """Return functions that create the circuits; KP, WM and PAL learn their feedback weights."""
    gated: dict[str, Any] = {"tau": 1.0, "gated": True}
    return {
        "BP": partial(sf.Backprop, tau=1.0),
        "FA": partial(sf.FA, 0.3, **gated),
        "DFA": partial(sf.DFA, 0.3, tau=1.0),
        "SF": partial(sf.SF, **gated),
        "KP": partial(sf.KP, 0.3, **gated),
        "WM": partial(sf.WM, 0.3, rate=0.01, gain=1.0, **gated),
        "PAL": partial(sf.PAL, 0.3, rate=3e-3, gain=NOISE**-2, **gated),
        "PFA": partial(sf.PFA, 10, tau=1.0),
        "PFA-o": partial(sf.PFAo, 10, tau=1.0),
    }


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Measure dependences [9 circuits, 2], identities, and angles [8, looks] along learning."""
    made = circuits()
    at = range(0, settings.updates + 1, settings.every)
    noise = {name: NOISE if name == "PAL" else 0.0 for name in NAMES}
    return {
        "updates": list(at),
        "transport": [transport(settings, made[name], noise[name], seed) for name in NAMES],
        "angles": [path_angles(settings, made[name](), noise[name], at, seed) for name in ANGLED],
        **{name: identity(settings, seed) for name, identity in IDENTITIES.items()},
    }


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return what the quantities and the claims are computed from."""
    final = {name: runs["angles"][:, k, -1] for k, name in enumerate(ANGLED)}
    magnitude, sign = (
        {name: runs["transport"][:, k, which] for k, name in enumerate(NAMES)} for which in (0, 1)
    )
    needs_magnitude, needs_sign = (
        {name for name, change in changes.items() if (change > settings.rounding).any()}
        for changes in (magnitude, sign)
    )
    return {"final": final, "needs_magnitude": needs_magnitude, "needs_sign": needs_sign}


def quantities(m: Measures) -> list[Quantity]:
    """Return the numbers of the result."""
    return [
        *(Quantity(f"angle of the path at the end, {n}", v, "°") for n, v in m.final.items()),
        Quantity("KP: what is left of W^T - B, by theory", m.runs["kp_forgets_the_difference"]),
        Quantity("WM: angle at rest, by theory", m.runs["wm_mirrors_w"]),
        Quantity("PAL: angle at rest", m.runs["pal_aligns"], "°"),
    ]


def _exact(text: str, identity: str) -> Claim:
    def largest(m: Measures) -> float:
        return float(abs(m.runs[identity]).max())

    return Claim(
        text,
        holds=lambda m: largest(m) < m.settings.rounding,
        evidence=lambda m: f"largest difference {largest(m):.1g}",
    )


CLAIMS = (
    Claim(
        "BP alone needs the magnitudes of W, BP and SF its signs",
        holds=lambda m: m.needs_magnitude == {"BP"} and m.needs_sign == {"BP", "SF"},
        evidence=lambda m: (
            f"the error changes with the magnitudes in {', '.join(sorted(m.needs_magnitude))}, "
            f"with the signs in {', '.join(sorted(m.needs_sign))}"
        ),
    ),
    _exact("BP takes the step along the gradient", "bp_is_the_gradient"),
    _exact("FA with B = W^T is BP", "fa_with_the_transpose_is_bp"),
    _exact("DFA with one hidden layer is FA", "dfa_with_one_hidden_layer_is_fa"),
    _exact("PFA with B the identity is KP", "pfa_with_the_identity_is_kp"),
    _exact("PFA with R frozen is FA", "pfa_with_r_frozen_is_fa"),
    Claim(
        "B of SF has the signs of W",
        holds=lambda m: (m.runs["sf_has_the_signs_of_w"] >= m.settings.same_signs).all(),
        evidence=lambda m: f"share of the weights {spread(m.runs['sf_has_the_signs_of_w'])}",
    ),
    Claim(
        "with KP, W^T - B shrinks by the weight decay alone",
        holds=lambda m: (
            abs(m.runs["kp_forgets_the_difference"] - 1) < m.settings.near_decay
        ).all(),
        evidence=lambda m: f"by theory {spread(m.runs['kp_forgets_the_difference'], 8)}",
    ),
    Claim(
        "weight mirrors come as close to W^T as their rate allows",
        holds=lambda m: (abs(m.runs["wm_mirrors_w"] - 1) < m.settings.near_rest).all(),
        evidence=lambda m: f"angle by theory {spread(m.runs['wm_mirrors_w'])}",
    ),
    Claim(
        "PAL aligns with W^T",
        holds=lambda m: (m.runs["pal_aligns"] < m.settings.aligned).all(),
        evidence=lambda m: f"{spread(m.runs['pal_aligns'])} degrees",
    ),
    Claim(
        "the paths of KP, WM and PFA-o come to point along W^T",
        holds=lambda m: (
            max(m.final[name].mean() for name in ("KP", "WM", "PFA-o")) < m.settings.near_transpose
        ),
        evidence=lambda m: _in_words(m.final, ("KP", "WM", "PFA-o")),
    ),
    Claim(
        "that of PFA up to arccos(1 / sqrt(1 + lambda)), 17.5 degrees",
        holds=lambda m: abs(m.final["PFA"].mean() - 17.55) < m.settings.near_theory,
        evidence=lambda m: _in_words(m.final, ("PFA",)),
    ),
    Claim(
        "those of FA and SF less",
        holds=lambda m: min(m.final[name].mean() for name in ("FA", "SF")) > m.settings.far_angle,
        evidence=lambda m: _in_words(m.final, ("FA", "SF")),
    ),
)


def _in_words(final: dict[str, Any], names: tuple[str, ...]) -> str:
    return ", ".join(f"{name} {spread(final[name])}" for name in names) + " degrees"


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw the angle of each path to W^T during learning."""
    figure, ((axes,),) = panels(1, width=5.6, height=3.8)
    updates = runs["updates"][0]
    for k, (name, colour) in enumerate(zip(ANGLED, (GREY, *PALETTE), strict=True)):
        band(axes, updates, runs["angles"][:, k], colour, name)
    level(axes, 90)
    axes.set_ylim(-2, 95)
    name_axes(axes, "updates, 10 examples each", "angle of the path to Wᵀ (°)")
    legend_above(axes)
    return figure


EXPERIMENT = Study(
    "li2024.t1",
    Settings,
    id="PFA.t1",
    once=once,
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    quick={"repeats": 1},
)

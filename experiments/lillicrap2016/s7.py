"""Supplementary figure 7: feedback alignment learns XOR, and W aligns with B.

Networks of 2-2-1 and 2-25-1 logistic neurons learn XOR by backpropagation and by feedback
alignment, with one example per update and eta = 0.5 for both (supplementary note 4). The initial
output weights and B of the small network are those of the paper. The paper gives neither its other
weights nor the widths of the normal distributions in the larger network; the widths here follow
from the given numbers: small initial output weights and a large B. The paper shows one run of each
network. With two hidden neurons the initial weights determine whether a solution is found, so many
runs are made here.
"""

from dataclasses import dataclass
from typing import Any

import torch
from matplotlib.figure import Figure

import spikefa as sf
from spikefa.analysis.alignment import row_angles
from spikefa.analysis.spacing import legend_above
from spikefa.analysis.style import GREY, INK, PALETTE
from spikefa.datasets.examples import Examples
from spikefa.datasets.functions import normal, xor
from spikefa.feedback import FeedbackCircuit
from spikefa.models import rate_network
from spikefa.runs.options import bound, option
from spikefa.runs.settings import REPEATS, Repeated
from spikefa.runs.studies import Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.drawing import name_axes, panels, traces
from spikefa.simulation.simulation import Simulation
from spikefa.stimulus import ExampleStimulus, FunctionStimulus
from spikefa.utils.devices import choose_device
from spikefa.utils.ranges import Count, Degrees, Few, PositiveScale, Rate, Scale
from spikefa.utils.seeding import generator

HIDDEN = (2, 25)
FIRST_W = (0.15, -0.13)
B = (-3.75, -4.53)
"""Initial output weights and feedback weights of the 2-2-1 network of the paper."""
ALGORITHMS = {"backprop": "backprop", "fa": "feedback alignment"}


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """All settings that affect the result."""

    updates: Count = option(20_000, "updates, one example each")
    every: Count = option(
        200, "updates between two looks at the four examples", divides=("updates",)
    )
    rate: Rate = option(0.5, "eta, of both algorithms")
    hidden_scale: Scale = option(1.0, "standard deviation of the first weights of hidden neurons")
    output_scale: Scale = option(0.15, "standard deviation of the first 25 output weights")
    feedback_scale: PositiveScale = option(4.0, "standard deviation of the 25 elements of B")
    repeats: Few = option(20, REPEATS)
    solved: PositiveScale = bound(0.01, "MSE below which XOR is solved")
    near_right: Degrees = bound(
        15.0, "degrees from 90 of the mean angle of W and B^T at first, at most"
    )
    aligned: Degrees = bound(70.0, "degrees between W and B^T after learning, at most")


def xor_simulation(
    settings: Settings, hidden: int, circuit: FeedbackCircuit, seed: int
) -> Simulation:
    """Return a simulation of a network that learns XOR and is tested on the four examples."""
    network = rate_network(
        *((2, hidden, 1), circuit, settings.rate, "logistic", "logistic"),
        device=choose_device(settings.device),
    )
    network.initialise(seed)
    first, output = network.synapses.values()
    source = generator(seed, "xor")
    first.weight.copy_(normal(2, hidden, source) * settings.hidden_scale)
    first.bias.copy_(normal(1, hidden, source)[0] * settings.hidden_scale)
    output.weight.copy_(normal(hidden, 1, source) * settings.output_scale)
    if hidden == len(B):
        output.weight.copy_(torch.tensor([FIRST_W]).mT)
        for matrix in circuit.tensors().values():
            matrix.copy_(torch.tensor([B]))
    inputs = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    targets = torch.tensor([[0.0], [1.0], [1.0], [0.0]])
    return Simulation(
        network,
        FunctionStimulus(xor()),
        test=ExampleStimulus(Examples(inputs, targets)),
        batch_size=1,
        seed=seed,
        backend=settings.backend,
    )


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Train both networks on XOR with both algorithms, from the same initial weights."""
    at = range(0, settings.updates + 1, settings.every)
    found: dict[str, Any] = {"updates": list(at)}
    for hidden in HIDDEN:
        circuits = {
            "backprop": sf.Backprop(tau=1.0),
            "fa": sf.FA(settings.feedback_scale, tau=1.0, matrix="normal"),
        }
        for algorithm, circuit in circuits.items():
            simulation = xor_simulation(settings, hidden, circuit, seed)
            state, weight = simulation.held_out.state, simulation.network.synapses["output"].weight
            name = f"{algorithm}.{hidden}"
            before = weight.clone()

            def error(state: Any = state) -> float:
                return float(state.error.square().mean())

            found |= simulation.follow(at, {name: error})
            found[f"{name}.before"], found[f"{name}.after"] = before[:, 0].cpu(), weight[:, 0].cpu()
            for matrix in circuit.tensors().values():
                found[f"{hidden}.B"] = matrix[0].cpu()
    return found


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return the values from which quantities and claims are computed."""
    solved = {
        f"{algorithm}.{hidden}": runs[f"{algorithm}.{hidden}"][:, -1] < settings.solved
        for algorithm in ALGORITHMS
        for hidden in HIDDEN
    }
    in_words = {
        hidden: "; ".join(
            f"{title} in {solved[f'{algorithm}.{hidden}'].sum()} of {settings.repeats} runs"
            for algorithm, title in ALGORITHMS.items()
        )
        for hidden in HIDDEN
    }
    before, after = (_angles(runs[f"fa.25.{when}"], runs["25.B"]) for when in ("before", "after"))
    return {"solved": solved, "in_words": in_words, "before": before, "after": after}


def quantities(m: Measures) -> list[Quantity]:
    """Return the quantities that the result reports."""
    return [
        *(
            Quantity(f"MSE at the end, 2-{hidden}-1, {title}", m.runs[f"{name}.{hidden}"][:, -1])
            for hidden in HIDDEN
            for name, title in ALGORITHMS.items()
        ),
        Quantity("angle between W and B^T before learning, 2-25-1", m.before, "°"),
        Quantity("the same after it", m.after, "°"),
    ]


CLAIMS = (
    Claim(
        "both algorithms manage to find solutions with 2 hidden neurons",
        holds=lambda m: m.solved["backprop.2"].any() and m.solved["fa.2"].any(),
        evidence=lambda m: f"MSE below {m.settings.solved:g}: {m.in_words[2]}",
    ),
    Claim(
        "both solve it with 25",
        holds=lambda m: m.solved["backprop.25"].all() and m.solved["fa.25"].all(),
        evidence=lambda m: f"MSE below {m.settings.solved:g}: {m.in_words[25]}",
    ),
    Claim(
        "at first W and B are not related, after learning there is clear alignment",
        holds=lambda m: (
            abs(m.before.mean() - 90) < m.settings.near_right
            and (m.after < m.settings.aligned).all()
        ),
        evidence=lambda m: f"from {spread(m.before)} to {spread(m.after)} degrees",
    ),
)


def _angles(weights: Any, back: Any) -> Any:

    return row_angles(torch.as_tensor(weights), torch.as_tensor(back)).numpy()


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw the errors of both networks (a, b), and the elements of W against those of B (c)."""
    figure, ((small, large, cloud),) = panels(3)
    colours = {"backprop": INK, "fa": PALETTE[2]}
    for axes, hidden, letter in ((small, 2, "a"), (large, 25, "b")):
        for name, colour in colours.items():
            traces(axes, runs["updates"][0], runs[f"{name}.{hidden}"], colour)
            axes.plot([], [], color=colour, label=ALGORITHMS[name])
        axes.set_ylim(0, 0.4)
        axes.set_xticks([0, runs["updates"][0, -1] // 2, runs["updates"][0, -1]])
        name_axes(axes, "examples", "MSE", f"{letter}   2-{hidden}-1")
        legend_above(axes)
    for when, colour in (("before", GREY), ("after", PALETTE[2])):
        cloud.plot(
            *(runs["25.B"][0], runs[f"fa.25.{when}"][0]),
            "o",
            color=colour,
            markersize=4,
            label=f"{when} learning",
        )
    name_axes(cloud, "elements of B", "elements of W", "c   one run")
    legend_above(cloud)
    return figure


EXPERIMENT = Study(
    "lillicrap2016.s7",
    Settings,
    id="L16.s7",
    once=once,
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    quick={"repeats": 4, "updates": 10_000},
)

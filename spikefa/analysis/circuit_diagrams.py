"""Diagrams of the feedback circuits: ``python -m spikefa.analysis.circuit_diagrams FOLDER``.

Error populations and the synapses between them are drawn from the wiring that a circuit declares.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from matplotlib.figure import Figure

from spikefa.analysis.canvas import Place
from spikefa.analysis.circuit_drawing import BESIDE, ERROR, LEVELS, NEURONS, CircuitDrawing
from spikefa.analysis.saving import save_figure
from spikefa.analysis.style import styled
from spikefa.feedback import (
    DFA,
    DKP,
    FA,
    FDFA,
    KP,
    PAL,
    PFA,
    SF,
    WM,
    Auxiliary,
    Backprop,
    FeedbackCircuit,
    Mixed,
    PFAo,
    PseudoBackprop,
    Shallow,
)
from spikefa.synapses import Dense

SYMBOLS = {
    "errors": "B_{0}",
    "middle": "R_{0}",
    "direct": "D_{0}",
    "above": "A_{0}",
    "below": "C_{0}",
}
"""Names of the matrices, see `CircuitDrawing.wiring`."""


def wired(
    title: str, circuit: FeedbackCircuit, learning: Sequence[int] = (1, 2, 3), **symbols: str
) -> CircuitDrawing:
    """Start with the wiring of a circuit; `symbols` name its matrices, if not as usual."""
    forward = [Dense(NEURONS, NEURONS) for _ in LEVELS[1:]]
    circuit.connect(forward, torch.device("cpu"), torch.float32)
    drawing = CircuitDrawing(title, learning)
    drawing.wiring(circuit.wiring, SYMBOLS | symbols)
    return drawing


def reading(title: str, circuit: FeedbackCircuit, what: str, symbol: str = "B_{0}") -> Figure:
    """Draw a circuit whose matrices are made from the forward weights."""
    drawing = wired(title, circuit, errors=symbol)
    for level in (2, 3):
        drawing.reads(level, what)
    return drawing.legend()


def kolen_pollack() -> Figure:
    """Draw the Kolen-Pollack circuit."""
    drawing = wired("Kolen-Pollack", KP())
    for level in (1, 2):
        drawing.sees(level, (ERROR, LEVELS[level] + 0.42))
    return drawing.legend()


def mirrored(title: str, circuit: FeedbackCircuit) -> Figure:
    """Draw a circuit that learns B from noise and from what it evokes in the layer above."""
    drawing = wired(title, circuit)
    for level in (1, 2):
        drawing.noise(level)
        drawing.sees(level, (ERROR, LEVELS[level] + 0.42))
        drawing.sees(level + 1, (ERROR, LEVELS[level + 1] - 0.42), up=False)
    return drawing.legend()


def direct_kolen_pollack() -> Figure:
    """Draw direct Kolen-Pollack."""
    drawing = wired("Direct\nKolen-Pollack", DKP())
    for level in (1, 2):
        drawing.sees(level, _arrival(level))
    return drawing.legend()


def forward_direct() -> Figure:
    """Draw forward direct feedback alignment; the tangent populations lie within the forward."""
    drawing = wired("Forward direct\nfeedback alignment", FDFA())
    for level in (1, 2):
        drawing.noise(level)
        drawing.sees(level, _arrival(level))
    drawing.sees(3, (ERROR + 0.62, LEVELS[3] - 0.42), up=False)
    return drawing.legend()


def _arrival(level: int) -> Place:
    """Return where synapses from the output reach the error population beside a level."""
    return (ERROR - 0.2, LEVELS[2] + 0.42) if level == 2 else (ERROR + 0.57, LEVELS[1] + 0.42)


def target_projection() -> Figure:
    """Draw direct random target projection."""
    drawing = CircuitDrawing("Direct random\ntarget projection")
    drawing.errors(1, 2, 3)
    drawing.population("T", "T", (BESIDE, LEVELS[3]))
    drawing.target("T")
    drawing.synapses("T", "U2", "fixed", "B_2", side=-1)
    drawing.down_and_in("T", "U1", "fixed", "B_1")
    return drawing.legend()


def product(title: str, circuit: FeedbackCircuit) -> Figure:
    """Draw product feedback alignment."""
    drawing = wired(title, circuit)
    for level in (1, 2):
        drawing.sees(level, (BESIDE - 0.22, LEVELS[level] + 0.3))
    return drawing.legend()


def auxiliary() -> Figure:
    """Draw auxiliary errors (LAFS)."""
    drawing = wired("Auxiliary errors\n(LAFS)", Auxiliary())
    for level in (1, 2):
        y = (LEVELS[level] + LEVELS[level + 1]) / 2
        drawing.population(f"A{level}", f"A_{level}", (ERROR, y), "blue")
        drawing.synapses(f"s{level}", f"A{level}", "fixed", rf"D_{level}^\top", "blue")
        drawing.synapses(f"A{level}", f"E{level}", "one", colour="blue")
        drawing.target(f"E{level}")
    return drawing.legend()


def node_perturbation() -> Figure:
    """Draw node perturbation."""
    drawing = CircuitDrawing("Node perturbation")
    drawing.errors(3)
    drawing.population("E", "E", (ERROR, LEVELS[2]), neurons=1)
    drawing.synapses("U3", "E", "fixed")
    for level in (1, 2):
        drawing.modulates("E", level)
        drawing.noise(level)
    return drawing.legend()


def reward() -> Figure:
    """Draw learning from one reward."""
    drawing = CircuitDrawing("Scalar reward")
    drawing.population("r", "r", (ERROR, LEVELS[3]), neurons=1)
    drawing.compares("r", "fixed")
    for level in (1, 2, 3):
        drawing.modulates("r", level)
        drawing.noise(level)
    return drawing.legend()


_DRAWINGS: dict[str, Callable[[], Figure]] = {
    "backprop": lambda: reading(
        "Backpropagation", Backprop(), "copied at every step", r"W_{1}^\top"
    ),
    "fa": lambda: wired("Feedback\nalignment", FA()).legend(),
    "dfa": lambda: wired("Direct feedback\nalignment", DFA()).legend(),
    "direct_kolen_pollack": direct_kolen_pollack,
    "forward_direct": forward_direct,
    "target_projection": target_projection,
    "sign_concordant": lambda: reading("Sign-concordant\nfeedback", SF(), "signs only"),
    "pseudo_backprop": lambda: reading(
        "Pseudo-\nbackpropagation", PseudoBackprop(), "pseudoinverse", "W_{1}^+"
    ),
    "kolen_pollack": kolen_pollack,
    "weight_mirror": lambda: mirrored("Weight mirror\n(noise phase)", WM()),
    "phaseless": lambda: mirrored("Phaseless align-\nment learning", PAL()),
    "pfa": lambda: product("Product feedback\nalignment (PFA)", PFA()),
    "pfa_o": lambda: product("Product feedback\nalignment (PFA-o)", PFAo()),
    "s1": lambda: wired("Mixed strategy s1", Mixed("s1")).legend(),
    "s2": lambda: wired("Mixed strategy s2", Mixed("s2")).legend(),
    "s3": lambda: wired("Mixed strategy s3", Mixed("s3")).legend(),
    "lafs": auxiliary,
    "node_perturbation": node_perturbation,
    "reward": reward,
    "shallow": lambda: wired("Shallow learning", Shallow(), learning=(3,)).legend(),
}
DIAGRAMS = {name: styled(draw) for name, draw in _DRAWINGS.items()}
"""What draws each diagram, by its name."""


def main(folder: str = "docs/figures/circuits") -> None:
    """Draw every diagram into `folder`, as PNG."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, draw in DIAGRAMS.items():
        save_figure(draw(), Path(folder) / f"{name}.png")


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Measures the identities of table 1 on a small tanh network that learns a linear map.

Each function takes settings, which say where it runs, and a seed; it returns one number.
"""

from collections.abc import Callable
from itertools import islice

import torch
from torch import Tensor

import spikefa as sf
from spikefa.analysis.delta_angles import angles_to
from spikefa.datasets.functions import linear, normal
from spikefa.feedback import FeedbackCircuit
from spikefa.models import rate_network
from spikefa.network.network import Network
from spikefa.runs.settings import Placed
from spikefa.simulation.simulation import Simulation
from spikefa.stimulus.functions import FunctionStimulus
from spikefa.utils.devices import choose_device
from spikefa.utils.seeding import generator

SIZES, RATE, DECAY, BATCH, UPDATES = (20, 15, 12, 8), 2e-3, 1e-3, 10, 50


def network(
    place: Placed,
    circuit: FeedbackCircuit,
    seed: int,
    sizes: tuple[int, ...] = SIZES,
    noise: float = 0.0,
    decay: float = DECAY,
) -> Network:
    """Return a network with a circuit and its first weights."""
    rule = sf.ThreeFactor(RATE, weight_decay=decay)
    made = rate_network(
        sizes,
        circuit,
        rule,
        weight_scale=0.3,
        noise=noise,
        device=choose_device(place.device),
    )
    made.initialise(seed)
    return made


def simulation_of(place: Placed, made: Network, seed: int) -> Simulation:
    """Return a simulation in which a network learns the task."""
    stimulus = FunctionStimulus(linear(made.n_inputs, made.n_outputs, seed), tests=100)
    return Simulation(made, stimulus, batch_size=BATCH, seed=seed, backend=place.backend)


def difference(place: Placed, one: Network, other: Network, seed: int) -> float:
    """Return the difference of the weights of two networks after they have learned the same."""
    for made in (one, other):
        simulation_of(place, made, seed).learn(UPDATES)
    pairs = zip(one.synapses.values(), other.synapses.values(), strict=True)
    return max(float((a.weight - b.weight).abs().max()) for a, b in pairs)


def transposes(made: Network) -> list[Tensor]:
    """Return W^T of the projections with an error path beside them."""
    return [each.weight.mT for each in islice(made.synapses.values(), 1, None)]


def bp_is_the_gradient(place: Placed, seed: int) -> float:
    """Return the largest difference between the update and the gradient by autograd."""
    made = network(place, sf.Backprop(tau=1.0), seed, decay=0.0)
    source = generator(seed, "signals")
    x = normal(BATCH, SIZES[0], source).to(made.device)
    target = normal(BATCH, SIZES[-1], source).to(made.device)
    weights = [each.weight.clone().requires_grad_() for each in made.synapses.values()]
    activity = x
    for layer, weight in enumerate(weights, start=1):
        activity = activity @ weight
        activity = activity if layer == len(weights) else activity.tanh()
    slopes = torch.autograd.grad(((activity - target) ** 2).sum() / 2, weights)
    before = [weight.detach().clone() for weight in weights]
    made.step(made.state(BATCH), x, target)
    after = [each.weight for each in made.synapses.values()]
    parts = zip(after, before, slopes, strict=True)
    return max(float((a - b + RATE * slope).abs().max()) for a, b, slope in parts)


def fa_with_the_transpose_is_bp(place: Placed, seed: int) -> float:
    """Return the largest angle between both circuits' deltas, in degrees."""
    circuit = sf.FA(tau=1.0, gated=True)
    made = network(place, circuit, seed)
    for matrix, transpose in zip(circuit.matrices, transposes(made), strict=True):
        matrix.copy_(transpose)
    simulation = simulation_of(place, made, seed)
    simulation.look()
    return float(angles_to(made, sf.Backprop(tau=1.0), simulation.held_out.state)().max())


def dfa_with_one_hidden_layer_is_fa(place: Placed, seed: int) -> float:
    """Return the difference of the weights."""
    sizes = (SIZES[0], SIZES[1], SIZES[-1])
    one, other = sf.DFA(0.5, tau=1.0), sf.FA(0.5, tau=1.0)
    nets = network(place, one, seed, sizes), network(place, other, seed, sizes)
    one.matrices[0].copy_(other.matrices[0])
    return difference(place, *nets, seed)


def sf_has_the_signs_of_w(place: Placed, seed: int) -> float:
    """Return the share of feedback weights with the sign of the forward weight, after learning."""
    circuit = sf.SF(tau=1.0, gated=True)
    made = network(place, circuit, seed)
    simulation = simulation_of(place, made, seed)
    simulation.learn(UPDATES)
    simulation.look()
    pairs = zip(circuit.matrices, transposes(made), strict=True)
    return min(float((b.sign() == w.sign()).double().mean()) for b, w in pairs)


def kp_forgets_the_difference(place: Placed, seed: int) -> float:
    """Return ``|W^T - B|`` over ``(1 - gamma)^n`` times its value n updates before; 1 in theory."""
    circuit = sf.KP(0.3, tau=1.0, gated=True)
    made = network(place, circuit, seed)

    def apart() -> float:
        pairs = zip(circuit.matrices, transposes(made), strict=True)
        return sum(float((b - w).square().sum()) for b, w in pairs) ** 0.5

    first = apart()
    simulation_of(place, made, seed).learn(UPDATES)
    return apart() / (first * (1 - DECAY) ** UPDATES)


def wm_mirrors_w(place: Placed, seed: int) -> float:
    """Return the angle of B to W^T divided by its theoretical value at rest; 1 in theory.

    The theoretical value is ``arctan sqrt(rate n / (2 batch))`` with n neurons that send noise.
    """
    rate, n = 0.003, SIZES[-2]
    made = network(place, sf.WM(0.3, rate=rate, gain=1.0, tau=1.0), seed, decay=0.0)
    simulation = simulation_of(place, made, seed)
    simulation.set_learning_rates(0.0)  # mirrors alone
    simulation.learn(round(8 / rate))
    expected = torch.tensor(rate * n / (2 * BATCH)).sqrt().atan().rad2deg()
    return made.alignment()["output"] / float(expected)


def pal_aligns(place: Placed, seed: int) -> float:
    """Return the angle of B to W^T at the output, in degrees, after B has learned from noise."""
    noise = 0.1
    made = network(
        place,
        sf.PAL(0.3, rate=1e-3, gain=noise**-2, tau=1.0, gated=True),
        seed,
        noise=noise,
        decay=0.0,
    )
    simulation = simulation_of(place, made, seed)
    simulation.set_learning_rates(0.0)
    simulation.learn(6000)
    return made.alignment()["output"]


def pfa_with_the_identity_is_kp(place: Placed, seed: int) -> float:
    """Return the difference of the weights."""
    one, other = sf.PFA(1, tau=1.0), sf.KP(0.3, tau=1.0, gated=True)
    nets = network(place, one, seed), network(place, other, seed)
    for fixed, plastic, matrix in zip(one.fixed, one.plastic_matrices, other.matrices, strict=True):
        fixed.copy_(torch.eye(len(fixed)))
        plastic.copy_(matrix)
    return difference(place, *nets, seed)


def pfa_with_r_frozen_is_fa(place: Placed, seed: int) -> float:
    """Return the difference of the weights."""
    one, other = sf.PFA(3, tau=1.0, plastic=False), sf.FA(0.3, tau=1.0, gated=True)
    nets = network(place, one, seed), network(place, other, seed)
    for path, matrix in zip(one.paths(), other.matrices, strict=True):
        matrix.copy_(path())
    return difference(place, *nets, seed)


def transport(
    place: Placed, make: Callable[[], FeedbackCircuit], noise: float, seed: int
) -> tuple[float, float]:
    """Return how much the error depends on the magnitudes and on the signs of W.

    These are the relative changes of the error at the lowest hidden population when W above it gets
    other magnitudes with the same signs, and when some of its signs flip; all activity is held.
    """
    made = network(place, make(), seed, noise=noise)
    state, source = made.state(BATCH), generator(seed, "signals")
    made.forward(state, normal(BATCH, SIZES[0], source).to(made.device))
    target = normal(BATCH, SIZES[-1], source).to(made.device)

    def delivered() -> Tensor:
        made.feed_back(state, target)
        return state.feedback.modulators[0].clone()

    before, changes = delivered(), []
    first = [weight.clone() for weight in transposes(made)]
    for turned in (False, True):
        for weight, was in zip(transposes(made), first, strict=True):
            chance = torch.rand(was.shape, generator=source, dtype=was.dtype).to(was.device)
            weight.copy_(was * ((chance - 0.5).sign() if turned else 2 * chance + 0.1))
        changes.append(float((delivered() - before).norm() / before.norm()))
    return changes[0], changes[1]


def path_angles(
    place: Placed, circuit: FeedbackCircuit, noise: float, at: range, seed: int
) -> list[float]:
    """Return the angle of the path to W^T in degrees, mean over layers, during learning."""
    made = network(place, circuit, seed, noise=noise, decay=5e-3)
    simulation = simulation_of(place, made, seed)

    def mean() -> float:
        return sum(made.alignment().values()) / (len(made.synapses) - 1)

    return [float(value) for value in simulation.follow(at, {"angle": mean})["angle"]]


IDENTITIES: dict[str, Callable[[Placed, int], float]] = {
    function.__name__: function
    for function in (
        bp_is_the_gradient,
        fa_with_the_transpose_is_bp,
        dfa_with_one_hidden_layer_is_fa,
        sf_has_the_signs_of_w,
        kp_forgets_the_difference,
        wm_mirrors_w,
        pal_aligns,
        pfa_with_the_identity_is_kp,
        pfa_with_r_frozen_is_fa,
    )
}

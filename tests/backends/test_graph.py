"""The graph backend is eager, bit for bit: on a GPU, and on a tape, which keeps what it keeps."""

from functools import partial
from itertools import cycle

import pytest
import snntorch
import torch

import spikefa as sf
from tests.helpers.graph_pairs import agree, network, side_by_side, simulate

pytestmark = pytest.mark.usefixtures("captured")

CIRCUITS = {
    "FA": lambda: sf.FA(),
    "FA spiking": lambda: sf.FA(phi_delta="spiking", gated=True),
    "DFA": lambda: sf.DFA(phi_delta="tanh"),
    "PFA": lambda: sf.PFA(2),
    "PFA leaky": lambda: sf.PFA(2, middle_tau=0.5, middle_phi_delta="spiking"),
    "PFAo": lambda: sf.PFAo(),
    "Backprop": lambda: sf.Backprop(),
    "KP": lambda: sf.KP(),
    "WM": lambda: sf.WM(every=3),
    "PAL": lambda: sf.PAL(),
    "DRTP": lambda: sf.DRTP(),
    "DKP": lambda: sf.DKP(),
    "FDFA": lambda: sf.FDFA(gated=False),
    "SF": lambda: sf.SF("brSF"),
    "s1": lambda: sf.Mixed("s1"),
    "s2": lambda: sf.Mixed("s2", "tanh"),
    "s3": lambda: sf.Mixed("s3", "sum"),
    "Auxiliary": lambda: sf.Auxiliary(),
    "Auxiliary s3": lambda: sf.Auxiliary("s3", guess="softmax"),
    "NodePerturbation": lambda: sf.NodePerturbation(),
    "Reward": lambda: sf.Reward(),
    "Shallow": lambda: sf.Shallow(),
    "PseudoBackprop": lambda: sf.PseudoBackprop(4),
    "PseudoBackprop, at every step": lambda: sf.PseudoBackprop(1),
}
RULES = {
    "decay at every step": lambda: sf.ThreeFactor(1e-2, weight_decay=1e-2),
    "Oja": lambda: sf.Oja(1e-2),
    "BCM": lambda: sf.BCM(1e-2),
    "LowPassTraces": lambda: sf.LowPassTraces(1e-2),
    "EProp": lambda: sf.EProp(1e-2),
    "STLLR": lambda: sf.STLLR(1e-2),
    "STDP": lambda: sf.STDP(1e-2),
    "Homeostatic": lambda: sf.Homeostatic(1e-2),
    "Eligibility": lambda: sf.Eligibility(1e-2),
    "Rough": lambda: sf.RoughThreeFactor(1e-2),
}
OPTIMISERS = {
    "SGD": torch.optim.SGD,
    "momentum": partial(torch.optim.SGD, momentum=0.9, nesterov=True, weight_decay=0.01),
    "Adam": partial(torch.optim.Adam, amsgrad=True),
    "AdamW": torch.optim.AdamW,
    "NAdam": torch.optim.NAdam,
    "RAdam": torch.optim.RAdam,
    "Adamax": torch.optim.Adamax,
    "RMSprop": partial(torch.optim.RMSprop, momentum=0.5, centered=True),
    "Adadelta": torch.optim.Adadelta,
    "Rprop": torch.optim.Rprop,
}
POPULATIONS = {
    "refractory": lambda size: sf.Refractory(size, steps=2),
    "tanh": sf.Rate,
    "softmax": lambda size: sf.Rate(size, "softmax"),
    "noisy": lambda size: sf.Rate(size, "relu", tau=0.5, noise=0.1),
    "Leaky": lambda size: sf.SnnTorch(snntorch.Leaky(beta=0.9), size),
    "Synaptic": lambda size: sf.SnnTorch(snntorch.Synaptic(0.6, 0.8, reset_delay=False), size),
    "Alpha": lambda size: sf.SnnTorch(snntorch.Alpha(alpha=0.8, beta=0.5), size),
    "RLeaky": lambda size: sf.SnnTorch(
        snntorch.RLeaky(0.7, V=0.4, all_to_all=False, learn_recurrent=False), size
    ),
}
CONSTRAINTS = (sf.Dale(0.7), sf.Bits(4, limit=0.2), sf.Mismatch(0.1), sf.Failure(0.2))
SYNAPSES = {
    "norm": lambda *a, **kw: sf.Dense(*a, norm=1.0, **kw),
    "masked": lambda *a, **kw: sf.Masked(*a, sparsity=0.3, **kw),
    "constrained": lambda *a, **kw: sf.Masked(*a, sparsity=0.3, constraints=CONSTRAINTS, **kw),
}
ENCODINGS = {
    "latency": sf.LatencyCode(),
    "delta": sf.DeltaCode(off_spikes=True),
    "graded": sf.Graded(0.3, 2.0),
}


@pytest.mark.slow
@pytest.mark.parametrize("batch", [1, 11, 100])
@pytest.mark.parametrize("circuit", ["FA", "DFA", "PFA"])
def test_200_steps_and_40_images(tiny, circuit, batch):
    graph = side_by_side(tiny, lambda b: simulate(tiny, b, CIRCUITS[circuit](), batch=batch))
    assert {key[0] for key in graph.runner.backend.captured} == {"step", (5, None)}


@pytest.mark.parametrize("circuit", CIRCUITS)
def test_every_circuit(tiny, circuit):
    side_by_side(tiny, lambda b: simulate(tiny, b, CIRCUITS[circuit]()), presentations=8)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule(tiny, rule):
    side_by_side(tiny, lambda b: simulate(tiny, b, None, RULES[rule]()), presentations=8)


@pytest.mark.slow
@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_every_optimiser_that_can_count_on_the_device(tiny, optimiser):
    """Their learning rates are numbers of the graph, so each value has a graph of its own."""
    schedule = {
        "hidden1": sf.Piecewise({0: 1, 2: 0.5}),
        "hidden2": sf.Piecewise({0: 1, 1: 0, 3: 2}),
        "output": sf.Constant(),
    }
    made = {"optimiser": OPTIMISERS[optimiser], "schedule": schedule}
    graph = side_by_side(tiny, lambda b: simulate(tiny, b, **made), presentations=12)
    assert len({key[1:] for key in graph.runner.backend.captured}) == 4


def test_an_optimiser_with_too_many_learning_rates_goes_on_one_step_at_a_time(tiny, monkeypatch):
    monkeypatch.setattr("spikefa.backends.graph.MOST", 3)
    made = {"optimiser": torch.optim.Adam, "schedule": sf.WarmUpAnneal(8, 2)}
    pair = [simulate(tiny, backend, **made) for backend in ("eager", "graph")]
    pair[0].learn(9)
    with pytest.warns(UserWarning, match="each learning rate of Adam needs a graph") as warned:
        pair[1].learn(9)
    assert len(warned) == 1
    assert len(pair[1].runner.backend.captured) == 3
    agree(*pair)


def test_a_pseudoinverse_is_renewed_between_graphs(tiny):
    """Every 7 steps, so that images of 5 steps are done in one piece or step by step."""
    graph = side_by_side(tiny, lambda b: simulate(tiny, b, sf.PseudoBackprop(7)), presentations=12)
    assert {key[0] for key in graph.runner.backend.captured} == {"step", (5, None)}


@pytest.mark.slow
@pytest.mark.parametrize("population", POPULATIONS)
def test_every_population(tiny, population):
    made = {"population": POPULATIONS[population], "dtype": torch.float64}
    side_by_side(tiny, lambda b: simulate(tiny, b, **made), presentations=8)


@pytest.mark.parametrize("synapses", SYNAPSES)
def test_every_kind_of_synapses(tiny, synapses):
    made = {"synapses": SYNAPSES[synapses], "output_error": "probability"}
    side_by_side(tiny, lambda b: simulate(tiny, b, **made), presentations=8)


def test_connections_and_delays(tiny):
    """The ring buffer has 3 places, so that neither a step nor an image ends where it began."""
    made = {
        "connections": [sf.Connection("hidden2", "hidden1", delay=(1, 3))],
        "delays": {"hidden2": 2},
    }
    side_by_side(tiny, lambda b: simulate(tiny, b, **made), presentations=8)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding(tiny, encoding):
    side_by_side(tiny, lambda b: simulate(tiny, b, encoding=ENCODINGS[encoding]), presentations=8)


def test_replicas(tiny):
    """Each draws from generators of its own, and all are captured together."""

    def make(backend):
        net = network(sf.PFA(2), replicas=3)
        return sf.Simulation(net, tiny, batch_size=11, seed=[4, 7, 5], backend=backend)

    side_by_side(tiny, make, presentations=8)


def test_schedules_and_frozen_projections(tiny):
    """The learning rate changes at every image; one projection rests for a while, then another."""
    schedule = {
        "hidden1": sf.Piecewise({0: 1, 1: 0, 3: 2}),
        "hidden2": sf.WarmUpAnneal(8, 2),
        "output": sf.Piecewise({0: 0, 2: 1}),
    }
    graph = side_by_side(tiny, lambda b: simulate(tiny, b, schedule=schedule), presentations=16)
    assert len({key[1:] for key in graph.runner.backend.captured}) > 2


def test_weight_decay_that_comes_due_within_an_image(tiny):
    """Every 7 steps, so that images of 5 steps are done in one piece or step by step."""
    rule = partial(sf.ThreeFactor, 1e-2, weight_decay=2e-5)
    graph = side_by_side(tiny, lambda b: simulate(tiny, b, None, rule()), presentations=12)
    assert int(graph.runner.state.learning_rates.wait) == 6
    assert len(graph.runner.backend.captured) == 2


class Asks(sf.ThreeFactor):
    def update(self, pre, post, modulator, state):
        return super().update(pre, post, modulator * modulator.abs().max().item(), state)


class Lists(sf.ThreeFactor):
    def update(self, pre, post, modulator, state):
        return super().update(pre, post, modulator * max(modulator.flatten().tolist()), state)


class Masks(sf.ThreeFactor):
    def update(self, pre, post, modulator, state):
        return super().update(pre, post, modulator * modulator[modulator > 0].numel(), state)


class Counts(sf.ThreeFactor):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.updates = 0

    def update(self, pre, post, modulator, state):
        self.updates += 1
        return super().update(pre, post, modulator / self.updates, state)


class Turns(sf.ThreeFactor):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.turn = cycle([0.5, 2.0])

    def update(self, pre, post, modulator, state):
        return super().update(pre, post, modulator * next(self.turn), state)


class Fills(sf.ThreeFactor):
    """Makes a tensor of a Python number, which a graph would keep as it is."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.turn = cycle([0.5, 2.0])

    def update(self, pre, post, modulator, state):
        return super().update(pre, post, modulator * torch.tensor(next(self.turn)), state)


class Shy(sf.FA):
    """Says that it needs the host, though nothing shows it."""

    needs_host = True


UNFIT = {
    "line .*, asks for the values of a tensor": lambda: {"rule": Asks()},
    "asks for the values": lambda: {"rule": Lists()},
    "line .*, asks for": lambda: {"rule": Masks()},
    "changes the Python number 'updates' at every step": lambda: {"rule": Counts()},
    "aten.mul.Tensor with 2.0, then with 0.5": lambda: {"rule": Turns()},
    "aten.lift_fresh.default with 2.0, then with 0.5": lambda: {"rule": Fills()},
    "random_matrix.py, line .*, asks for the values": lambda: {"circuit": sf.FA(procedural=True)},
    "a step of Shy.* needs the host": lambda: {"circuit": Shy()},
    "optimiser.py, line .*, asks for the values": lambda: {"optimiser": torch.optim.Adagrad},
}


@pytest.mark.parametrize("reason", UNFIT)
def test_what_cannot_be_captured_says_why_and_runs_eager(tiny, reason):
    with pytest.warns(UserWarning, match=f"so that eager runs it: .*{reason}") as warned:
        graph = simulate(tiny, "graph", **UNFIT[reason]())
    assert [str(each.message).count("\n") for each in warned] == [0]
    assert graph.backend == graph.runner.backend.name == "eager"
    eager = simulate(tiny, "eager", **UNFIT[reason]())
    for each in (eager, graph):
        for _ in range(3):
            for _ in each.present():
                pass
    if "with 2.0" not in reason:  # where an iterator has got to cannot be taken back
        agree(eager, graph)


def test_a_trial_leaves_everything_as_it_was(tiny):
    eager, graph = (simulate(tiny, backend, sf.WM(every=3)) for backend in ("eager", "graph"))
    assert not graph.runner.backend.captured
    agree(eager, graph)


AUGMENTATIONS = {
    "crop": (sf.CropAndFlip((3, 4), crop=2), 3),
    "all others": (
        sf.InOrder((sf.Distortion((3, 4)), sf.InputNoise(0.1), sf.InputDropout(0.2))),
        6 + 2 * 12 + 12 + 12,
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize(("moved", "numbers"), AUGMENTATIONS.values(), ids=AUGMENTATIONS)
@pytest.mark.parametrize("encoding", [sf.RateCode(), sf.Graded()], ids=repr)
def test_augmentation_is_captured(tiny, encoding, moved, numbers):
    """The numbers of a presentation are drawn once in it, also in what is captured."""
    make = partial(simulate, tiny, encoding=encoding, augmentation=moved)
    graph = side_by_side(tiny, lambda backend: make(backend))
    assert graph.runner.stimulus_state.chances.unique().numel() == 11 * numbers


@pytest.mark.parametrize("redrawn", ["presentation", "step"])
def test_silenced_neurons_and_the_mean_of_weights_are_captured(tiny, redrawn):
    def population(size):
        return sf.StochasticBinary(size, dropout=sf.Dropout(0.4, redrawn) if size > 4 else None)

    make = partial(simulate, tiny, average=1.0, population=population)
    graph = side_by_side(tiny, lambda backend: make(backend), presentations=8)
    kept = graph.runner.state.populations[0].dropout.kept
    expected = [0.0, 1.0] if redrawn == "presentation" else [0.6]
    assert kept.unique().tolist() == pytest.approx(expected)

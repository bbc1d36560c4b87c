"""The wiring of a circuit: what its hops are, and in what order the sweep takes them."""

import inspect
from dataclasses import dataclass

import pytest
import torch

import spikefa as sf
from spikefa import feedback
from spikefa.feedback import (
    ErrorPopulation,
    FeedbackState,
    Hop,
    Matrix,
    PlasticMatrix,
    Site,
    Wiring,
    beside,
    layer_by_layer,
)
from spikefa.feedback.mixing import MixedState
from spikefa.testing import check_feedback

SIZES, BATCH = (6, 5, 4), 3
CPU = torch.device("cpu")
CIRCUITS = {
    name: item
    for name in feedback.__all__
    if inspect.isclass(item := getattr(feedback, name))
    and issubclass(item, sf.FeedbackCircuit)
    and not inspect.isabstract(item)
}


def connected(circuit):
    """Return a circuit with layers of 6, 5 and 4 neurons on 7 inputs."""
    circuit.connect([sf.Dense(*sizes) for sizes in ((7, 6), (6, 5), (5, 4))], CPU, torch.float32)
    return circuit


def told(circuit):
    """Return the hops in words: from, to, what the matrix is, and whether they are gated."""
    return [
        (*hop.source, *hop.target, hop.matrix.role, hop.gated)
        for hop in connected(circuit).wiring.hops
    ]


def test_the_hops_of_each_circuit():
    errors, down = (
        "errors",
        lambda role, gated: [
            ("errors", 2, "errors", 1, role, gated),
            ("errors", 1, "errors", 0, role, gated),
        ],
    )
    assert told(sf.FA()) == down("fixed", False)
    assert told(sf.FA(gated=True)) == down("fixed", True)
    for circuit in (sf.KP, sf.WM, sf.PAL):
        assert told(circuit(gated=True)) == down("plastic", True)
    assert told(sf.SF()) == down("forward", False)
    for circuit in (sf.Backprop, sf.PseudoBackprop):
        assert told(circuit()) == down("forward", True)
    assert told(sf.DFA()) == [(errors, 2, errors, layer, "fixed", False) for layer in (0, 1)]
    for circuit in (sf.DKP, sf.FDFA):
        assert told(circuit(gated=True)) == [
            (errors, 2, errors, layer, "plastic", True) for layer in (0, 1)
        ]
    assert told(sf.DRTP()) == [("target", 0, errors, layer, "fixed", False) for layer in (0, 1)]
    for circuit in (sf.PFA, sf.PFAo):
        assert told(circuit()) == [
            (errors, 2, "middle", 1, "fixed", True),
            ("middle", 1, errors, 1, "plastic", False),
            (errors, 1, "middle", 0, "fixed", True),
            ("middle", 0, errors, 0, "plastic", False),
        ]
    assert told(sf.Mixed("s2")) == [
        (errors, 2, errors, 0, "fixed", True),
        (errors, 2, errors, 1, "fixed", True),
        (errors, 0, errors, 1, "fixed", True),
    ]
    assert told(sf.Auxiliary()) == [
        ("guess_errors", layer, errors, layer, "fixed", False) for layer in (0, 1)
    ]
    for circuit in (sf.Shallow, sf.Reward, sf.NodePerturbation):
        assert told(circuit()) == []


@pytest.mark.parametrize("name", CIRCUITS)
def test_a_wiring_has_the_sizes_of_its_populations(name):
    wiring = connected(CIRCUITS[name]()).wiring
    assert tuple(population.size for population in wiring.beside) == SIZES
    for hop in wiring.hops:
        ends = [wiring.populations[site.group][site.layer] for site in (hop.source, hop.target)]
        assert hop.matrix.shape == tuple(population.size for population in ends)


@pytest.mark.parametrize("name", CIRCUITS)
def test_who_reads_forward_weights_has_hops_through_them(name):
    circuit = connected(CIRCUITS[name]())
    reading = any(hop.matrix.role == "forward" for hop in circuit.wiring.hops)
    assert circuit.reads_weights == reading


@pytest.mark.parametrize("name", CIRCUITS)
def test_no_circuit_inherits_from_another_and_all_are_dataclasses(name):
    bases = inspect.getmro(CIRCUITS[name])[1:]
    assert not set(bases) & set(CIRCUITS.values())
    assert "__dataclass_fields__" in vars(CIRCUITS[name])
    given = inspect.signature(CIRCUITS[name]).parameters
    assert repr(CIRCUITS[name]()).count("=") == len(given), "what it was made with, no more"


def test_a_circuit_without_hops_has_an_empty_wiring():
    class Still(sf.FeedbackCircuit):
        """Says nothing of how it is wired, and does not call the constructor of its base."""

        def __init__(self):
            self.sizes = []

        connect = initialise = state = step = tensors = None

    Still.__abstractmethods__ = frozenset()
    wiring = Still().wiring
    assert not wiring.stops
    assert not wiring.hops
    assert not wiring.beside
    assert wiring.descents() == []


def test_a_subclass_has_to_promise_again_that_its_step_is_the_sweep_alone():
    class Own(sf.FA):
        pass

    class Promising(sf.FA, sweep_only=True):
        pass

    assert (sf.FA.sweep_only, Own.sweep_only, Promising.sweep_only) == (True, False, True)
    assert not sf.WM.sweep_only, "it learns from what goes through forward synapses"
    assert not sf.FDFA.sweep_only, "so does it"
    assert not sf.DRTP.sweep_only, "it takes the target besides"
    assert not sf.SF.sweep_only, "it takes the signs of the weights before the sweep"


def test_who_decays():
    class Follows(sf.FA):
        def decay(self, factor):
            pass

    decaying = {name for name, circuit in CIRCUITS.items() if circuit().decays}
    assert decaying == {"DKP", "KP", "PFA", "PFAo"}
    assert Follows().decays
    assert not sf.PFA(plastic=False).decays


class Told(Matrix):
    """Writes down when it carries; passes the error on as it is."""

    role = "fixed"

    def __init__(self, name, diary):
        self.name, self.diary, self.stored = name, diary, torch.eye(2)

    def carry(self, sent, out):
        self.diary.append((self.name, sent.clone()))
        out.copy_(sent)


def populations(number, **more):
    return [ErrorPopulation(2, tau=1.0) for _ in range(number)]


class Forward:
    """What the sweep reads of a forward population."""

    def __init__(self, gain):
        self.gain = torch.full((1, 2), float(gain))


def swept(wiring, state_of=FeedbackState, error=1.0, **more):
    state = state_of(**wiring.at_rest(1, CPU, torch.float32), **more)
    state.errors[-1].drive.fill_(error)
    wiring.sweep(state, [Forward(gain) for gain in (2, 3, 5)])
    return state


def test_what_is_gated_is_sent_times_the_gain_and_kept_as_it_was():
    diary = []
    gated, plain = Told("gated", diary), Told("plain", diary)
    hops = [Hop(beside(2), beside(1), gated, gated=True), Hop(beside(2), beside(0), plain)]
    state = swept(Wiring(populations={"errors": populations(3)}, hops=hops))
    assert [(name, sent[0, 0].item()) for name, sent in diary] == [("gated", 5), ("plain", 1)]
    assert [each.activity[0, 0].item() for each in state.errors] == [1, 5, 1]


def test_an_error_that_two_populations_receive_is_carried_once():
    diary = []
    once, neighbour = Told("once", diary), Told("neighbour", diary)
    hops = [
        Hop(beside(1), Site("direct", 0), once, inlet="direct"),
        Hop(beside(1), beside(0), once, inlet="direct"),
        Hop(Site("direct", 0), beside(0), neighbour, gated=True, inlet="above"),
    ]
    wiring = Wiring(populations={"errors": populations(2), "direct": populations(1)}, hops=hops)
    arrived = [{"direct": torch.zeros(1, 2), "above": torch.zeros(1, 2)}]
    state = swept(wiring, MixedState, arrived=arrived)
    assert [name for name, _ in diary] == ["once", "neighbour"]
    assert state.direct[0].activity[0, 0].item() == 1
    assert state.errors[0].activity[0, 0].item() == 1 + 2, "the sum, unless it is said otherwise"


def test_populations_that_no_error_reaches_rest():
    wiring = Wiring(populations={"errors": [ErrorPopulation(2, phi_delta="spiking")] * 2})
    state = swept(wiring)
    assert state.errors[0].activity.tolist() == [[0, 0]]
    assert state.errors[1].activity.abs().tolist() == [[1, 1]]


def test_hops_come_in_the_order_of_the_error():
    matrix = PlasticMatrix(torch.zeros(2, 2))
    hops = [Hop(beside(1), beside(0), matrix), Hop(beside(2), beside(1), matrix)]
    with pytest.raises(sf.SpikefaError, match="before any error has arrived at its source"):
        Wiring(populations={"errors": populations(3)}, hops=hops)


def test_hops_that_meet_need_inlets():
    matrix = PlasticMatrix(torch.zeros(2, 2))
    hops = [Hop(beside(2), beside(0), matrix), Hop(beside(2), beside(0), matrix, inlet="direct")]
    with pytest.raises(sf.SpikefaError, match=r"2 hops meet in .*: give each an inlet of its own"):
        Wiring(populations={"errors": populations(3)}, hops=hops)


def test_the_way_down_is_the_matrices_between_neighbouring_layers():
    lower, upper = (PlasticMatrix(torch.zeros(2, 2)) for _ in range(2))
    assert layer_by_layer(populations(3), [lower, upper], False).descents() == [[lower], [upper]]
    pfa, s1 = connected(sf.PFA()), connected(sf.Mixed("s1"))
    for way, fixed, plastic in zip(
        pfa.wiring.descents(), pfa.fixed, pfa.plastic_matrices, strict=True
    ):
        assert [matrix.stored for matrix in way] == [fixed, plastic]
    (above,), (direct,) = s1.wiring.descents()
    assert above.stored is s1.matrices[0]["above"]
    assert direct.stored is s1.matrices[1]["direct"]
    for circuit in (
        sf.DFA(),
        sf.DKP(),
        sf.DRTP(),
        sf.Mixed("s2"),
        sf.Mixed("s3"),
        sf.Auxiliary("s1"),
        sf.Shallow(),
    ):
        assert connected(circuit).wiring.descents() == []
        assert circuit.paths() == []


def test_a_circuit_of_ones_own_is_a_dataclass_that_says_how_it_is_wired():
    @dataclass(eq=False, kw_only=True)
    class Halving(feedback.Wired, sweep_only=True):
        """Every layer gets half of the error above, each neuron from one."""

        phi_delta: str = "tanh"
        tau: float = 0.5

        def wire(self, forward, device, dtype):
            halves = [
                PlasticMatrix(0.5 * torch.eye(each.n_post, each.n_pre, device=device, dtype=dtype))
                for each in forward[1:]
            ]
            return layer_by_layer(self.beside(forward), halves, gated=True)

    check_feedback(Halving())
    assert (
        repr(Halving()) == "test_a_circuit_of_ones_own_is_a_dataclass_that_says_how_it_is_wired"
        ".<locals>.Halving(phi_delta='tanh', tau=0.5)"
    )

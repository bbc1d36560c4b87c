"""Numbers of NumPy, torch and the standard library, wherever a number is taken.

Each place is given the same number as a Python number and as another type. What is written must be
readable, and be the same: a checkpoint of one continues the other, bit for bit.
"""

import json
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch
import yaml
from hypothesis import given
from hypothesis import strategies as st

import spikefa as sf
from spikefa.datasets.functions import linear
from spikefa.models import rate_network
from spikefa.recording import EveryImage, ImageWindow, Trigger, Window
from spikefa.recording.plan.ready_made import ClassShown, RateLeaves, WrongGuess
from spikefa.runs.directory import RunDirectory
from spikefa.simulation.checkpoint import load_checkpoint
from spikefa.utils.seeding import derive

REAL = {
    "np.float64": np.float64,
    "np.float32": np.float32,
    "np.float16": np.float16,
    "array": lambda x: np.array(float(x)),
    "torch": lambda x: torch.tensor(float(x)),
    "torch64": lambda x: torch.tensor(float(x), dtype=torch.float64),
    "Fraction": Fraction,
    "Decimal": Decimal,
}
WHOLE = {
    "np.int64": np.int64,
    "np.uint8": np.uint8,
    "array": lambda n: np.array(int(n)),
    "torch": lambda n: torch.tensor(int(n)),
    "torch.int32": lambda n: torch.tensor(int(n), dtype=torch.int32),
}
TRUTH = {"np.bool_": np.bool_, "array": np.array, "torch": torch.tensor}
# Every real number below is a sum of few powers of two, so that all types hold it exactly.


def spiking(data, tau=0.5, size=4, rule=None, circuit=None, inputs=12, weights=0.5, **options):
    populations = {"hidden1": sf.StochasticBinary(5), "output": sf.StochasticBinary(size, tau=tau)}
    net = sf.Network(
        inputs,
        populations,
        circuit or sf.FA(0.5),
        rule or sf.ThreeFactor(0.5),
        synapses=lambda *sizes, **where: sf.synapses.Masked(*sizes, scale=weights, **where),
    )
    return sf.Simulation(net, data, **{"batch_size": 2, "progress": False} | options)


def learning(epoch=8, **options):
    net = rate_network((3, 4, 2), sf.FA(0.5, tau=1.0), 0.01, "linear")
    stimulus = sf.FunctionStimulus(linear(3, 2, seed=0), epoch=epoch)
    return sf.Simulation(net, stimulus, batch_size=2, progress=False, **options)


def by_hand(simulation, *factors):
    simulation.set_learning_rates(*factors)
    return simulation


PLACES = {
    "tau": (0.5, lambda x, d: spiking(d, tau=x)),
    "learning rate": (0.5, lambda x, d: spiking(d, rule=sf.ThreeFactor(x))),
    "learning rates": (0.5, lambda x, d: spiking(d, rule=sf.ThreeFactor([x, x]))),
    "weight decay": (0.25, lambda x, d: spiking(d, rule=sf.ThreeFactor(0.5, weight_decay=x))),
    "memory": (0.25, lambda x, d: spiking(d, rule=sf.STDP(0.5, pre_memory=x))),
    "band": (0.25, lambda x, d: spiking(d, rule=sf.RoughThreeFactor(0.5, band=x))),
    "scale": (0.25, lambda x, d: spiking(d, circuit=sf.FA(x))),
    "scales": (0.25, lambda x, d: spiking(d, circuit=sf.FA([x]))),
    "error tau": (0.25, lambda x, d: spiking(d, circuit=sf.FA(0.5, tau=x))),
    "expansion": (2, lambda x, d: spiking(d, circuit=sf.PFA(expansion=x))),
    "momentum": (0.5, lambda x, d: spiking(d, circuit=sf.KP(momentum=x))),
    "half-range": (0.25, lambda x, d: spiking(d, weights=x)),
    "cap": (0.5, lambda x, d: spiking(d, encoding=sf.RateCode(x))),
    "threshold": (0.5, lambda x, d: spiking(d, encoding=sf.DeltaCode(x))),
    "shift": (0.5, lambda x, d: spiking(d, encoding=sf.Graded(x, x))),
    "schedule": (0.5, lambda x, d: spiking(d, schedule=lambda epoch: x)),
    "decay schedule": (0.5, lambda x, d: spiking(d, decay_schedule=lambda epoch: x)),
    "step decay": (0.5, lambda x, d: spiking(d, schedule=sf.StepDecay(x, at=x))),
    "step decays": (0.5, lambda x, d: spiking(d, schedule=sf.StepDecay(x, at=[x, 2 * x]))),
    "piecewise": (0.5, lambda x, d: spiking(d, schedule=sf.Piecewise({0: x, 2: 1 - x}))),
    "warm-up": (2, lambda x, d: spiking(d, schedule=sf.WarmUpAnneal(x, final=x / 4))),
    "factor": (0.5, lambda x, d: by_hand(spiking(d), x)),
    "factors": (0.5, lambda x, d: by_hand(spiking(d), [x, 2 * x], x)),
    "minutes": (2, lambda x, d: spiking(d, checkpoint_minutes=x)),
    "noise": (0.5, lambda x, d: noisy(x, d)),
}
COUNTS = {
    "batch": (3, lambda n, d: spiking(d, batch_size=n)),
    "steps": (3, lambda n, d: spiking(d, steps_per_image=n)),
    "size": (6, lambda n, d: spiking(d, size=n)),
    "inputs": (12, lambda n, d: spiking(d, inputs=n)),
    "seed": (3, lambda n, d: spiking(d, seed=n)),
    "seeds": (3, lambda n, d: spiking(d, seed=[n])),
    "epoch": (4, lambda n, d: learning(epoch=n)),
    "every": (3, lambda n, d: spiking(d, circuit=sf.PseudoBackprop(every=n))),
}
FLAGS = {
    "clip": lambda b, d: spiking(d, encoding=sf.LatencyCode(0.5, linear=b, clip=b)),
    "gated": lambda b, d: spiking(d, circuit=sf.FA(0.5, gated=b)),
    "decay": lambda b, d: spiking(d, rule=sf.ThreeFactor(0.5, decay_times_rate=b)),
}


def noisy(noise, data):
    net = sf.Network(
        12, {"output": sf.Rate(4, "tanh", noise=noise)}, sf.FA(0.5), sf.ThreeFactor(0.5)
    )
    return sf.Simulation(net, data, batch_size=2, progress=False)


def same_by_checkpoint(make, number, kinds, data, folder):
    """Continue the checkpoint of a Python number with each type, and read what that writes."""
    plainly = make(number, data)
    plainly.learn(2)
    plainly.save(folder / "plain.pt")
    plainly.learn(2)
    for name, kind in kinds.items():
        given = make(kind(number), data)
        own = given.runner.state.learning_rates.own.clone()
        given.restore(folder / "plain.pt")
        assert torch.equal(given.runner.state.learning_rates.own, own)
        given.learn(2)
        given.save(folder / "given.pt")
        saved = load_checkpoint(folder / "given.pt").tensors
        for place, tensor in plainly.tensors().items():
            assert torch.equal(saved[place], tensor), (name, place)


def some(kinds, place, places):
    """Every third of the kinds, others for each place."""
    names = list(kinds)
    first = list(places).index(place)
    return {name: kinds[name] for name in names[first % 3 :: 3]}


def reals(place):
    computed = place in ("step decays", "piecewise", "warm-up")  # by the test itself, with them
    return {name: kind for name, kind in REAL.items() if not (computed and name == "Decimal")}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*goes on with changes")  # a lambda has closed over the number
@pytest.mark.parametrize("place", PLACES)
def test_a_real_number_of_some_type(place, tiny, tmp_path):
    number, make = PLACES[place]
    same_by_checkpoint(make, number, some(reals(place), place, PLACES), tiny, tmp_path)


@pytest.mark.parametrize("place", COUNTS)
def test_a_whole_number_of_some_type(place, tiny, tmp_path):
    number, make = COUNTS[place]
    same_by_checkpoint(make, number, some(WHOLE, place, COUNTS), tiny, tmp_path)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:.*goes on with changes")
@pytest.mark.parametrize("place", [*PLACES, *COUNTS])
def test_a_number_of_any_type(place, tiny, tmp_path):
    number, make = (PLACES | COUNTS)[place]
    kinds = reals(place) if place in PLACES else WHOLE
    same_by_checkpoint(make, number, kinds, tiny, tmp_path)


@pytest.mark.parametrize("place", FLAGS)
@pytest.mark.parametrize("value", [True, False])
def test_a_truth_value_of_any_type(place, value, tiny, tmp_path):
    same_by_checkpoint(FLAGS[place], value, TRUTH, tiny, tmp_path)


def test_rows_of_metrics_are_numbers_of_python(tiny, tmp_path):
    simulation = spiking(tiny, schedule=lambda epoch: np.float32(0.5), decay_schedule=np.exp)
    simulation.train(np.int64(1))
    assert {type(value) for value in simulation.history[0].values()} == {float}
    simulation.save(tmp_path / "c.pt")
    assert load_checkpoint(tmp_path / "c.pt").history == simulation.history


@pytest.mark.parametrize("kind", WHOLE.values(), ids=WHOLE)
def test_a_recording_planned_with_them(kind, tiny, tmp_path):
    recorded = []
    for n, path in ((int, tmp_path / "plain.h5"), (kind, tmp_path / "given.h5")):
        with spiking(tiny, seed=3) as simulation:
            simulation.record(
                path,
                [
                    sf.Probe("hidden1", "spikes", n(4), stream=n(1)),
                    sf.Probe("output", "potential", [n(0), n(2)], stream=n(1), every=n(2)),
                ],
                [
                    Window("first", n(3), n(7)),
                    ImageWindow("images", n(2), n(3)),
                    EveryImage(n(5), first=n(1)),
                    Trigger(ClassShown(n(1)), before=n(1), after=n(2), at_most=n(3)),
                    Trigger(RateLeaves("hidden1", n(1), n(2)), hold_off=n(2)),
                ],
                {"seed": n(3), "note": "a run", "flag": np.bool_(True), "rate": np.float16(0.5)},
            )
            simulation.train(1)
        recorded.append(sf.open(path))
    plain, given = recorded
    assert (plain.raster("hidden1") == given.raster("hidden1")).all()
    assert (plain.steps == given.steps).all()
    for name in ("seed", "note", "flag", "rate"):
        assert plain.provenance[name] == given.provenance[name]
    assert plain.windows == given.windows


def test_a_threshold_of_a_trigger_and_a_truth_value():
    assert RateLeaves("hidden1", np.float32(0.25), torch.tensor(0.5)).text == (
        RateLeaves("hidden1", 0.25, 0.5).text
    )
    assert WrongGuess(np.bool_(True)).text == WrongGuess(True).text


@given(st.integers(0, 255), st.sampled_from(list(WHOLE.values())))
def test_a_seed_of_any_type_names_the_same_random_stream(seed, kind):
    assert derive(kind(seed), "weights", kind(1)) == derive(seed, "weights", 1)


def test_configuration_and_summary_can_be_read_again(tmp_path):
    values = {
        "a": np.float32(0.5),
        "b": [np.int64(3), torch.tensor(True)],
        "c": {"class": "FA", "scale": np.float64(0.25)},
        "d": (np.bool_(False), None),
    }
    directory = RunDirectory.create(tmp_path / "run")
    directory.write_config("some.experiment", values)
    directory.write_summary(values)
    told = {"a": 0.5, "b": [3, True], "c": {"class": "FA", "scale": 0.25}, "d": [False, None]}
    assert yaml.safe_load(directory.config.read_text()) == told
    assert json.loads(directory.summary.read_text()) == told


@pytest.mark.parametrize("wrong", ["3", None, np.zeros(2), 1j, lambda epoch: 1.0])
def test_a_schedule_that_returns_no_number_is_named(wrong, tiny):
    with pytest.raises(sf.SpikefaError, match="the factor of a schedule after 0 epochs must be"):
        spiking(tiny, schedule=lambda epoch: wrong).train(1)

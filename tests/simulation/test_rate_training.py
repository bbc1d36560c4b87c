"""Rate networks have what spiking ones have: recorder, checkpoints, stops, guard, schedules."""

import os
import signal

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.datasets.functions import linear
from spikefa.models import rate_network
from spikefa.recording import Always, EveryImage, Probe
from tests.helpers.small_examples import examples, jitter

STIMULI = {
    "examples": lambda: sf.ExampleStimulus(examples()),
    "changed examples": lambda: sf.ExampleStimulus(examples(), change=jitter),
    "function": lambda: sf.FunctionStimulus(linear(4, 3, 0), tests=20, epoch=24),
}
NETWORKS = {
    "FA": {"circuit": lambda: sf.FA(0.5, tau=1.0)},
    "noise": {"circuit": lambda: sf.NodePerturbation(tau=1.0), "noise": 0.3},
    "dropout": {"circuit": lambda: sf.KP(0.5, tau=1.0), "dropout": 0.2},
    "replicas": {"circuit": lambda: sf.DFA(0.5, tau=1.0), "replicas": 2},
}
each_network = pytest.mark.parametrize("network", NETWORKS)
each_stimulus = pytest.mark.parametrize("stimulus", STIMULI)


def simulate(stimulus="examples", network="FA", rate=0.02, seed=3, **options):
    given = dict(NETWORKS[network])
    net = rate_network((4, 5, 3), given.pop("circuit")(), rate, weight_scale=0.3, **given)
    shown = STIMULI[stimulus]()
    if stimulus != "function":
        options["test"] = sf.ExampleStimulus(examples(7, seed=1))
    return sf.Simulation(net, shown, batch_size=5, seed=seed, progress=False, **options)


def bits(simulation):
    """Everything that must agree: tensors, generators, position."""
    return {
        **{name: tensor.clone() for name, tensor in simulation.tensors().items()},
        **simulation.runner.random.states(),
        "position": torch.tensor([simulation.presentation, simulation.runner.state.steps]),
    }


def differing(one, other):
    assert one.keys() == other.keys()
    return [name for name in one if not torch.equal(one[name], other[name])]


@each_stimulus
@each_network
def test_stopped_by_ctrl_c_and_resumed_it_is_bit_identical(stimulus, network, tmp_path):
    schedule = sf.WarmUpAnneal(epochs=3, warmup=1)
    whole = simulate(stimulus, network, schedule=schedule)
    whole.train(epochs=3)
    path = tmp_path / "checkpoint.pt"
    stopped = simulate(stimulus, network, schedule=schedule, checkpoint=path)
    present, count = stopped.training.present, iter(range(100))

    def present_and_stop(**options):
        yield from present(**options)
        if next(count) == 3:
            os.kill(os.getpid(), signal.SIGINT)

    stopped.training.present = present_and_stop
    with pytest.raises(sf.Stopped, match="stopped at step 4"):
        stopped.train(epochs=3)
    resumed = simulate(stimulus, network, schedule=schedule)
    resumed.restore(path)
    resumed.train(epochs=3 - len(resumed.history))
    assert differing(bits(whole), bits(resumed)) == []
    assert whole.test() == resumed.test()


def test_examples_of_a_function_are_the_same_after_a_stop_within_a_block_of_them(tmp_path):
    whole, first, second = (simulate("function") for _ in range(3))
    whole.learn(600)
    first.learn(300)
    first.save(tmp_path / "c.pt")
    second.restore(tmp_path / "c.pt")
    second.learn(300)
    assert differing(bits(whole), bits(second)) == []


@each_stimulus
@each_network
def test_a_recording_changes_nothing_and_holds_the_state(stimulus, network, tmp_path):
    recorded, plain = simulate(stimulus, network), simulate(stimulus, network)
    probes = [
        Probe("input", "activity", "all"),
        Probe("hidden1", "potential", "all"),
        Probe("output", "modulator", "all", every=2),
    ]
    activity, potentials = [], []
    with recorded:
        recorded.record(tmp_path / "r.h5", probes, Always())
        for _ in range(9):
            for _ in recorded.present():
                activity.append(recorded.runner.stimulus_state.inputs[0].float())
                potential = recorded.runner.state.populations[0].potential
                potentials.append(potential.flatten(0, -2)[0].float())
    plain.learn(9)
    assert differing(bits(recorded), bits(plain)) == []
    with sf.open(tmp_path / "r.h5") as recording:
        shown = torch.as_tensor(recording.trace("input", "activity"))
        traced = torch.as_tensor(recording.trace("hidden1", "potential"))
        assert torch.equal(shown, torch.stack(activity))
        assert torch.equal(traced, torch.stack(potentials))
        assert len(recording.trace("output", "modulator")) == 5


def test_a_recording_goes_on_where_a_run_was_stopped(tmp_path):
    probes, when = [Probe("hidden1", "activity", "all")], EveryImage(2)
    whole, first, second = (simulate("changed examples") for _ in range(3))
    with whole:
        whole.record(tmp_path / "whole.h5", probes, when)
        whole.learn(10)
    with first:
        first.record(tmp_path / "parts.h5", probes, when)
        first.learn(5)
        first.save(tmp_path / "c.pt")
    second.restore(tmp_path / "c.pt")
    with second:
        second.resume_recording(tmp_path / "parts.h5")
        second.learn(5)
    with sf.open(tmp_path / "whole.h5") as one, sf.open(tmp_path / "parts.h5") as other:
        assert one.steps.tolist() == other.steps.tolist() == [0, 2, 4, 6, 8]
        traces = [each.trace("hidden1", "activity") for each in (one, other)]
        np.testing.assert_array_equal(*traces)


def test_nan_is_traced_to_its_step_and_the_last_good_state_is_saved(tmp_path):
    path = tmp_path / "checkpoint.pt"
    simulation = simulate(checkpoint=path)
    learn, bad = simulation.network.learn, 4

    def learn_and_break(state, *others):
        learn(state, *others)
        if state.steps == bad:
            simulation.network.synapses["hidden1"].weight[0, 0] = float("inf")

    simulation.network.learn = learn_and_break
    with pytest.raises(sf.SpikefaError, match=rf"hidden1.* at step {bad}: .*{path}"):
        simulation.train(epochs=3)
    good, expected = simulate(), simulate()
    good.restore(path)
    expected.learn(4)
    assert differing(bits(good), bits(expected)) == []


def test_a_rate_that_is_too_high_is_told_by_any_way_to_learn():
    for learn in (
        lambda simulation: simulation.train(200),
        lambda simulation: simulation.learn(500),
        lambda simulation: simulation.follow([0, 50, 99, 400], {}),
    ):
        with pytest.raises(sf.SpikefaError, match="lower the learning rate"):
            learn(simulate("function", rate=500.0))


def test_factors_set_by_hand_stay_on_top_of_schedules_and_in_checkpoints(tmp_path):
    half, scheduled = simulate(), simulate(schedule=lambda epoch: 0.5)
    half.set_learning_rates(0.5)
    for each in (half, scheduled):
        each.train(epochs=2)
    weights = [each.network.synapses["output"].weight for each in (half, scheduled)]
    assert torch.equal(*weights)
    half.save(tmp_path / "c.pt")
    resumed = simulate()
    resumed.restore(tmp_path / "c.pt")
    for each in (half, resumed):
        each.train(epochs=1)
    assert differing(bits(half), bits(resumed)) == []


def test_epochs_have_rows_with_measures_and_validation():
    validation = sf.ExampleStimulus(examples(9, seed=4))
    rows = simulate(validation=validation).train(epochs=2)
    assert [row["epoch"] for row in rows] == [1, 2]
    for name in ("train_error_percent", "train_squared_error", "validation_error_percent"):
        assert all(np.isfinite(row[name]) for row in rows), name
    assert rows[1]["train_squared_error"] < rows[0]["train_squared_error"]


def test_measures_of_the_training_are_those_of_the_answers_before_learning():
    """With all projections frozen, the mean over an epoch is what a test of the examples gives."""
    simulation = simulate()
    simulation.freeze(0, 1)
    row = simulation.train(epochs=5)[-1]  # 12 presentations of 5: every example five times
    score = simulation.test(sf.ExampleStimulus(examples()))
    assert score.measures["error_percent"] == pytest.approx(
        np.mean([row["train_error_percent"] for row in simulation.history]), abs=15
    )
    assert row["train_squared_error"] > 0


@each_stimulus
def test_noise_is_silent_in_tests(stimulus):
    simulation = simulate(stimulus, "noise")
    first, again = simulation.look().outputs.clone(), simulation.look().outputs
    assert torch.equal(first, again)
    state = simulation.held_out.state.populations
    assert not any(population.uniforms.numel() for population in state)


def test_another_stimulus_is_refused(tmp_path):
    simulate().save(tmp_path / "c.pt")
    with pytest.raises(
        sf.SpikefaError, match=r"of another run: its change is None, here it is .*jitter"
    ):
        simulate("changed examples").restore(tmp_path / "c.pt")
    other = sf.ExampleStimulus(examples(seed=9))
    net = rate_network((4, 5, 3), sf.FA(0.5, tau=1.0), 0.02, weight_scale=0.3)
    with pytest.raises(sf.SpikefaError, match="its inputs of the examples is"):
        sf.Simulation(net, other, batch_size=5, seed=3).restore(tmp_path / "c.pt")


def test_what_belongs_to_images_is_refused_beside_a_stimulus():
    for option in ({"steps_per_image": 3}, {"encoding": sf.RateCode()}):
        with pytest.raises(sf.SpikefaError, match="belong to a data set"):
            simulate(**option)
    with pytest.raises(sf.SpikefaError, match="needs a Stimulus or a Dataset, Examples given"):
        sf.Simulation(rate_network((4, 3), sf.FA(tau=1.0), 0.1), examples())


def test_without_a_test_stimulus_testing_is_refused_with_the_remedy():
    net = rate_network((4, 3), sf.FA(tau=1.0), 0.1)
    simulation = sf.Simulation(net, sf.ExampleStimulus(examples()), batch_size=5)
    with pytest.raises(sf.SpikefaError, match="give the simulation a test stimulus"):
        simulation.test()

"""The simulation: determinism, tests that touch nothing, resuming, recording without effect."""

import os
import signal
import threading

import pytest
import torch

import spikefa as sf
from spikefa.errors import SpikefaError
from spikefa.simulation.evaluation import streams_by_default
from spikefa.simulation.runner import Runner
from spikefa.stimulus.readout import ClassReadout
from spikefa.stimulus.sampler import ShuffledSampler


def simulate(tiny, seed=0, batch=4, **options):
    net = sf.models.lillicrap2016.spiking_mnist(
        hidden=8,
        hidden_layers=2,
        outputs=6,
        n_inputs=12,
        feedback=sf.FA(scale=0.7),
        rule=sf.ThreeFactor(5e-2),
    )
    return sf.Simulation(net, tiny, steps_per_image=3, batch_size=batch, seed=seed, **options)


def bits(simulation):
    """Everything that must agree: tensors, generators, counters."""
    return {
        **{name: tensor.clone() for name, tensor in simulation.tensors().items()},
        **simulation.runner.random.states(),
        "position": torch.tensor([simulation.presentation, simulation.runner.state.steps]),
    }


def differing(a, b):
    assert a.keys() == b.keys()
    return [name for name in a if not torch.equal(a[name], b[name])]


@pytest.mark.parametrize("batch", [1, 4, 5])
def test_same_seed_same_bits_other_seed_other_bits(tiny, batch):
    runs = [simulate(tiny, seed, batch) for seed in (7, 7, 8)]
    for run in runs:
        run.train(epochs=2)
    first, again, other = map(bits, runs)
    assert differing(first, again) == []
    changed = differing(first, other)
    for name in (
        "network.synapses.hidden1.weight",
        "network.feedback.B1",
        "stimulus",
        "spikes/hidden2",
    ):
        assert name in changed


def test_learns_what_is_easy(tiny):
    simulation = simulate(tiny)
    before = simulation.test()
    simulation.train(epochs=30)
    after = simulation.test()
    assert before.error_percent_summed >= 30
    assert after.error_percent_summed == 0
    assert after.images == len(tiny.test)


def test_a_test_leaves_the_training_bit_identical(tiny):
    tested, untested = simulate(tiny), simulate(tiny)
    for run in (tested, untested):
        run.train(epochs=1)
    before = bits(tested)
    first = tested.test()
    assert differing(before, bits(tested)) == []
    assert tested.test() == first, "a test has random numbers of its own, the same each time"
    for run in (tested, untested):
        run.train(epochs=1)
    assert differing(bits(tested), bits(untested)) == []


def test_validation_images_change_nothing_but_the_metrics(tiny):
    held_out = tiny.hold_out(4)
    row = simulate(held_out).train(epochs=1)[-1]
    assert 0 <= row["validation_error_percent"] <= 100
    assert "validation_error_percent" not in simulate(tiny).train(epochs=1)[-1]


def test_recording_changes_nothing(tiny, tmp_path):
    recorded, plain = simulate(tiny), simulate(tiny)
    probes = [sf.Probe("hidden1", "spikes", "all"), sf.Probe("output", "modulator", [0, 5])]
    with recorded:
        recorded.record(tmp_path / "recording.h5", probes, [sf.Window("all", 0, 18)])
        recorded.train(epochs=2)
    plain.train(epochs=2)
    assert differing(bits(recorded), bits(plain)) == []
    with sf.open(tmp_path / "recording.h5") as recording:
        assert recording.raster("hidden1").shape == (18, 8)


def test_the_recording_holds_what_the_first_stream_did(tiny, tmp_path):
    simulation = simulate(tiny)
    spikes, potentials, images = [], [], []
    with simulation:
        simulation.record(
            tmp_path / "recording.h5",
            [sf.Probe("hidden2", "spikes", "all"), sf.Probe("hidden2", "potential", [1, 4])],
            [sf.Window("all", 0, 12)],
        )
        for _ in range(4):
            images.append(int(simulation.training.sampler.items(simulation.presentation)[0]))
            for _ in simulation.present():
                state = simulation.runner.state.populations[1]
                spikes.append(state.spikes[0].clone())
                potentials.append(state.potential[0, [1, 4]].clone())
    with sf.open(tmp_path / "recording.h5") as recording:
        assert torch.equal(torch.as_tensor(recording.raster("hidden2")), torch.stack(spikes) == 1)
        traced = torch.as_tensor(recording.trace("hidden2", "potential"))
        assert torch.equal(traced, torch.stack(potentials))
        shown = recording.stimulus
        assert shown["image"].tolist() == [image for image in images for _ in range(3)]
        assert shown["label"].tolist() == [int(tiny.train.labels[i]) for i in shown["image"]]


@pytest.mark.parametrize("stop_at", [1, 5, 6, 9])
def test_stop_and_resume_is_bit_identical(tiny, tmp_path, stop_at):
    schedule = sf.WarmUpAnneal(epochs=3, warmup=1)
    whole = simulate(tiny, batch=5, schedule=schedule)
    whole.train(epochs=3)

    stopped = simulate(tiny, batch=5, schedule=schedule, checkpoint=tmp_path / "checkpoint.pt")
    present, shown = stopped.training.present, 0

    def present_and_stop(**options):
        nonlocal shown
        yield from present(**options)
        shown += 1
        if shown == stop_at:
            os.kill(os.getpid(), signal.SIGINT)

    stopped.training.present = present_and_stop
    with pytest.raises(sf.Stopped, match=f"step {3 * stop_at}"):
        stopped.train(epochs=3)
    del stopped

    resumed = simulate(tiny, batch=5, schedule=schedule)
    resumed.restore(tmp_path / "checkpoint.pt")
    assert resumed.presentation == stop_at
    resumed.train(epochs=3 - len(resumed.history))
    assert differing(bits(whole), bits(resumed)) == []
    timeless = [
        [{k: v for k, v in row.items() if k != "wall_seconds"} for row in run.history]
        for run in (whole, resumed)
    ]
    assert timeless[0] == timeless[1]


def test_signals_are_left_alone_outside_the_main_thread(tiny):
    simulation = simulate(tiny)
    worker = threading.Thread(target=simulation.train)
    worker.start()
    worker.join(timeout=60)
    assert len(simulation.history) == 1


def test_handlers_are_restored(tiny):
    before = signal.getsignal(signal.SIGINT)
    simulate(tiny).train(epochs=1)
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("variable", ["potential", "weight"])
def test_nan_is_traced_to_its_step_and_the_last_good_state_is_saved(tiny, tmp_path, variable):
    checkpoint = tmp_path / "checkpoint.pt"
    simulation = simulate(tiny, checkpoint=checkpoint)
    learn, bad_step = simulation.network.learn, 10

    def learn_and_break(state, *others):
        learn(state, *others)
        if state.steps == bad_step:
            if variable == "potential":
                state.populations[1].potential[0, 0] = float("nan")
            else:
                simulation.network.synapses["hidden2"].weight[0, 0] = float("inf")

    simulation.network.learn = learn_and_break
    with pytest.raises(SpikefaError, match=rf"hidden2.* at step {bad_step}: .*{checkpoint}"):
        simulation.train(epochs=3)

    good = simulate(tiny)
    good.restore(checkpoint)
    assert good.presentation == 3, "steps 0 to 8 were good"
    expected = simulate(tiny)
    for _ in range(3):
        for _ in expected.present():
            pass
    assert differing(bits(good), bits(expected)) == []


def test_too_high_a_rate_ends_in_a_sentence(tiny):
    simulation = simulate(tiny)
    simulation.network.rule.learning_rate = 1e38
    with pytest.raises(SpikefaError, match=r"became NaN or infinite at step \d+: lower"):
        simulation.train(epochs=3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size of Simulation is 0: give a whole number"),
        ({"batch_size": -3}, "is -3: give"),
        ({"steps_per_image": 0}, "steps_per_image of Simulation is 0: give"),
    ],
)
def test_impossible_numbers_are_refused(tiny, options, message):
    net = sf.models.lillicrap2016.spiking_mnist(hidden=4, outputs=4, n_inputs=12)
    with pytest.raises(SpikefaError, match=message):
        sf.Simulation(net, tiny, **options)


def test_network_and_images_must_fit(tiny):
    net = sf.models.lillicrap2016.spiking_mnist(hidden=4, outputs=4)
    with pytest.raises(SpikefaError, match="tiny has images of 12 pixels, the network 784"):
        sf.Simulation(net, tiny)
    net = sf.models.lillicrap2016.spiking_mnist(hidden=4, outputs=5, n_inputs=12)
    with pytest.raises(SpikefaError, match="multiple of 2"):
        sf.Simulation(net, tiny)


def test_memory_is_flat_over_a_run(tiny):
    """Nothing may pile up: the same tensors serve every step."""
    simulation = simulate(tiny)
    addresses = {name: tensor.data_ptr() for name, tensor in simulation.tensors().items()}
    simulation.train(epochs=3)
    assert addresses == {n: tensor.data_ptr() for n, tensor in simulation.tensors().items()}


@pytest.mark.parametrize(("images", "batch"), [(10, 1), (10, 3), (7, 7), (5, 12)])
def test_every_image_is_shown_once_per_epoch(images, batch):
    sampler = ShuffledSampler(images, batch, [1])
    listed = torch.cat([sampler.items(k) for k in range(sampler.presentations(4))])
    for epoch in range(4):
        part = listed[epoch * images : (epoch + 1) * images]
        assert sorted(part.tolist()) == list(range(images))
    assert len(listed) - 4 * images < batch
    for streams in (range(batch), [batch - 1]):
        shown = [sampler.items_of(k, streams) for k in range(len(listed) // batch)]
        assert shown == listed.view(-1, batch)[:, list(streams)].tolist()
    if images > 5:
        assert listed[:images].tolist() != listed[images : 2 * images].tolist()


def test_guesses_are_counted_from_the_last_and_from_the_summed_steps():
    groups = ClassReadout(n_outputs=4, n_classes=2).state(2, "cpu", torch.float32)
    target = torch.zeros(2, 4)
    groups.start(torch.tensor([0, 1]), target)
    assert target.tolist() == [[1, 1, 0, 0], [0, 0, 1, 1]]
    groups.count(torch.tensor([[1.0, 1, 0, 0], [1, 1, 0, 1]]))
    groups.count(torch.tensor([[0.0, 0, 1, 0], [0, 0, 1, 1]]))
    assert groups.last.tolist() == [[0, 1], [0, 2]]
    assert groups.summed.tolist() == [[2, 1], [2, 3]]


def test_training_goes_on_from_a_second_call(tiny):
    once, twice = simulate(tiny), simulate(tiny)
    once.train(epochs=2)
    twice.train()
    twice.train()
    assert differing(bits(once), bits(twice)) == []


def test_a_trained_network_is_not_drawn_anew(tiny):
    simulation = simulate(tiny)
    simulation.train()
    trained = simulation.network.synapses["output"].weight.clone()
    again = sf.Simulation(simulation.network, tiny, batch_size=2)
    assert torch.equal(again.network.synapses["output"].weight, trained)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (
            {"rule": sf.ThreeFactor},
            r"^rule is the class ThreeFactor: call it, ThreeFactor\(\.\.\.\)$",
        ),
        ({"feedback": sf.FA}, "^feedback is the class FA: call it"),
        ({"feedback": "FA"}, "^feedback must be a FeedbackCircuit, str given$"),
        ({"populations": {"output": 10}}, r"must be a Population, int given: wrap .* SnnTorch\("),
    ],
)
def test_a_part_of_a_network_that_is_no_object_of_its_kind_is_named(part, message):
    good = {
        "populations": {"output": sf.StochasticBinary(10)},
        "feedback": sf.FA(),
        "rule": sf.ThreeFactor(),
    }
    with pytest.raises(SpikefaError, match=message):
        sf.Network(64, **(good | part))


def test_one_probe_that_is_no_list_is_refused(tiny, tmp_path):
    with pytest.raises(SpikefaError, match="give a list of them"):
        simulate(tiny).record(
            tmp_path / "x.h5", sf.Probe("hidden1", "spikes"), [sf.Window("a", 0, 5)]
        )
    assert not (tmp_path / "x.h5").exists()


def test_so_many_images_are_tested_side_by_side_as_a_device_holds(tiny, monkeypatch):
    cpu, gpu = torch.device("cpu"), torch.device("cuda")
    assert [streams_by_default(cpu, images) for images in (10, 10_000)] == [10, 1000]
    assert [streams_by_default(gpu, images) for images in (10, 10_000)] == [10, 10_000]
    made = []

    class Watched(Runner):
        def __init__(self, network, stimulus, batch, *more, **options):
            made.append(batch)
            super().__init__(network, stimulus, batch, *more, **options)

    monkeypatch.setattr("spikefa.simulation.evaluation.Runner", Watched)
    simulation = simulate(tiny)
    assert simulation.test().images == simulation.test(batch=3).images == len(tiny.test)
    assert made == [len(tiny.test), 3]
    with pytest.raises(SpikefaError, match=r"batch of Evaluation is 0: give"):
        simulation.test(batch=0)

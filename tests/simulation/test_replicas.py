"""A simulation of R replicas is R simulations: training, tests, histories, stops and recordings."""

from functools import partial

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.errors import SpikefaError
from spikefa.simulation.guard import Guard
from spikefa.utils.tensors import named_tensors
from tests.helpers.replicated import SEEDS, simulation, together


def spikes_of(simulation, epochs=1):
    """Train, and return the spikes of all populations in every step, [steps, streams, n]."""
    seen = []
    for _ in range(simulation.presentations(epochs)):
        for _ in simulation.present():
            forward = [population.spikes for population in simulation.runner.state.populations]
            seen.append([simulation.runner.inputs.clone(), *(each.clone() for each in forward)])
    return [torch.stack(population) for population in zip(*seen, strict=True)]


@pytest.mark.parametrize("batch", [1, 15, 40])
def test_every_spike_is_that_of_a_single_run(batch):
    """40 streams of 100 images: presentations cross from one epoch to the next."""
    all_spikes = spikes_of(together(batch_size=batch))
    for number, seed in enumerate(SEEDS):
        alone = spikes_of(simulation(seed, batch_size=batch))
        for own, of_all in zip(alone, all_spikes, strict=True):
            assert torch.equal(own, of_all[:, number])


@pytest.mark.parametrize(
    "circuit", [sf.PAL, sf.WM, sf.FDFA, partial(sf.PFA, middle_phi_delta="spiking")]
)
def test_random_numbers_of_circuits_are_those_of_a_single_run(circuit):
    all_spikes = spikes_of(together(circuit=circuit))
    for number, seed in enumerate(SEEDS):
        for own, of_all in zip(
            spikes_of(simulation(seed, circuit=circuit)), all_spikes, strict=True
        ):
            assert torch.equal(own, of_all[:, number])


@pytest.mark.parametrize("encoding", [sf.LatencyCode(), sf.DeltaCode(), sf.Graded()])
def test_encodings_that_draw_nothing(encoding):
    all_spikes = spikes_of(together(encoding=encoding))
    for number, seed in enumerate(SEEDS):
        alone = spikes_of(simulation(seed, encoding=encoding))
        for own, of_all in zip(alone, all_spikes, strict=True):
            assert torch.equal(own, of_all[:, number])


def test_histories_and_scores_are_those_of_single_runs():
    sim = together()
    sim.train(2)
    score = sim.test()
    for number, seed in enumerate(SEEDS):
        one = simulation(seed)
        one.train(2)
        assert one.test() == score.replicas[number]
        for row, own in zip(one.history, sim.histories[number], strict=True):
            assert set(row) == set(own)
            for name in set(row) - {"wall_seconds"}:
                assert own[name] == pytest.approx(row[name], rel=1e-9), name


def test_mean_and_standard_deviation():
    sim = together()
    sim.train(1)
    row = sim.history[0]
    each = torch.tensor([rows[0]["train_error_percent"] for rows in sim.histories]).double()
    assert row["train_error_percent"] == pytest.approx(float(each.mean()))
    assert row["sd_train_error_percent"] == pytest.approx(float(each.std()))
    assert (row["images"], row["learning_rate_factor"]) == (105, 1)
    assert not {"sd_images", "sd_wall_seconds"} & set(row)
    score = sim.test()
    errors = torch.tensor([each.error_percent for each in score.replicas]).double()
    assert score.error_percent == pytest.approx(float(errors.mean()))
    assert score.sd == pytest.approx(float(errors.std()))
    assert f"± {score.sd_summed:.2f} % from all steps summed" in str(score)


def test_an_int_is_the_first_of_consecutive_seeds():
    assert simulation(5, 3).seeds == [5, 6, 7]


class Off:
    """A projection that never learns."""

    def __call__(self, epoch):
        return 0.0


def test_numpy_counts_too():
    assert simulation(np.int64(5), 2).seeds == [5, 6]
    assert simulation(range(4, 6), 2).seeds == [4, 5]


@pytest.mark.parametrize("circuit", [sf.FA, sf.PFA, sf.WM])
def test_memory_is_that_of_so_many_networks(circuit):
    def size(sim):
        tensors = {**sim.network.tensors(), **named_tensors(sim.runner.state)}
        return sum(tensor.untyped_storage().nbytes() for tensor in tensors.values() if tensor.dim())

    assert size(together(circuit=circuit)) <= 3 * size(simulation(circuit=circuit))


def test_a_schedule_and_a_frozen_projection_hold_for_all():
    frozen = {"hidden1": Off()}
    sim = together(schedule=frozen)
    before = sim.network.synapses["hidden1"].weight.clone()
    sim.train(1)
    assert torch.equal(sim.network.synapses["hidden1"].weight, before)
    one = simulation(SEEDS[1], schedule=frozen)
    one.train(1)
    for name, tensor in one.network.tensors().items():
        torch.testing.assert_close(sim.network.tensors()[name][1], tensor)


def test_a_stopped_run_goes_on_bit_for_bit(tmp_path):
    whole, first, second = together(), together(), together()
    whole.train(2)
    first.train(1)
    first.save(tmp_path / "stopped.pt")
    second.restore(tmp_path / "stopped.pt")
    assert (second.histories, second.history) == (first.histories, first.history)
    second.train(1)
    for name, tensor in whole.tensors().items():
        assert torch.equal(tensor, second.tensors()[name]), name
    assert [len(rows) for rows in (second.history, *second.histories)] == [2, 2, 2, 2]


def test_a_checkpoint_before_the_first_epoch(tmp_path):
    first, second = together(), together()
    first.save(tmp_path / "new.pt")
    second.restore(tmp_path / "new.pt")
    assert (second.history, second.histories) == ([], [[], [], []])


@pytest.mark.parametrize("other", [[3, 1, 4], [1, 3, 2], [3, 1]])
def test_a_checkpoint_of_other_seeds_is_refused(other, tmp_path):
    together().save(tmp_path / "saved.pt")
    with pytest.raises(SpikefaError, match=r"of another run: its (seed|replicas) is"):
        together(other).restore(tmp_path / "saved.pt")


def test_a_single_run_does_not_go_on_from_replicas(tmp_path):
    together([3]).save(tmp_path / "saved.pt")
    with pytest.raises(SpikefaError, match="its replicas is 1, here it is None"):
        simulation(3).restore(tmp_path / "saved.pt")


def test_the_watch_names_the_replica():
    sim = together()
    guard = Guard(sim.training)
    sim.network.synapses["hidden2"].weight[1, 0, 0] = float("inf")
    guard._keep()
    for _ in sim.present():
        pass
    with pytest.raises(SpikefaError, match="of replica 1 became NaN or infinite at step 0"):
        guard.check()


def test_seeds_must_fit():
    with pytest.raises(SpikefaError, match=r"2 seeds for a network that has 3 replicas"):
        simulation([1, 2], 3)
    with pytest.raises(SpikefaError, match=r"2 seeds for a network that has no replicas: give"):
        simulation([1, 2])
    with pytest.raises(SpikefaError, match="a seed comes twice"):
        simulation([1, 2, 1], 3)


@pytest.mark.parametrize("replicas", [0, -1, 1.5, "3"])
def test_replicas_must_be_a_number(replicas):
    with pytest.raises(SpikefaError, match=f"is {replicas!r}: give a whole number from 1 to"):
        simulation(0, replicas)


def test_there_are_only_so_many_replicas():
    with pytest.raises(SpikefaError, match="the replica is 3: give a whole number from -3 to 2"):
        together().network.replica(3)
    with pytest.raises(SpikefaError, match="the network has no replicas"):
        simulation().network.replica(0)
    with pytest.raises(SpikefaError, match=r"network.replica\(0\).alignment\(\)"):
        together().network.alignment()


def test_the_fused_backend_refuses():
    with pytest.raises(SpikefaError, match="it has 3 replicas; use --backend fused-deferred"):
        together(backend="fused", dtype=torch.float32)


def test_an_optimiser_that_mixes_weights_is_refused():
    with pytest.raises(SpikefaError, match="Adafactor cannot serve a network with replicas"):
        sf.Network(
            4,
            {"output": sf.StochasticBinary(2)},
            sf.FA(),
            sf.ThreeFactor(),
            optimiser=torch.optim.Adafactor,
            replicas=2,
        )


def test_a_circuit_stays_the_object_that_was_given():
    circuit = sf.FA()
    net = sf.Network(
        4, {n: sf.StochasticBinary(3) for n in "ab"}, circuit, sf.ThreeFactor(), replicas=2
    )
    assert net.feedback is circuit
    assert circuit.matrices[0].shape == (2, 3, 3)
    net.initialise([0, 1])
    assert not torch.equal(*circuit.matrices[0])


def test_replicas_share_no_memory():
    """Writing all tensors of one leaves every other as it is."""
    sim = together()
    sim.train(1)
    net, state = sim.network, sim.runner.state
    others = [named_tensors([net.replica(n).tensors(), state.replica(n)]) for n in (0, 2)]
    kept = [{name: t.clone() for name, t in other.items() if t.dim()} for other in others]
    for tensor in named_tensors([net.replica(1).tensors(), state.replica(1)]).values():
        if tensor.dim() and tensor.is_floating_point() and tensor.dtype == net.dtype:
            tensor.fill_(9)
    del state.learning_rates
    for before, now in zip(kept, others, strict=True):
        for name, tensor in before.items():
            if ".learning_rates." not in name:
                assert torch.equal(tensor, now[name]), name

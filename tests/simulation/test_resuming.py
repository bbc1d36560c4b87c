"""Checkpoints are written in time, never of a bad state, and continue in the middle of an epoch."""

import shutil
import warnings
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import spikefa as sf
from spikefa.errors import SpikefaError
from spikefa.recording import Always, EveryImage, Trigger
from spikefa.recording.plan.ready_made import RateLeaves
from spikefa.simulation import checkpoint as files
from spikefa.simulation.checkpoint import load_checkpoint
from tests.helpers.small_examples import examples

EVERY_PRESENTATION = 1e-12


def simulate(tiny, **options):
    net = sf.models.lillicrap2016.spiking_mnist(
        hidden=5, hidden_layers=1, outputs=4, n_inputs=12, rule=sf.STDP(0.1)
    )
    return sf.Simulation(
        net,
        replace(tiny, validation=tiny.test),
        **{"batch_size": 2, "progress": False} | options,
    )


def timeless(rows):
    return [{**row, "wall_seconds": 0} for row in rows]


class Kept:
    """Copies of every checkpoint that a simulation writes, and of its recording."""

    def __init__(self, simulation, folder, monkeypatch):
        self.number = 0
        written = simulation.checkpoints.write

        def write():
            written()
            shutil.copy(folder / "c.pt", folder / f"c{self.number}.pt")
            if (folder / "r.h5").exists():
                shutil.copy(folder / "r.h5", folder / f"r{self.number}.h5")
            self.number += 1

        monkeypatch.setattr(simulation.checkpoints, "write", write)


def test_the_first_checkpoint_is_written_before_the_first_step(tiny, tmp_path, monkeypatch):
    simulation = simulate(tiny, checkpoint=tmp_path / "c.pt")
    kept = Kept(simulation, tmp_path, monkeypatch)
    simulation.train(2)
    assert kept.number == 3, "one at once, and one after each epoch"
    positions = [load_checkpoint(tmp_path / f"c{n}.pt").presentation for n in range(3)]
    assert positions == [0, 11, 22]


@pytest.mark.slow
def test_every_checkpoint_within_an_epoch_continues_bit_for_bit(tiny, tmp_path, monkeypatch):
    """With running metrics, rows, and a recording with a clock of its own and a trigger."""
    probes = [
        sf.Probe("hidden1", "spikes", "all"),
        sf.Probe("output", "potential", 3, every=3, window=Always("slow")),
    ]
    windows = [EveryImage(3), Trigger(RateLeaves("hidden1", 0.4, 0.6), before=2, after=3)]
    whole = simulate(tiny, checkpoint=tmp_path / "c.pt", checkpoint_minutes=EVERY_PRESENTATION)
    kept = Kept(whole, tmp_path, monkeypatch)
    with whole:
        whole.record(tmp_path / "r.h5", probes, windows)
        whole.train(2)
    assert kept.number == 1 + 22 + 2
    for number in range(0, kept.number, 6):
        own = tmp_path / f"r{number}.h5"
        with simulate(tiny) as later:
            later.restore(tmp_path / f"c{number}.pt")
            later.resume_recording(own)
            if len(later.history) < 2:
                later.train(2 - len(later.history))
        for name, tensor in whole.tensors().items():
            assert torch.equal(tensor, later.tensors()[name]), (number, name)
        assert timeless(later.history) == timeless(whole.history)
        with sf.open(tmp_path / "r.h5") as one, sf.open(own) as other:
            assert (one.raster("hidden1") == other.raster("hidden1")).all()
            assert (one.trace("output", "potential") == other.trace("output", "potential")).all()
            assert (one.stimulus == other.stimulus).all()
            assert one.windows == other.windows


def test_the_time_within_an_epoch_is_kept(tiny, tmp_path, monkeypatch):
    simulation = simulate(tiny, checkpoint=tmp_path / "c.pt", checkpoint_minutes=EVERY_PRESENTATION)
    kept = Kept(simulation, tmp_path, monkeypatch)
    simulation.train(1)
    seconds = [load_checkpoint(tmp_path / f"c{n}.pt").wall_seconds for n in range(kept.number)]
    assert seconds == sorted(seconds)
    assert len(set(seconds)) >= 12
    assert seconds[-1] == simulation.wall_seconds == simulation.history[0]["wall_seconds"]


@pytest.mark.parametrize("minutes", [0, -1, float("nan"), "5"])
def test_minutes_must_be_positive(minutes, tiny):
    with pytest.raises(SpikefaError, match="checkpoint_minutes of Simulation is"):
        simulate(tiny, checkpoint_minutes=minutes)


def test_the_checkpoint_of_another_training_is_not_overwritten(tiny, tmp_path):
    path = tmp_path / "c.pt"
    first = simulate(tiny, checkpoint=path)
    first.train(1)
    first.train(1)
    before = path.read_bytes()
    with pytest.raises(SpikefaError, match="exists, and is not of this training: restore it"):
        simulate(tiny, checkpoint=path).train(1)
    assert path.read_bytes() == before
    later = simulate(tiny, checkpoint=path)
    later.restore(path)
    later.train(1)
    assert len(load_checkpoint(path).history) == 3


def spoil(simulation):
    next(iter(simulation.network.synapses.values())).weight[0, 0] = float("nan")


def test_nan_is_never_written_over_a_good_checkpoint(tiny, tmp_path):
    path = tmp_path / "c.pt"
    simulation = simulate(tiny, checkpoint=path)
    simulation.train(1)
    before = path.read_bytes()
    spoil(simulation)
    for write in (lambda: simulation.save(path), simulation.save_checkpoint):
        with pytest.raises(SpikefaError, match=r"weight.* is NaN or infinite: .* was not written"):
            write()
    with pytest.raises(SpikefaError, match="is NaN or infinite before the first step"):
        simulation.train(1)
    assert path.read_bytes() == before
    simulation.restore(path)
    simulation.train(1)


def test_a_state_that_begins_with_nan_is_not_the_last_good_state(tiny, tmp_path):
    simulation = simulate(tiny, checkpoint=tmp_path / "c.pt")
    spoil(simulation)
    with pytest.raises(SpikefaError, match="is NaN or infinite before the first step"):
        simulation.train(1)
    with pytest.raises(SpikefaError, match="is NaN or infinite before the first step"):
        simulation.learn(100)
    assert not (tmp_path / "c.pt").exists()


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
@pytest.mark.parametrize("place", ["network.synapses.hidden1.weight", "potential"])
def test_a_checkpoint_that_holds_nan_says_so_and_is_not_taken(bad, place, tiny, tmp_path):
    path = tmp_path / "c.pt"
    simulation = simulate(tiny)
    simulation.save(path)
    content = torch.load(path, weights_only=True)
    name = next(name for name in content["tensors"] if name.endswith(place))
    content["tensors"][name].view(-1)[0] = bad
    torch.save(content, path)
    before = {key: tensor.clone() for key, tensor in simulation.tensors().items()}
    with pytest.raises(SpikefaError, match=f"holds NaN or infinity in '{name}'"):
        simulation.restore(path)
    assert all(torch.equal(before[key], tensor) for key, tensor in simulation.tensors().items())


def test_what_cannot_be_read_does_not_replace_the_old_checkpoint(tiny, tmp_path, monkeypatch):
    path = tmp_path / "c.pt"
    simulation = simulate(tiny)
    simulation.save(path)
    before = path.read_bytes()
    save = torch.save

    def cut(content, file):
        save(content, file)
        file.truncate(file.tell() // 2)

    monkeypatch.setattr(files.torch, "save", cut)
    with pytest.raises(SpikefaError, match="was not written, because nobody could read it"):
        simulation.save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_diverging_leaves_the_last_good_state_within_the_epoch(tmp_path):
    """Checkpoints by time are checked first, so that none holds what has just gone wrong."""
    net = sf.models.rate_network((4, 5, 3), sf.FA(0.5, tau=1.0), 1e6, "linear")
    path = tmp_path / "c.pt"
    simulation = sf.Simulation(
        net,
        sf.ExampleStimulus(examples(400)),
        batch_size=1,
        checkpoint=path,
        checkpoint_minutes=EVERY_PRESENTATION,
        progress=False,
    )
    with pytest.raises(SpikefaError, match="the last good state is in"):
        simulation.train(1)
    saved = load_checkpoint(path)
    assert 0 <= saved.presentation == simulation.presentation
    assert all(torch.isfinite(each).all() for each in saved.tensors.values())


def test_restoring_the_same_says_nothing(tiny, tmp_path):
    simulate(tiny).save(tmp_path / "c.pt")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        simulate(tiny).restore(str(tmp_path / "c.pt"))


def test_a_checkpoint_may_be_named_relatively(tiny, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    simulation = simulate(tiny, checkpoint="c.pt")
    simulation.train(1)
    later = simulate(tiny, checkpoint=Path("c.pt"))
    later.restore(tmp_path / "c.pt")
    later.train(1)
    assert len(load_checkpoint(tmp_path / "c.pt").history) == 2

"""Checkpoints that are truncated, damaged, of another network, or that try to run code."""

import os
import pickle
import resource
import signal
import zipfile

import pytest
import torch

import spikefa as sf
from spikefa.errors import SpikefaError
from spikefa.simulation.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from tests.helpers.hostile.archives import odd_tensors


def simulate(tiny, hidden=5, **options):
    net = sf.models.lillicrap2016.spiking_mnist(
        hidden=hidden, hidden_layers=1, outputs=4, n_inputs=12
    )
    return sf.Simulation(net, tiny, **({"batch_size": 2} | options))


@pytest.fixture
def saved(tiny, tmp_path):
    path = tmp_path / "checkpoint.pt"
    simulate(tiny).save(path)
    return path


def test_tensors_and_plain_data_come_back(tmp_path):
    path = tmp_path / "c.pt"
    weights = {"w": torch.arange(3.0)}
    save_checkpoint(path, Checkpoint({"seed": 0}, {}, weights, {}, 7, 0.5, [{"epoch": 1.0}]))
    loaded = load_checkpoint(path)
    assert loaded.tensors["w"].tolist() == [0, 1, 2]
    assert (loaded.presentation, loaded.history) == (7, [{"epoch": 1.0}])


def test_truncated_at_any_length(saved):
    whole = saved.read_bytes()
    for length in (0, 1, 100, len(whole) // 2, len(whole) - 1):
        saved.write_bytes(whole[:length])
        with pytest.raises(SpikefaError, match=r"truncated|damaged|not a checkpoint"):
            load_checkpoint(saved)


def test_a_flipped_bit_in_a_weight_is_noticed(saved):
    content = bytearray(saved.read_bytes())
    with zipfile.ZipFile(saved) as parts:
        largest = max(parts.infolist(), key=lambda part: part.file_size)
    content[largest.header_offset + 200] ^= 1
    saved.write_bytes(content)
    with pytest.raises(SpikefaError, match="damaged"):
        load_checkpoint(saved)


class Evil:
    def __reduce__(self):
        return os.mkdir, ("pwned",)


@pytest.mark.parametrize("write", [torch.save, lambda o, p: p.write_bytes(pickle.dumps(o))])
def test_code_is_never_run(tmp_path, monkeypatch, write):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "evil.pt"
    write({"format": "spikefa-checkpoint", "version": 2, "tensors": Evil()}, path)
    with pytest.raises(SpikefaError, match=r"could run code|not a checkpoint"):
        load_checkpoint(path)
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("number", range(len(odd_tensors())))
def test_odd_tensors_are_refused_before_they_take_memory(number, tiny, saved):
    """Sparse, expanded, quantised, nested, without values, of another type or shape."""
    odd = odd_tensors()[number]
    content = torch.load(saved, weights_only=True)
    name = next(name for name in content["tensors"] if name.endswith("weight"))
    content["tensors"][name] = odd
    torch.save(content, saved)
    simulation = simulate(tiny)
    before = {each: tensor.clone() for each, tensor in simulation.tensors().items()}
    with pytest.raises(SpikefaError) as caught:
        simulation.restore(saved)
    assert str(caught.value).isprintable()
    assert all(torch.equal(before[each], now) for each, now in simulation.tensors().items())


@pytest.mark.parametrize(
    "part",
    [
        {"history": [1]},
        {"history": [{"epoch": "1"}]},
        {"history": [{1: 1}]},
        {"presentation": -1},
        {"presentation": 1 << 70},
        {"generators": {"x": torch.zeros(3)}},
        {"tensors": {1: torch.zeros(3)}},
        {"settings": {"x": 1 + 2j}},
        {"settings": {"x": torch.zeros(3)}},
        {"notes": {1: 2}},
        {"notes": {"x": [torch.zeros(3)]}},
    ],
)
def test_parts_that_hold_something_else(part, saved):
    torch.save(torch.load(saved, weights_only=True) | part, saved)
    with pytest.raises(SpikefaError, match="damaged"):
        load_checkpoint(saved)


@pytest.mark.parametrize("changed", [{"version": torch.zeros(3)}, {"format": torch.zeros(3)}])
def test_marks_that_are_tensors(changed, saved):
    torch.save(torch.load(saved, weights_only=True) | changed, saved)
    with pytest.raises(SpikefaError, match="checkpoint of"):
        load_checkpoint(saved)


@pytest.mark.parametrize("value", ["a\nb", "\x1b[2J", ["a\nb"], [], {"x": 1}])
@pytest.mark.parametrize("name", ["seed", "backend", "new\nline"])
def test_what_differs_is_told_in_one_line(name, value, tiny, saved):
    content = torch.load(saved, weights_only=True)
    content["settings"][name] = value
    torch.save(content, saved)
    with pytest.raises(SpikefaError, match="another run") as caught:
        simulate(tiny).restore(saved)
    assert str(caught.value).isprintable()


def test_a_generator_in_a_state_that_there_is_not(tiny, saved):
    content = torch.load(saved, weights_only=True)
    for state in content["generators"].values():
        state.fill_(255)
    torch.save(content, saved)
    with pytest.raises(SpikefaError, match="state of the generator"):
        simulate(tiny).restore(saved)


def test_other_files_and_versions(tmp_path):
    with pytest.raises(SpikefaError, match="no checkpoint at"):
        load_checkpoint(tmp_path / "absent.pt")
    torch.save({"epoch": 3}, tmp_path / "other.pt")
    with pytest.raises(SpikefaError, match="not a checkpoint of spikefa"):
        load_checkpoint(tmp_path / "other.pt")
    torch.save({"format": "spikefa-checkpoint", "version": 99}, tmp_path / "newer.pt")
    with pytest.raises(SpikefaError, match="version 99"):
        load_checkpoint(tmp_path / "newer.pt")


def test_a_checkpoint_with_parts_missing_or_of_the_wrong_kind(tiny, tmp_path):
    path = tmp_path / "c.pt"
    simulation = simulate(tiny)
    simulation.save(path)
    good = torch.load(path, weights_only=True)
    broken = [
        {name: value for name, value in good.items() if name != "settings"},
        good | {"tensors": []},
        good | {"generators": {}},
        good | {"generators": good["generators"] | {"stimulus": torch.zeros(3)}},
        good | {"settings": {}},
    ]
    for content in broken:
        torch.save(content, path)
        with pytest.raises(SpikefaError):
            simulation.restore(path)


def test_another_network_is_refused_and_nothing_is_copied(tiny, saved):
    other = simulate(tiny, hidden=6)
    before = {name: tensor.clone() for name, tensor in other.tensors().items()}
    with pytest.raises(SpikefaError, match="its size of population 'hidden1' is 5, here it is 6"):
        other.restore(saved)
    assert all(torch.equal(before[name], tensor) for name, tensor in other.tensors().items())
    net = sf.models.lillicrap2016.spiking_mnist(hidden=5, hidden_layers=2, outputs=4, n_inputs=12)
    with pytest.raises(SpikefaError, match=r"its populations is \['hidden1', 'output'\]"):
        sf.Simulation(net, tiny, batch_size=2).restore(saved)


@pytest.mark.parametrize(
    ("option", "value"), [("seed", 1), ("batch_size", 3), ("steps_per_image", 4)]
)
def test_another_run_is_refused(tiny, saved, option, value):
    with pytest.raises(SpikefaError, match=f"another run: its {option} is"):
        simulate(tiny, **{option: value}).restore(saved)


def test_a_full_disk_is_one_sentence_and_the_old_checkpoint_stays(tiny, saved):
    before = saved.read_bytes()
    big = simulate(tiny, hidden=4000)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
        with pytest.raises(SpikefaError, match="no room left on the disk"):
            big.save(saved)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved], "no part of a file is left behind"

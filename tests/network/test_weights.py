"""Weights alone: written, read by safetensors itself, loaded again; and files that do not fit."""

import json
import struct
import sys
from functools import partial

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

import spikefa as sf
from spikefa.errors import SpikefaError


def network(feedback=None, hidden=5, replicas=None, seed=None, dtype=torch.float32, synapses=None):
    populations = {"hidden1": sf.StochasticBinary(hidden), "output": sf.StochasticBinary(4)}
    made = sf.Network(
        6,
        populations,
        sf.FA(0.3) if feedback is None else feedback,
        sf.ThreeFactor(0.05),
        synapses or sf.Dense,
        replicas=replicas,
        dtype=dtype,
    )
    if seed is not None:
        made.initialise(seed)
    return made


def weights(net, beginning=""):
    return {n: t.clone() for n, t in net.tensors().items() if n.startswith(beginning)}


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for name, each in expected.items():
        assert torch.equal(found[name], each), name


@pytest.fixture
def saved(tmp_path):
    net = network(seed=1)
    sf.save_weights(net, tmp_path / "w.safetensors")
    return tmp_path / "w.safetensors", net


def test_another_reader_finds_names_numbers_and_sizes(saved):
    path, net = saved
    found = load_file(path)
    assert found.keys() == net.tensors().keys()
    for name, each in net.tensors().items():
        np.testing.assert_array_equal(found[name], each.numpy())
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    about = json.loads(raw[8 : 8 + length])["__metadata__"]
    assert (about["format"], about["version"], about["n_inputs"]) == ("spikefa-weights", "1", "6")
    assert json.loads(about["populations"]) == {"hidden1": 5, "output": 4}
    assert about["feedback"].endswith("FA")


@pytest.mark.parametrize("replicas", [None, 2])
@pytest.mark.parametrize(
    "circuit",
    [lambda: sf.FA(0.3), lambda: sf.FA(0.3, procedural=True), sf.PFA, sf.KP, sf.Backprop, sf.SF],
)
def test_what_is_loaded_is_what_was_saved(tmp_path, circuit, replicas):
    before = network(circuit(), replicas=replicas, seed=1)
    sf.save_weights(before, tmp_path / "w")
    after = network(circuit(), replicas=replicas, seed=2)
    sf.load_weights(after, tmp_path / "w")
    assert_same(weights(after), weights(before))


def test_one_replica_of_several(tmp_path):
    before = network(replicas=3, seed=1)
    sf.save_weights(before.replica(1), tmp_path / "w")
    single = network()
    sf.load_weights(single, tmp_path / "w")
    assert_same(weights(single), weights(before.replica(1)))


def test_forward_weights_alone_leave_the_circuit_its_own_seed(saved):
    """The circuit is drawn as it would be in a new network with this seed."""
    path, before = saved
    after = network(sf.PFA(), seed=5)
    sf.load_weights(after, path, feedback=False, seed=9)
    assert_same(weights(after, "synapses."), weights(before, "synapses."))
    assert_same(weights(after, "feedback."), weights(network(sf.PFA(), seed=9), "feedback."))


def test_training_goes_on_from_them_with_another_batch_and_seed(saved, tiny):
    """A simulation draws no weights anew; the first update starts from those loaded."""
    path, before = saved
    net = network()
    sf.load_weights(net, path)
    data = sf.datasets.Dataset("tiny", *(_cropped(each) for each in (tiny.train, tiny.test)))
    sim = sf.Simulation(net, data, batch_size=3, seed=11, progress=False)
    assert_same(weights(net), weights(before))
    sim.train(1)
    assert not torch.equal(
        net.tensors()["synapses.output.weight"], before.tensors()["synapses.output.weight"]
    )


def _cropped(images):
    return sf.datasets.Images(images.pixels[:, :2, :3], images.labels, n_classes=2)


def test_a_file_is_not_overwritten_unawares(saved):
    path, net = saved
    with pytest.raises(SpikefaError, match="exists: move it, give another name, or overwrite=True"):
        sf.save_weights(net, path)
    sf.save_weights(network(seed=4), path, overwrite=True)
    again = network()
    sf.load_weights(again, path)
    assert_same(weights(again), weights(network(seed=4)))


def test_what_cannot_be_saved(tmp_path):
    with pytest.raises(SpikefaError, match=r"draw them first, network.initialise\(seed\)"):
        sf.save_weights(network(), tmp_path / "w")
    net = network(seed=1)
    net.tensors()["feedback.B1"][0, 0] = torch.inf
    with pytest.raises(SpikefaError, match=r"NaN or infinity in feedback.B1"):
        sf.save_weights(net, tmp_path / "w")
    assert not list(tmp_path.iterdir())


def changed(path, change, about=()):
    """Write a file with other tensors or metadata, with safetensors itself."""
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    metadata = json.loads(raw[8 : 8 + length])["__metadata__"] | dict(about)
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path, metadata)


NAME = "synapses.output.weight"
WRONG = {
    "lacks": (lambda t: t.pop(NAME), {}, "lacks synapses.output.weight: make a network whose pop"),
    "more": (lambda t: t.update(x=np.zeros(1)), {}, "also has x: make a network whose populations"),
    "shape": (lambda t: t.update({NAME: t[NAME].T.copy()}), {}, r"is F32 \[4, 5\], .*F32 \[5, 4\]"),
    "type": (lambda t: t.update({NAME: t[NAME].astype(np.float64)}), {}, "is F64 .* the network's"),
    "nan": (lambda t: t[NAME].fill(np.nan), {}, "NaN or infinity in synapses.output.weight"),
    "inf": (lambda t: t[NAME].fill(np.inf), {}, "NaN or infinity in synapses.output.weight"),
    "stranger": (lambda t: None, {"format": "pt"}, "not of a network of spikefa"),
    "future": (lambda t: None, {"version": "9"}, "has version 9, and this spikefa reads 1"),
}


@pytest.mark.parametrize(("change", "about", "said"), WRONG.values(), ids=WRONG)
def test_what_does_not_fit_changes_nothing(saved, change, about, said):
    path, _ = saved
    changed(path, change, about)
    net = network(seed=2)
    with pytest.raises(SpikefaError, match=said) as refused:
        sf.load_weights(net, path)
    assert "\n" not in str(refused.value)
    assert_same(weights(net), weights(network(seed=2)))


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (lambda: network(hidden=7), "make a network of the same sizes"),
        (lambda: network(replicas=2), "number of replicas"),
        (lambda: network(dtype=torch.float64), "is F32 .* F64"),
        (lambda: network(sf.DFA(0.3)), "weights of FA, and the network DFA: take the forward weig"),
    ],
)
def test_networks_that_do_not_fit(saved, other, said):
    with pytest.raises(SpikefaError, match=said):
        sf.load_weights(other(), saved[0])


HEADERS = {
    "empty": b"",
    "short": b"\x10\0\0",
    "no names": struct.pack("<Q", 0) + b"{}",
    "enormous": struct.pack("<Q", 2**63) + b"{}",
    "longer than the file": struct.pack("<Q", 100) + b"{}",
    "no JSON": struct.pack("<Q", 4) + b"{[]}",
    "beyond the file": struct.pack("<Q", 67)
    + b'{"x":{"dtype":"F32","shape":[99999999],"data_offsets":[0,399999996]}}'[:67],
    "a pickle": b"\x80\x04\x95\x10\0\0\0\0\0\0\0\x8c\x05posix\x94",
}


@pytest.mark.parametrize("content", HEADERS.values(), ids=HEADERS)
def test_files_that_are_none(tmp_path, content):
    (tmp_path / "w").write_bytes(content)
    with pytest.raises(SpikefaError, match="is no file of weights") as refused:
        sf.load_weights(network(), tmp_path / "w")
    assert "\n" not in str(refused.value)


def reason(path):
    """Return why a file is refused; no other error is allowed."""
    try:
        sf.load_weights(network(), path)
    except SpikefaError as error:
        return str(error)
    return ""


def test_damaged_files_are_one_line(saved):
    path, _ = saved
    sound, random = path.read_bytes(), np.random.default_rng(0)
    for _ in range(150):
        content = bytearray(sound)
        content[random.integers(0, 600)] = random.integers(0, 256)
        path.write_bytes(content[: random.integers(1, len(content) + 1)])
        assert "\n" not in reason(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(SpikefaError, match="there is no file"):
        sf.load_weights(network(), tmp_path / "w")


def test_without_safetensors_a_sentence_says_how_to_get_it(monkeypatch, saved):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(SpikefaError, match=r"pip install 'spikefa\[weights\]'"):
        sf.load_weights(network(), saved[0])


def test_free_weights_go_on_with_few_bits(saved):
    path, free = saved
    nearest = partial(sf.Dense, constraints=(sf.Bits(4, limit=0.07, rounding="nearest"),))
    coarse = network(synapses=nearest)
    sf.load_weights(coarse, path)
    for name, synapses in coarse.projections.items():
        (bits,) = synapses.held
        wanted = free.projections[name].weight / bits.unit
        assert torch.equal(bits.levels, wanted.round().clamp(-7, 7).to(torch.int8))
        assert torch.equal(synapses.weight, bits.levels * bits.unit)
        assert torch.equal(synapses.bias, free.projections[name].bias)


def test_weights_of_few_bits_come_back_with_what_their_rounding_remembers(tmp_path):
    rounded = partial(sf.Dense, constraints=(sf.Bits(4),))
    written, read = network(synapses=rounded, seed=1), network(synapses=rounded, seed=2)
    sf.save_weights(written, tmp_path / "bits.safetensors")
    sf.load_weights(read, tmp_path / "bits.safetensors")
    assert_same(weights(read), weights(written))


def test_free_weights_lose_the_signs_that_their_neurons_do_not_have(saved):
    path, free = saved
    signed = network(synapses=partial(sf.Dense, constraints=(sf.Dale(0.5),)))
    sf.load_weights(signed, path)
    for name, synapses in signed.projections.items():
        given = free.projections[name].weight
        kept = (synapses.weight == given) | (synapses.weight == 0)
        assert kept.all()
        assert (synapses.weight == given).any()
        assert not torch.equal(synapses.weight, given)

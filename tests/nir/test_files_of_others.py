"""NIR files of other programs: what a network here cannot have is said, and nothing is run."""

import json
import random
from contextlib import suppress

import h5py
import numpy as np
import pytest

import spikefa as sf
from spikefa.errors import SpikefaError
from tests.nir.test_round_trip import lif, network


@pytest.fixture
def path(tmp_path):
    sf.nir.write(network(lif(6), lif(4)), tmp_path / "a.nir")
    return tmp_path / "a.nir"


def refused(path, said):
    with pytest.raises(SpikefaError, match=said) as error:
        sf.nir.read(path)
    assert "\n" not in str(error.value)


def replace(file, place, value):
    del file[place]
    file[place] = value


def edges(file, *pairs):
    replace(file, "node/edges", np.array(pairs, dtype=h5py.string_dtype()))


def conv(file):
    replace(file, "node/nodes/layer0/type", "Conv2d")


def delay(file):
    replace(file, "node/nodes/layer0_synapses/type", "Delay")


def unknown(file):
    replace(file, "node/nodes/layer0/type", "\x1b[31mMine")


def recurrent(file):
    old = [tuple(map(bytes.decode, pair)) for pair in file["node/edges"][()]]
    edges(file, *old, ("layer0", "layer0_synapses"))


def circle(file):
    edges(file, ("input", "layer0"), ("layer0", "input"))


def nowhere(file):
    edges(file, ("input", "elsewhere"))


def no_weights(file):
    del file["node/nodes/layer0_synapses/weight"]


def other_size(file):
    replace(file, "node/nodes/layer0_synapses/weight", np.zeros((6, 7), np.float32))


def nan(file):
    file["node/nodes/layer0_synapses/weight"][0, 0] = np.nan


def short(file):
    file["node/nodes/layer0/tau"][:] = 1e-9


def negative(file):
    file["node/nodes/layer0/tau"][:] = -1


def infinite(file):
    file["node/nodes/layer0/v_threshold"][:] = np.inf


def no_threshold(file):
    del file["node/nodes/layer0/v_threshold"]


def two_sizes(file):
    replace(file, "node/nodes/layer0/r", np.ones(5))


def huge(file):
    """Claim 4 TB in a file of some kB."""
    del file["node/nodes/layer0_synapses/weight"]
    group = file["node/nodes/layer0_synapses"]
    group.create_dataset("weight", (1 << 20, 1 << 20), np.float32, chunks=(64, 64))


def packed(file):
    """Claim 2 GB of zeros, which gzip packs a thousandfold; and in one chunk of the file."""
    del file["node/nodes/layer0_synapses/weight"]
    group = file["node/nodes/layer0_synapses"]
    group.create_dataset("weight", (1 << 14, 1 << 15), np.float32, chunks=(64, 64), fillvalue=1)


def elsewhere(file):
    replace(file, "node/nodes/layer0_synapses/weight", h5py.ExternalLink("/dev/zero", "/x"))


def text_for_numbers(file):
    replace(file, "node/nodes/layer0_synapses/weight", "many")


def no_graph(file):
    replace(file, "node/type", "LIF")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (conv, r"'layer0' is a 'Conv2d'.*synapses \(Affine, Linear\).*LIF"),
        (delay, "'layer0_synapses' is a 'Delay'"),
        (unknown, "'layer0' is a"),
        (recurrent, "several edges leave 'layer0'"),
        (circle, "only a chain"),
        (nowhere, "one of them is no node"),
        (no_weights, "no matrix of weights"),
        (other_size, r"\[6, 7\], \[n_post, n_pre\], behind 12"),
        (nan, "NaN or infinity"),
        (short, "give a smaller dt"),
        (negative, "give a smaller dt"),
        (infinite, "infinite or no number"),
        (no_threshold, "has no v_threshold"),
        (two_sizes, "the neurons behind"),
        (huge, "would be 4,398,046,511,104 bytes"),
        (packed, "would be 2,147,483,648 bytes"),
        (elsewhere, "lies in another file"),
        (text_for_numbers, "no matrix of weights"),
        (no_graph, "not a NIRGraph"),
    ],
)
def test_what_a_network_cannot_have_is_said(path, damage, said):
    with h5py.File(path, "r+") as file:
        damage(file)
    refused(path, said)


def pack(path, how):
    with h5py.File(path, "r+") as file:
        weight = file["node/nodes/layer0_synapses/weight"][()]
        del file["node/nodes/layer0_synapses/weight"]
        group = file["node/nodes/layer0_synapses"]
        group.create_dataset("weight", data=weight, compression=how)


def test_packed_with_gzip_as_nirs_library_does(path):
    whole = sf.nir.read(path).tensors()
    pack(path, "lzf")
    refused(path, "use gzip")
    pack(path, "gzip")
    assert all(each.equal(whole[name]) for name, each in sf.nir.read(path).tensors().items())


def test_a_step_that_fits_the_time_constants(path):
    """Of LIF with 0.1 ms: tau is 1 ms, for which a step of 2 ms is too long."""
    with pytest.raises(SpikefaError, match="give a smaller dt"):
        sf.nir.read(path, dt=2e-3)
    finer = sf.nir.read(path, dt=1e-5).populations["layer0"].neuron
    assert float(finer.beta) == pytest.approx(0.99)


def note(path, change):
    with h5py.File(path, "r+") as file:
        noted = json.loads(file["node/metadata/spikefa"][()])
        change(noted)
        replace(file, "node/metadata/spikefa", json.dumps(noted))


RUN = {"class": "os.system", "arguments": {"command": "touch /tmp/pwned"}}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda noted: noted.update(feedback=RUN), "none of spikefa's own feedback"),
        (lambda noted: noted.update(rule=RUN), "none of spikefa's own rules"),
        (lambda noted: noted["populations"].update(layer0=RUN), "none of spikefa's own neurons"),
        (lambda noted: noted["feedback"].update({"class": "Wired"}), "none of spikefa's own"),
        (lambda noted: noted["feedback"].update({"class": ["FA"]}), "none of spikefa's own"),
        (lambda noted: noted["feedback"]["arguments"].update(seed=1), "arguments of its FA"),
        (lambda noted: noted["feedback"]["arguments"].update(scale={"a": 1}), "plain data"),
        (lambda noted: noted["feedback"]["arguments"].update(tau=7), "tau"),
        (lambda noted: noted["rule"]["arguments"].update(learning_rate=["x"]), "learning_rate"),
        (lambda noted: noted.update(feedback=5), "no mapping"),
        (lambda noted: noted.update(format=99), "version 99"),
        (lambda noted: noted.update(dt="fast"), "dt"),
        (lambda noted: noted.update(dt=-1.0), "dt"),
        (lambda noted: noted.update(populations=[]), "no populations"),
        (lambda noted: noted.update(output_error="all"), "output_error"),
        (
            lambda noted: noted["populations"]["layer0"].update(reset_mechanism="eval"),
            "a reset by 'eval'",
        ),
        (lambda noted: noted["synapses"]["layer0"].update(norm="x"), "norm"),
    ],
)
def test_notes_name_spikefas_own_parts_alone(path, change, said):
    note(path, change)
    refused(path, said)


def test_a_file_without_notes_needs_a_circuit_and_a_rule(path):
    with h5py.File(path, "r+") as file:
        del file["node/metadata"]
    refused(path, r"feedback=sf\.FA\(\)")
    read = sf.nir.read(path, feedback=sf.DFA(), rule=sf.ThreeFactor())
    assert [each.size for each in read.populations.values()] == [6, 4]


def test_no_file_and_no_hdf5(tmp_path):
    with pytest.raises(sf.SpikefaError, match="there is no file"):
        sf.nir.read(tmp_path / "none.nir")
    (tmp_path / "text.nir").write_text("weights")
    refused(tmp_path / "text.nir", "no NIR file")


def test_damaged_bytes_are_an_error_in_words_or_a_network(path):
    """Wherever one byte is changed, or the file ends."""
    whole, drawn = path.read_bytes(), random.Random(0)
    for _ in range(40):
        damaged = bytearray(whole)
        damaged[drawn.randrange(len(whole))] ^= 1 << drawn.randrange(8)
        if drawn.random() < 0.2:
            damaged = damaged[: drawn.randrange(len(whole))]
        path.write_bytes(damaged)
        with suppress(SpikefaError):
            assert sf.nir.read(path).n_inputs == 12

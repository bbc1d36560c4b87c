"""What is in the file is what happened; read back with plain h5py and NumPy."""

import hashlib

import h5py
import numpy as np
import pytest
import torch

from spikefa.errors import SpikefaError
from spikefa.recording import Probe, Recorder, Window, open_recording
from tests.helpers.toy_network import (
    IMAGES,
    PROBES,
    PROVENANCE,
    SIZES,
    WINDOWS,
    Toy,
    shown,
    shown_to,
    truth,
)

STEPS = [step for window in WINDOWS for step in range(window.start, window.stop)]


@pytest.fixture
def path(tmp_path, start, toy):
    with start(thumbnails=IMAGES) as recorder:
        toy.run(recorder, range(130))
    return tmp_path / "run.h5"


def expected(population, variable, stream, units):
    return np.stack([truth(step)[population][variable][stream][units] for step in STEPS])


@pytest.mark.parametrize("probe", [p for p in PROBES if p.variable == "spikes"])
def test_packed_bits_are_the_spikes(path, probe):
    with h5py.File(path) as file:
        group = file[f"spikefa/raster/{probe.population}"]
        packed, units = group["packed"][:], group["node_ids"][:]
        assert group["packed"].attrs["n_units"] == len(units)
        assert group["packed"].attrs["bitorder"] == b"little"
        assert group["packed"].attrs["batch_index"] == probe.stream
        np.testing.assert_array_equal(group["step"][:], STEPS)
    spikes = expected(probe.population, "spikes", probe.stream, units).astype(bool)
    for unit in range(len(units)):
        bits = packed[:, unit // 8] >> (unit % 8) & 1
        np.testing.assert_array_equal(bits.astype(bool), spikes[:, unit])
    spare = packed.shape[1] * 8 - len(units)
    assert 0 <= spare < 8
    if spare:
        assert not (packed[:, -1] >> (8 - spare)).any()


def test_traces_are_the_values(path):
    with h5py.File(path) as file:
        for name, population, variable in (
            ("spikefa/modulator/hidden2", "hidden2", "modulator"),
            ("spikefa/trace/gain/hidden2", "hidden2", "gain"),
            ("spikefa/trace/potential/hidden2", "hidden2", "potential"),
        ):
            group = file[name]
            truth_ = expected(population, variable, 0, group["node_ids"][:])
            np.testing.assert_array_equal(group["value"][:], truth_)
            np.testing.assert_array_equal(group["step"][:], STEPS)


def test_potentials_are_a_sonata_report(path):
    with h5py.File(path) as file:
        report = file["report/hidden2"]
        units = report["mapping/node_ids"][:]
        assert units.dtype == np.uint64
        assert report["data"].dtype == np.float32
        assert report["data"].compression is None
        assert "units" in report["data"].attrs
        truth_ = expected("hidden2", "potential", 0, units)
        np.testing.assert_array_equal(report["data"][:], truth_)
        np.testing.assert_array_equal(report["mapping/index_pointers"][:], np.arange(6))
        assert report["mapping/index_pointer"] == report["mapping/index_pointers"]
        assert report["mapping/element_ids"].dtype == np.uint32
        np.testing.assert_array_equal(report["mapping/time"][:], [0.0, len(STEPS), 1.0])
        assert report["mapping/time"].attrs["units"] == b"ms"


def test_stimulus_and_counter_across_windows(path):
    with h5py.File(path) as file:
        assert file["spikefa/committed_steps"][0] == len(STEPS)
        assert file["spikefa/status"][0] == 1
        stimulus = file["spikefa/stimulus"][:]
    rows = [(step, *shown(step)) for step in STEPS]
    assert stimulus.tolist() == rows


def test_thumbnails_are_those_of_the_images_shown(path):
    with open_recording(path) as recording:
        images = recording.images
    assert set(images) == {shown(step)[0] for step in STEPS}
    for index, pixels in images.items():
        np.testing.assert_array_equal(pixels, IMAGES[index])


def test_provenance(path):
    with h5py.File(path) as file:
        strings = {name: value for name, value in file.attrs.items() if isinstance(value, bytes)}
        attributes = {**file.attrs, **{name: value.decode() for name, value in strings.items()}}
        assert not any(file.attrs.get_id(name).dtype.kind == "O" for name in file.attrs)
    assert {name: attributes[name] for name in PROVENANCE} == PROVENANCE
    assert attributes["spikefa_schema"] == "1.1"
    digest = hashlib.sha256(PROVENANCE["config_json"].encode()).hexdigest()
    assert attributes["config_sha256"] == digest
    for name in ("uuid", "created_utc", "dt_units", "torch_version", "hdf5_version"):
        assert attributes[name]
    with open_recording(path) as recording:
        assert recording.seed == 7
        assert recording.config == {"tau": 0.9}


def test_reader_agrees(path):
    with open_recording(path) as recording:
        np.testing.assert_array_equal(recording.steps, STEPS)
        assert recording.windows == WINDOWS
        assert {name: p.size for name, p in recording.populations.items()} == SIZES
        roles = [p.role for p in recording.populations.values()]
        assert roles == ["input", "hidden", "hidden", "output"]
        np.testing.assert_array_equal(recording.units("hidden2"), [0, 3, 17])
        spikes = expected("hidden2", "spikes", 0, [17, 0]).astype(bool)
        np.testing.assert_array_equal(recording.raster("hidden2", [17, 0]), spikes)
        middle = slice(20, 35)
        np.testing.assert_array_equal(
            recording.raster("hidden2", [17, 0], "middle"), spikes[middle]
        )
        gap_too = recording.raster("hidden2", [17, 0], slice(30, 65))
        np.testing.assert_array_equal(gap_too, spikes[middle])
        gain = expected("hidden2", "gain", 0, [23])
        np.testing.assert_array_equal(recording.trace("hidden2", "gain"), gain)
        np.testing.assert_array_equal(recording.trace("hidden2", "gain", 23), gain[:, 0])
        np.testing.assert_array_equal(
            recording.raster("hidden2", steps=slice(21, 50)).shape, (0, 3)
        )
        units = np.array([0, 1, 2, 18, 19])
        classes = recording.populations["output"].classes(units)
        np.testing.assert_array_equal(classes, [0, 0, 1, 9, 9])


def test_missing_names_are_answered_with_what_there_is(path):
    with open_recording(path) as recording:
        for ask, answer in (
            (lambda: recording.raster("hidden9"), "input, hidden1, hidden2, output"),
            (lambda: recording.trace("hidden1", "gain"), "spikes, potential"),
            (lambda: recording.raster("hidden2", [5]), "0, 3, 17"),
            (lambda: recording.raster("hidden2", steps="lunch"), "early, middle, late"),
        ):
            with pytest.raises(SpikefaError, match=answer):
                ask()


def wait_for_writer(recorder):
    """Wait for what has been handed over, without handing over more."""
    recorder._pipeline.thread.wait()


def test_long_windows_are_written_in_blocks(tmp_path):
    """2,345 rows: two full blocks and a part of one."""
    spikes = torch.zeros(1, 9)
    probes, windows = [Probe("input", "spikes", "all")], [Window("all", 10, 2355)]
    path = tmp_path / "long.h5"
    recorder = Recorder.create(path, probes, windows, {"input": {"spikes": spikes}}, {"seed": 1})
    kept = []
    counts = []
    for step in range(2400):
        spikes.bernoulli_(0.5, generator=torch.Generator().manual_seed(step))
        recorder.observe(step, step // 9, 0)
        if 10 <= step < 2355:
            kept.append(spikes[0].numpy().astype(bool).copy())
        if step in (1008, 1009, 2354):
            wait_for_writer(recorder)
            with h5py.File(path, "r") as file:
                counts.append(int(file["spikefa/committed_steps"][0]))
    recorder.close()
    assert counts == [0, 1000, 2345]
    with open_recording(path) as recording:
        np.testing.assert_array_equal(recording.raster("input"), kept)


def test_half_precision_is_kept(tmp_path):
    toy = Toy(torch.bfloat16)
    probes = [Probe("hidden1", "gain", "all"), Probe("hidden1", "spikes", "all")]
    path = tmp_path / "half.h5"
    with Recorder.create(path, probes, [Window("w", 2, 4)], toy.variables, PROVENANCE) as recorder:
        toy.run(recorder, range(6))
    with open_recording(path) as recording:
        gain = torch.tensor(truth(3)["hidden1"]["gain"][0]).bfloat16().float().numpy()
        np.testing.assert_array_equal(recording.trace("hidden1", "gain")[1], gain)


def test_state_is_not_touched(start, toy):
    recorder = start()
    toy.step(3)
    before = {k: {n: t.clone() for n, t in v.items()} for k, v in toy.variables.items()}
    random = torch.random.get_rng_state()
    recorder.observe(3, *shown_to(recorder.streams, 3))
    recorder.close()
    assert torch.equal(random, torch.random.get_rng_state())
    for population, states in before.items():
        for variable, value in states.items():
            assert torch.equal(value, toy.variables[population][variable])


def test_an_existing_file_is_never_overwritten(tmp_path, start):
    (tmp_path / "run.h5").write_text("precious")
    with pytest.raises(SpikefaError, match="never overwritten"):
        start()
    assert (tmp_path / "run.h5").read_text() == "precious"
    assert len(list(tmp_path.iterdir())) == 1


def test_an_exception_leaves_a_readable_file_marked_failed(tmp_path, start, toy):
    def run():
        with start() as recorder:
            toy.run(recorder, range(7))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run()
    with open_recording(tmp_path / "run.h5") as recording:
        assert recording.status == "failed"
        np.testing.assert_array_equal(recording.steps, range(7))


def test_activity_that_is_not_binary_is_not_packed(tmp_path, start, toy):
    """One warning, the file stays good, and the simulation goes on."""
    messages = []
    recorder = start(warn=messages.append)
    toy.run(recorder, range(60))
    toy.variables["hidden1"]["spikes"].fill_(0.5)
    for step in range(60, 110):
        recorder.observe(step, *shown_to(recorder.streams, step))
    recorder.close()
    assert len(messages) == 1
    assert "not all 0 or 1" in messages[0]
    with open_recording(tmp_path / "run.h5") as recording:
        assert recording.status == "failed"
        np.testing.assert_array_equal(recording.steps, range(20))


@pytest.mark.gpu
def test_a_step_on_the_gpu_does_not_wait_for_it(tmp_path):
    torch.cuda.set_device(0)
    toy = Toy()
    for states in toy.variables.values():
        for variable, value in states.items():
            states[variable] = value.cuda()
    path = tmp_path / "gpu.h5"
    recorder = Recorder.create(path, PROBES, [Window("w", 0, 50)], toy.variables, PROVENANCE)
    for step in range(49):
        toy.step(step)
        torch.cuda.set_sync_debug_mode("error")
        recorder.observe(step, *shown_to(recorder.streams, step))
        torch.cuda.set_sync_debug_mode("default")
    recorder.close()
    with open_recording(path) as recording:
        units = recording.units("hidden1")
        spikes = [truth(step)["hidden1"]["spikes"][2][units].astype(bool) for step in range(49)]
        np.testing.assert_array_equal(recording.raster("hidden1"), spikes)

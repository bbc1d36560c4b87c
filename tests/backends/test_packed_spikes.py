"""The recorder takes spikes as the bits that the fused backend has made of them already."""

import h5py
import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.backends import Backend
from spikefa.recording import Probe, Window
from spikefa.recording.format.schema import shown_type
from spikefa.recording.plan.channels import resolve
from spikefa.recording.write.blocks import Block
from spikefa.recording.write.presentation import Presentation
from spikefa.recording.write.ring_buffer import RingBuffer
from spikefa.utils.packing import BitPacker, unpack
from tests.helpers.fused_pairs import DEVICE

PROBES = {
    "all neurons": [Probe("hidden1", "spikes", "all"), Probe("output", "spikes", "all")],
    "some neurons": [Probe("hidden1", "spikes", [1, 7, 8, 12]), Probe("output", "spikes", 3)],
    "all streams": [Probe("hidden1", "spikes", "all", stream="all"), Probe("output", "potential")],
    "events": [Probe("hidden1", "spikes", "all", encoding="events")],
}


def datasets(path):
    found = {}
    with h5py.File(path, locking=False) as file:
        file.visititems(
            lambda name, item: (
                found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None
            )
        )
    return found


def record(tiny, path, probes):
    sizes = {"hidden1": sf.StochasticBinary(13), "output": sf.StochasticBinary(4)}
    net = sf.Network(12, sizes, sf.FA(), sf.ThreeFactor(1e-2), device=DEVICE)
    with sf.Simulation(net, tiny, steps_per_image=2, batch_size=5, backend="fused") as simulation:
        simulation.record(path, probes, [Window("all", 0, 8)])
        taken = simulation.runner.variables()["hidden1"]
        for _ in range(4):
            for _ in simulation.present():
                pass
    return taken


@pytest.mark.slow
@pytest.mark.usefixtures("triton")
@pytest.mark.parametrize("what", PROBES)
def test_a_file_is_the_same_bit_for_bit_if_the_recorder_packs_for_itself(
    tiny, tmp_path, monkeypatch, what
):
    from spikefa.backends.fused import Fused

    probes = [Probe(p.population, p.variable, 3) if p.variable != "spikes" else p
              for p in PROBES[what]]  # fmt: skip
    assert "packed_spikes" in record(tiny, tmp_path / "taken.h5", probes)
    monkeypatch.setattr(Fused, "probed", Backend.probed)
    assert "packed_spikes" not in record(tiny, tmp_path / "packed.h5", probes)
    taken, packed = datasets(tmp_path / "taken.h5"), datasets(tmp_path / "packed.h5")
    assert taken.keys() == packed.keys()
    for name, values in packed.items():
        assert np.array_equal(taken[name], values), name
    assert any(values.any() for name, values in packed.items() if "hidden1" in name)


def test_what_was_packed_is_what_is_recorded():
    """With bits that are not those of the spikes, so that it shows which were taken."""
    spikes = torch.zeros(2, 11)
    bits = torch.tensor([[255, 7], [1, 4]], dtype=torch.uint8)
    variables = {"some": {"spikes": spikes, "packed_spikes": bits}}
    for units, expected in (("all", [1, 4]), ([0, 9, 10], [0b101])):
        channels = resolve([Probe("some", "spikes", units, stream=1)], variables, 0)
        buffer = RingBuffer(channels, variables, 2)
        block = Block(0, channels, 2, pinned=False, shown=shown_type(1, "u1"))
        assert RingBuffer.row_bytes(channels, variables) == 2
        buffer.take(0)
        block.add(0, Presentation(0, np.zeros(1), np.zeros(1)))
        buffer.drain(block)
        assert block.values[0][0].tolist() == expected
        assert not block.invalid[0].any()


@pytest.mark.parametrize("n", [1, 8, 17])
def test_unpacking_undoes_packing(n):
    spikes = (torch.rand(3, n) < 0.5).float()
    bits = BitPacker(spikes.dtype, spikes.device).pack(spikes)
    assert torch.equal(unpack(bits, torch.arange(n)).float(), spikes)

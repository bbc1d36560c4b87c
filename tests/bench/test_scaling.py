"""Widths and batches."""

import pytest
import torch

import spikefa as sf
from spikefa.bench.limits import Limits
from spikefa.bench.scaling import scaling, scaling_figure
from spikefa.bench.work import work_of


def test_scaling_measures_what_it_has_patience_and_room_for(tmp_path, monkeypatch):
    monkeypatch.setattr("spikefa.bench.scaling.free_memory", lambda device: 1e9)
    cpu, limits = torch.device("cpu"), Limits(flops=1e12, bandwidth=1e12)
    batches = (1, 100_000, 1 << 40)
    points = [vars(point) for point in scaling(cpu, (8, 16), batches, repetitions=1, limits=limits)]
    assert [(point["width"], bool(point["milliseconds"])) for point in points] == [
        *((8, measured) for measured in (True, False, False)),
        *((16, measured) for measured in (True, False, False)),
    ]
    assert points[1]["left_out"] == "it needs 3.7 GB, 1.0 are free"
    assert points[2]["left_out"].startswith("a step takes at least ")
    work = work_of(sf.models.lillicrap2016.spiking_mnist(hidden=16), 1)
    assert (points[3]["flops"], points[3]["bytes"]) == (work.flops, work.bytes)
    least = 1e3 * max(work.flops / 1e12, work.bytes / 1e12)
    assert points[3]["share"] == pytest.approx(least / points[3]["milliseconds"][0])
    scaling_figure(points, tmp_path / "scaling.png", limits.flops)
    assert (tmp_path / "scaling.png").stat().st_size > 5000

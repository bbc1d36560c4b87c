"""The least work of a step."""

import pytest

import spikefa as sf
from spikefa.bench.work import work_of


def test_the_work_of_figure_4_is_counted_as_on_paper():
    """40.7 MFLOP per stream and step; 3 passes over 28.7 MB, one over 24 MB of feedback."""
    work = work_of(sf.models.lillicrap2016.spiking_mnist(), batch=1)
    assert work.plastic == pytest.approx(7.176e6, rel=1e-3)
    assert work.fixed == 6_000_000
    assert work.flops == pytest.approx(40.7e6, rel=1e-3)
    assert work.bytes == pytest.approx(110e6, rel=2e-3)

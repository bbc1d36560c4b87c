"""One stream on a CPU: silent neurons' weights are not read, threads share, sums are the same."""

import pytest
import torch

import spikefa as sf
from spikefa.utils import products
from spikefa.utils.products import product, rows_to_read, sum_of_rows

SIZES = [(1500, 1500), (784, 1500), (300, 4096), (1001, 777)]


def spikes(n, rate, dtype=torch.float32):
    generator = torch.Generator().manual_seed(n)
    return (torch.rand(1, n, generator=generator) < rate).to(dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("rate", [0.0, 0.13, 0.5, 1.0])
@pytest.mark.parametrize("size", SIZES)
def test_the_drive_is_the_product(size, rate, dtype):
    weight = torch.rand(size, dtype=dtype) - 0.5
    pre, out = spikes(size[0], rate, dtype), torch.full((1, size[1]), torch.nan, dtype=dtype)
    rows = rows_to_read(pre, weight)
    assert len(rows) == pre.sum()
    sum_of_rows(rows, weight, out)
    exact = (pre.double() @ weight.double()).to(dtype)
    torch.testing.assert_close(out, exact, rtol=0, atol=1e-4 if dtype == torch.float32 else 1e-12)


def test_what_is_not_read_is_not_missed():
    """A weight that is not a number shows who reads it."""
    synapses = sf.Dense(1000, 500)
    pre, out = spikes(1000, 0.5), torch.zeros(1, 500)
    synapses.weight[pre[0] == 0] = torch.nan
    synapses.drive(pre, out)
    assert out.isfinite().all()
    synapses.drive(pre.expand(2, -1), both := torch.zeros(2, 500))
    assert both.isnan().all()


def test_everything_is_read_where_that_is_better():
    weight = torch.zeros(1000, 500)
    assert rows_to_read(spikes(1000, 0.5), weight) is not None
    assert rows_to_read(spikes(1000, 0.5).expand(2, -1), weight) is None
    assert rows_to_read(spikes(1000, 0.5) * 0.5, weight) is None
    assert rows_to_read(spikes(1000, 0.5)[None], weight[None]) is None
    assert rows_to_read(spikes(1000, 0.5).requires_grad_(), weight) is None
    assert rows_to_read(spikes(100, 0.5), torch.zeros(100, 500)) is None
    assert rows_to_read(spikes(1000, 0.5).to("meta"), weight.to("meta")) is None


def test_a_network_learns_as_if_all_were_read(monkeypatch, tiny):
    def learned():
        network = sf.models.lillicrap2016.spiking_mnist(700, 2, 400, n_inputs=12)
        simulation = sf.Simulation(network, tiny, batch_size=1, seed=0)
        for _ in range(3):
            for _ in simulation.present():
                pass
        return network.tensors()

    some = learned()
    monkeypatch.setattr(products, "LEAST", 1 << 62)
    for name, tensor in learned().items():
        torch.testing.assert_close(tensor, some[name], rtol=0, atol=1e-5)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", SIZES)
def test_an_error_is_carried_as_by_the_product(size, dtype, threads, threads_of):
    threads_of(threads)
    matrix = torch.rand(size, dtype=dtype) - 0.5
    sent = torch.rand(1, size[0], dtype=dtype) - 0.5
    out = torch.full((1, size[1]), torch.nan, dtype=dtype)
    product(sent, matrix, out)
    exact = (sent.double() @ matrix.double()).to(dtype)
    torch.testing.assert_close(out, exact, rtol=0, atol=1e-4 if dtype == torch.float32 else 1e-12)


def test_the_number_of_threads_changes_no_bit_of_a_shared_sum(threads_of):
    matrix, sent = torch.rand(1500, 1500) - 0.5, torch.rand(1, 1500)
    found = []
    for threads in (2, 3, 8):
        threads_of(threads)
        found.append(torch.empty(1, 1500))
        product(sent, matrix, found[-1])
    rows = rows_to_read((sent < 0.5).float(), matrix)
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])
    threads_of(1)
    sum_of_rows(rows, matrix, found[0])
    threads_of(2)
    sum_of_rows(rows, matrix, found[1])
    assert torch.equal(found[0], found[1])


def test_many_streams_and_replicas_are_multiplied_as_ever(threads_of):
    threads_of(2)
    for sent, matrix in (
        (torch.rand(3, 700), torch.rand(700, 400)),
        (torch.rand(2, 1, 700), torch.rand(2, 700, 400)),
        (torch.rand(1, 70), torch.rand(70, 40)),
    ):
        out = torch.empty(*sent.shape[:-1], matrix.shape[-1])
        product(sent, matrix, out)
        assert torch.equal(out, sent @ matrix)


@pytest.fixture
def threads_of():
    """Set the number of threads, for the test alone."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)

"""The host reads nothing from the device while a network learns, is recorded and shown."""

import threading

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import spikefa as sf
from spikefa.recording import Always, Probe, Trigger, WrongGuess, open_recording
from spikefa.utils.progress import Bar
from spikefa.utils.tensors import named_tensors
from tests.helpers.photograph_folder import write_folder

aten = torch.ops.aten
READS = {
    aten._local_scalar_dense,  # item, int, float, bool, an if on a tensor
    aten.is_nonzero,
    aten.equal,
    aten.nonzero,
    aten.masked_select,
    aten._unique2,
}
BY_MASK = {aten.index, aten.index_put_}
COPIES = ("tolist", "numpy", "cpu")


class Read(AssertionError):
    """The host has looked at what may not be computed yet."""


class NoReading(TorchDispatchMode):
    """Refuses what would make the host wait if the tensors were on a GPU.

    What is on the host in any case, such as the count of the weight decay, is named to it with
    `on_host`; what is computed of that alone is there too.
    """

    def __init__(self):
        super().__init__()
        self.active = False
        self._host = {}

    def on_host(self, *tensors):
        self._host |= {tensor.untyped_storage().data_ptr(): tensor for tensor in tensors}

    def refuse(self, tensor, what):
        if self.active and tensor.untyped_storage().data_ptr() not in self._host:
            raise Read(what)

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        read = [part for part in tree_leaves((args, kwargs)) if isinstance(part, torch.Tensor)]
        masks = func.overloadpacket in BY_MASK and any(part.dtype == torch.bool for part in read)
        if func.overloadpacket in READS or masks:
            self.refuse(read[0], func)
        found = func(*args, **(kwargs or {}))
        if read and all(part.untyped_storage().data_ptr() in self._host for part in read):
            self.on_host(*(part for part in tree_leaves(found) if isinstance(part, torch.Tensor)))
        return found


@pytest.fixture
def no_reading(monkeypatch):
    """`NoReading`; besides, no tensor of this thread becomes a list, an array or a host tensor."""
    guard = NoReading()
    mine = threading.get_ident()
    for name in COPIES:
        whole = getattr(torch.Tensor, name)

        def refuse(tensor, *args, name=name, whole=whole, **kwargs):
            if threading.get_ident() == mine:
                guard.refuse(tensor, name)
            return whole(tensor, *args, **kwargs)

        monkeypatch.setattr(torch.Tensor, name, refuse)
    return guard


def watched(simulation, guard, presentations):
    """Let the simulation go on without reading."""
    items = simulation.training.sampler.items_of

    def known(*args):
        guard.active = False  # the host has the order too, and asks its own copy
        found = items(*args)
        guard.active = True
        return found

    simulation.training.sampler.items_of = known
    guard.on_host(*named_tensors(simulation.runner.state.learning_rates).values())
    guard.active = True
    try:
        with guard:
            for _ in range(presentations):
                for _ in simulation.present():
                    pass
    finally:
        guard.active = False


def simulation(tiny, **options):
    network = sf.models.lillicrap2016.spiking_mnist(
        hidden=9, hidden_layers=2, outputs=4, n_inputs=12, **options
    )
    return sf.Simulation(network, tiny, batch_size=4, seed=0)


@pytest.mark.parametrize("circuit", [sf.FA, sf.DFA, lambda: sf.PFA(2)])
def test_learning_waits_for_nothing(tiny, no_reading, circuit):
    sim = simulation(tiny, feedback=circuit())
    watched(sim, no_reading, 7)
    assert sim.presentation == 7


def test_augmenting_waits_for_nothing(tiny, no_reading):
    network = sf.models.lillicrap2016.spiking_mnist(hidden=9, outputs=4, n_inputs=12)
    moved = sf.CropAndFlip((3, 4), crop=2)
    sim = sf.Simulation(network, tiny, batch_size=4, seed=0, augmentation=moved)
    watched(sim, no_reading, 7)
    assert sim.presentation == 7


def test_photographs_in_files_wait_for_nothing(no_reading, tmp_path):
    """The items, and what threads write into, are on the host."""
    data = sf.datasets.image_folder(write_folder(tmp_path), 6, in_memory=False)
    network = sf.models.lillicrap2016.spiking_mnist(hidden=9, outputs=4, n_inputs=data.n_inputs)
    sim = sf.Simulation(network, data, batch_size=4, seed=0)
    sampler, reader = sim.training.sampler, sim.runner.stimulus_state.reader
    items, begin = sampler.items, reader._begin

    def known(number):
        found = items(number)
        no_reading.on_host(found)
        return found

    def in_memory(*given):
        no_reading.active = False
        begun = begin(*given)
        no_reading.active = True
        return begun

    sampler.items, reader._begin = known, in_memory
    watched(sim, no_reading, 7)
    assert sim.presentation == 7


@pytest.mark.parametrize("synapses", [sf.Dense, sf.Masked])
def test_counting_costs_waits_for_nothing(tiny, no_reading, synapses):
    populations = {"hidden1": sf.StochasticBinary(9), "output": sf.StochasticBinary(4)}
    net = sf.Network(12, populations, sf.DFA(sparsity=0.5), sf.ThreeFactor(), synapses)
    sim = sf.Simulation(net, tiny, batch_size=4, count_costs=True)
    watched(sim, no_reading, 7)
    assert sim.costs.steps == 35


def test_recording_waits_for_nothing(tiny, no_reading, tmp_path):
    """Spikes, potentials, and a modulator at every second step."""
    sim = simulation(tiny)
    probes = [
        *(Probe(name, "spikes", "all") for name in ("input", "hidden1", "output")),
        Probe("hidden1", "potential", 3),
        Probe("hidden1", "modulator", 3, every=2),
    ]
    with sim:
        sim.record(tmp_path / "r.h5", probes, Always())
        watched(sim, no_reading, 7)
    with open_recording(tmp_path / "r.h5") as recording:
        assert len(recording.steps) == 35


def test_a_trigger_waits_for_nothing(tiny, no_reading, tmp_path):
    sim = simulation(tiny)
    with sim:
        wrong = Trigger(WrongGuess(), before=2, after=2)
        sim.record(tmp_path / "r.h5", [Probe("output", "spikes", "all")], wrong)
        watched(sim, no_reading, 7)
    with open_recording(tmp_path / "r.h5") as recording:
        assert len(recording.steps) > 0  # it has fired


def test_a_look_at_a_tensor_is_noticed(tiny, no_reading):
    """What the tests above rest on."""
    for look in (
        lambda state: bool(state.error.any()),
        lambda state: state.error.sum().item(),
        lambda state: state.error.tolist(),
        lambda state: state.error[state.error > 2],
        lambda state: state.error.cpu(),
    ):
        sim = simulation(tiny)
        whole = sim.network.feed_back
        sim.network.feed_back = lambda state, target, look=look, whole=whole: (
            (look(state) and None) or whole(state, target)
        )
        with pytest.raises(Read):
            watched(sim, no_reading, 1)


def test_progress_reads_only_when_it_is_redrawn(tiny, no_reading):
    """The note holds the running error; it is made at most twice a second, and here not at all."""
    sim, drawn = simulation(tiny), []
    bar = Bar(lambda done, note: drawn.append(note), interval=3600)
    for _ in range(7):
        watched(sim, no_reading, 1)
        no_reading.active = True
        bar.advance(1, lambda: f"{sim.metrics.headline()}")
    with pytest.raises(Read):
        bar.redraw()
    assert not drawn


@pytest.mark.gpu
def test_the_device_is_never_waited_for_because_of_photographs(tmp_path):
    data = sf.datasets.image_folder(write_folder(tmp_path), 6, in_memory=False)
    network = sf.models.lillicrap2016.spiking_mnist(
        hidden=9, outputs=4, n_inputs=data.n_inputs, device="cuda"
    )
    sim = sf.Simulation(network, data, batch_size=4, seed=0)
    sim.learn(1)  # what is made at first use
    torch.cuda.set_sync_debug_mode("error")
    try:
        for _ in range(7):
            for _ in sim.present():
                pass
    finally:
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.gpu
def test_the_device_is_never_waited_for(tiny, tmp_path):
    """CUDA itself refuses here what would wait."""
    sim = simulation(tiny, device="cuda")
    with sim:
        sim.record(tmp_path / "r.h5", [Probe("hidden1", "spikes", "all")], Always())
        for _ in sim.present():  # what is made at first use
            pass
        torch.cuda.set_sync_debug_mode("error")
        try:
            for _ in range(7):
                for _ in sim.present():
                    pass
        finally:
            torch.cuda.set_sync_debug_mode("default")

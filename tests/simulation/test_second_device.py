"""Training, tests and recordings keep to their device, with a stand-in for a GPU."""

import pytest
import torch

import spikefa as sf
from spikefa.datasets.functions import linear
from spikefa.models import rate_network
from spikefa.recording import Always, Probe, Trigger, WrongGuess, open_recording
from spikefa.stimulus.sampler import ShuffledSampler
from spikefa.utils import devices
from tests.helpers import elsewhere
from tests.helpers.small_examples import examples, jitter


@pytest.fixture
def there(monkeypatch):
    """A device whose generators are on the CPU."""
    from spikefa.utils import random_streams
    from spikefa.utils.seeding import generator

    made = lambda *path, **options: generator(*path, **options | {"device": "cpu"})  # noqa: E731
    monkeypatch.setattr(random_streams, "generator", made)
    with elsewhere.Elsewhere():
        yield elsewhere.DEVICE


def network(device, circuit=None, **options):
    sizes = {"hidden1": sf.StochasticBinary(7), "output": sf.StochasticBinary(4)}
    return sf.Network(
        12, sizes, circuit or sf.PFA(2), sf.ThreeFactor(1e-2), device=device, **options
    )


def test_the_stand_in_refuses_what_cuda_refuses(there):
    one, other = torch.ones(3, device=there), torch.ones(3)
    for mix in (lambda: one + other, lambda: torch.cat([one, other]), lambda: one.add_(other)):
        with pytest.raises(elsewhere.MixedDevices):
            mix()
    with pytest.raises(TypeError, match="NumPy cannot look"):
        one.numpy()
    assert (one + torch.tensor(2.0)).cpu().tolist() == [3, 3, 3]  # a single number is fine
    assert one[torch.tensor([0, 2])].device == there  # and an index


def test_images_of_two_epochs_are_on_one_device(there):
    """The first order once stayed on the CPU, if items were not shuffled or epochs met."""
    for shuffled in (True, False):
        sampler = ShuffledSampler(5, 4, [0, 1], there, shuffled=shuffled)
        host = ShuffledSampler(5, 4, [0, 1], shuffled=shuffled)
        for number in range(7):
            items = sampler.items(number)
            assert items.device == there
            assert items.cpu().equal(host.items(number))


@pytest.mark.slow
@pytest.mark.parametrize("replicas", [None, 2])
def test_a_whole_training(tiny, there, tmp_path, replicas):
    """Epochs that do not divide into batches, tests, angles, a recording with triggers."""
    made = network(there, replicas=replicas)
    simulation = sf.Simulation(made, tiny, batch_size=5, seed=1, progress=False)
    probes = [
        Probe("hidden1", "spikes", "all"),
        Probe("hidden1", "potential", 3),
        Probe("output", "weights", 5, every=7),
        Probe("output", "alignment", every=10),
    ]
    with simulation:
        simulation.record(tmp_path / "r.h5", probes, [Always(), Trigger(WrongGuess(), before=2)])
        simulation.train(2)
    plain = sf.Simulation(
        network("cpu", replicas=replicas), tiny, batch_size=5, seed=1, progress=False
    )
    plain.train(2)
    for name, tensor in plain.tensors().items():
        assert simulation.tensors()[name].cpu().equal(tensor), name
    assert simulation.test() == plain.test()
    assert made.first().alignment() == plain.network.first().alignment()
    with open_recording(tmp_path / "r.h5") as recording:
        assert len(recording.steps) == simulation.step


STIMULI = {
    "examples": lambda: sf.ExampleStimulus(examples()),
    "changed examples": lambda: sf.ExampleStimulus(examples(), change=jitter),
    "function": lambda: sf.FunctionStimulus(linear(4, 3, 0), tests=20, epoch=24),
}


@pytest.mark.slow
@pytest.mark.parametrize("stimulus", STIMULI)
def test_rate_networks(there, stimulus):
    def simulation(device):
        made = rate_network((4, 5, 3), sf.FA(0.5, tau=1.0), 0.02, weight_scale=0.3, device=device)
        test = None if stimulus == "function" else sf.ExampleStimulus(examples(7, seed=1))
        return sf.Simulation(made, STIMULI[stimulus](), test=test, batch_size=5, seed=3)

    pair = simulation(there), simulation("cpu")
    curves = [
        each.follow(
            [0, 7, 260 if stimulus == "function" else 20],  # the next block of a function
            {"loss": each.held_out.answers.loss, "nse": each.held_out.answers.nse},
        )
        for each in pair
    ]
    for name, values in curves[1].items():
        assert (curves[0][name] == values).all(), name


def test_what_the_host_hands_over_is_pinned_and_not_waited_for(monkeypatch):
    """The copy is from memory of its own, so that the host may go on to write into the tensor."""
    calls = []

    def pinned(self):
        calls.append("pinned")
        return self.clone()

    def to(self, device, non_blocking=False):
        calls.append((device.type, non_blocking))
        return self

    monkeypatch.setattr(torch.Tensor, "pin_memory", pinned)
    monkeypatch.setattr(torch.Tensor, "to", to)
    host = torch.arange(3)
    given = devices.handed_over(host, torch.device("cuda"))
    host.zero_()
    assert given.tolist() == [0, 1, 2]
    assert calls == ["pinned", ("cuda", True)]

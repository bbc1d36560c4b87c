"""A training continues only the checkpoint of the same training; what may differ is said."""

import functools
import warnings
from dataclasses import dataclass, replace

import numpy as np
import pytest
import snntorch
import torch

import spikefa as sf
from spikefa.datasets.functions import Task, linear, patterns, quadratic
from spikefa.models import rate_network
from spikefa.plasticity import Outer, PlasticityRule
from spikefa.plugins.classes import SEAMS, load_class
from spikefa.stimulus.base import Stimulus
from tests.helpers.small_examples import examples, jitter


def spiking(
    data=None,
    neurons=sf.StochasticBinary,
    rule=None,
    circuit=None,
    synapses=sf.synapses.Dense,
    optimiser=None,
    names=("hidden1", "hidden2"),
    dtype=torch.float32,
    error="spikes",
    **options,
):
    populations = {name: neurons(5) for name in names}
    net = sf.Network(
        12,
        {**populations, "output": sf.StochasticBinary(4)},
        circuit or sf.FA(0.5),
        rule or sf.ThreeFactor(0.5),
        synapses=synapses,
        optimiser=optimiser,
        dtype=dtype,
        output_error=error,
    )
    return sf.Simulation(net, data, **{"batch_size": 2, "progress": False} | options)


def learning(stimulus):
    net = rate_network((4, 5, 3), sf.FA(0.5, tau=1.0), 0.01, "linear")
    return sf.Simulation(net, stimulus, batch_size=2, progress=False)


def shown(**changes):
    return learning(sf.ExampleStimulus(**{"examples": examples()} | changes))


def with_images(data, **changes):
    return replace(data, train=replace(data.train, **changes))


def leaky(n, slope=25, **arguments):
    surrogate = snntorch.surrogate.fast_sigmoid(slope=slope)
    return sf.SnnTorch(snntorch.Leaky(**{"beta": 0.5} | arguments, spike_grad=surrogate), n)


def masked(*sizes, which=0, **where):
    mask = torch.ones(*sizes)
    mask[which] = 0
    return sf.synapses.Masked(*sizes, mask=mask, **where)


def factor(x):
    return x


class Scaled(PlasticityRule):
    """A user's rule with arguments that are no dataclass fields."""

    def __init__(self, alpha=1.0, table=(), transform=abs, cap=1.0):
        super().__init__(0.1)
        self.alpha, self.table, self.transform = alpha, table, transform
        self.limit = 2 * cap

    def update(self, pre, post, modulator, state):
        return Outer(pre, state.learning_rate * self.alpha * modulator)


@dataclass(eq=False)
class Waves(Stimulus):
    """A user's stimulus, which defines no fingerprint."""

    heights: np.ndarray
    speed: float = 1.0
    n_inputs: int = 12

    def __len__(self):
        return 8

    def state(self, streams, n_outputs, device, dtype):
        def zeros(*shape, dtype=dtype):
            return torch.zeros(shape, dtype=dtype)

        return sf.StimulusState(
            zeros(streams, 12),
            zeros(streams, n_outputs),
            zeros(0),
            zeros(streams, dtype=torch.int64),
            zeros(streams, dtype=torch.int64),
        )

    def show(self, state):
        pass

    def step(self, state):
        state.inputs.fill_(self.speed)


def teacher(scale):
    def draw(count, source):
        x = torch.randn(count, 4, generator=source, dtype=torch.float64)
        return x, (scale * x)[:, :3].clamp_(max=1e9)

    return Task("teacher", 4, 3, draw)


def flipped(data):
    return with_images(data, pixels=data.train.pixels[:, ::-1].copy())


SEEN = np.arange(30.0)
REFUSED = {
    "tau": (lambda d: spiking(d, lambda n: sf.StochasticBinary(n, tau=0.3)), "tau of population"),
    "neurons": (lambda d: spiking(d, sf.Rate), "class of population 'hidden1'"),
    "order": (lambda d: spiking(d, names=("hidden2", "hidden1")), "populations"),
    "rule": (lambda d: spiking(d, rule=sf.RoughThreeFactor(0.5)), "class of the rule"),
    "rate": (lambda d: spiking(d, rule=sf.ThreeFactor(0.25)), "learning_rate of the rule"),
    "rates": (lambda d: spiking(d, rule=sf.ThreeFactor([0.5] * 3)), "learning_rate of the rule"),
    "decay": (lambda d: spiking(d, rule=sf.ThreeFactor(0.5, weight_decay=0.1)), "weight_decay"),
    "circuit": (lambda d: spiking(d, circuit=sf.DFA(0.5)), "class of the feedback"),
    "feedback": (lambda d: spiking(d, circuit=sf.FA(0.5, gated=True)), "gated of the feedback"),
    "error": (lambda d: spiking(d, error="probability"), "output_error"),
    "dtype": (lambda d: spiking(d, dtype=torch.float64), "dtype"),
    "half-range": (
        lambda d: spiking(d, synapses=functools.partial(sf.synapses.Dense, scale=0.5)),
        "scale of the synapses onto 'hidden1'",
    ),
    "synapses": (lambda d: spiking(d, synapses=sf.synapses.Masked), "class of the synapses"),
    "optimiser": (lambda d: spiking(d, optimiser=torch.optim.Adam), "class of the optimiser"),
    "encoding": (lambda d: spiking(d, encoding=sf.LatencyCode()), "class of the encoding"),
    "cap": (lambda d: spiking(d, encoding=sf.RateCode(0.5)), "cap of the encoding"),
    "steps": (lambda d: spiking(d, steps_per_image=3), "steps_per_image"),
    "batch": (lambda d: spiking(d, batch_size=3), "batch_size"),
    "seed": (lambda d: spiking(d, seed=3), "seed"),
    "images": (lambda d: spiking(flipped(d)), "pixels of the images"),
    "labels": (
        lambda d: spiking(with_images(d, labels=1 - d.train.labels)),
        "labels of the images",
    ),
    "brightness": (
        lambda d: spiking(
            replace(
                d,
                train=replace(d.train, full_scale=254),
                test=replace(d.test, full_scale=254),
            )
        ),
        "full_scale of the images",
    ),
    "shape": (
        lambda d: spiking(
            replace(
                d,
                train=replace(d.train, pixels=d.train.pixels.reshape(-1, 4, 3)),
                test=replace(d.test, pixels=d.test.pixels.reshape(-1, 4, 3)),
            )
        ),
        "pixels of the images",
    ),
    "name": (lambda d: spiking(replace(d, name="other")), "dataset"),
    "count": (lambda d: spiking(d.subset(train=20)), "training_images"),
}


@pytest.fixture
def saved(tiny, tmp_path):
    """The checkpoint of a training with the usual settings."""
    path = tmp_path / "checkpoint.pt"
    simulation = spiking(tiny)
    simulation.learn(1)
    simulation.save(path)
    return path


@pytest.mark.parametrize("what", REFUSED)
def test_another_training_is_refused_by_the_name_of_what_differs(what, tiny, saved):
    make, name = REFUSED[what]
    other = make(tiny)
    before = {key: tensor.clone() for key, tensor in other.tensors().items()}
    with pytest.raises(sf.SpikefaError, match=f"is of another run: its {name}"):
        other.restore(saved)
    assert all(torch.equal(before[key], tensor) for key, tensor in other.tensors().items())


OTHERS = {
    "examples": (lambda: shown(), lambda: shown(examples=examples(seed=9)), "inputs of the ex"),
    "targets": (
        lambda: shown(),
        lambda: shown(examples=replace(examples(), targets=-examples().targets)),
        "targets of the examples",
    ),
    "classes": (
        lambda: shown(),
        lambda: shown(examples=replace(examples(), labels=2 - examples().labels)),
        "labels of the examples",
    ),
    "order of examples": (lambda: shown(), lambda: shown(shuffled=False), "shuffled"),
    "change": (lambda: shown(), lambda: shown(change=jitter), "change is None, here it is tests"),
    "argument of a change": (
        lambda: shown(change=functools.partial(jittered, by=0.1)),
        lambda: shown(change=functools.partial(jittered, by=0.2)),
        "by of change is 0.1, here it is 0.2",
    ),
    "closed over": (
        lambda: learning(sf.FunctionStimulus(teacher(1.0))),
        lambda: learning(sf.FunctionStimulus(teacher(1.5))),
        "scale of draw of task 0",
    ),
    "matrix": (
        lambda: learning(sf.FunctionStimulus(linear(4, 3, seed=0))),
        lambda: learning(sf.FunctionStimulus(linear(4, 3, seed=1))),
        "matrix of draw of task 0",
    ),
    "task": (
        lambda: learning(sf.FunctionStimulus(linear(4, 3, seed=0))),
        lambda: learning(sf.FunctionStimulus(quadratic(4, 3, seed=0))),
        "name of task 0",
    ),
    "pattern that is drawn later": (
        lambda: learning(sf.FunctionStimulus(patterns("p", *some_patterns(0)))),
        lambda: learning(sf.FunctionStimulus(patterns("p", *some_patterns(1)))),
        "targets of draw of task 0",
    ),
    "epoch": (
        lambda: learning(sf.FunctionStimulus(linear(4, 3, seed=0))),
        lambda: learning(sf.FunctionStimulus(linear(4, 3, seed=0), epoch=10)),
        "epoch",
    ),
    "beta": (
        lambda: spiking(TINY[0], leaky),
        lambda: spiking(TINY[0], functools.partial(leaky, beta=0.25)),
        "beta of neuron of population 'hidden1'",
    ),
    "slope": (
        lambda: spiking(TINY[0], leaky),
        lambda: spiking(TINY[0], functools.partial(leaky, slope=5)),
        "slope of spike_grad of neuron of population 'hidden1'",
    ),
    "mask": (
        lambda: spiking(TINY[0], synapses=masked),
        lambda: spiking(TINY[0], synapses=functools.partial(masked, which=1)),
        "mask of the synapses onto 'hidden1'",
    ),
    "momentum": (
        lambda: spiking(TINY[0], optimiser=functools.partial(torch.optim.SGD, momentum=0.5)),
        lambda: spiking(TINY[0], optimiser=functools.partial(torch.optim.SGD, momentum=0.9)),
        "momentum of the optimiser",
    ),
    "argument without a field": (
        lambda: spiking(TINY[0], rule=Scaled(1.0)),
        lambda: spiking(TINY[0], rule=Scaled(2.0)),
        "alpha of the rule",
    ),
    "array": (
        lambda: spiking(TINY[0], rule=Scaled(table=SEEN)),
        lambda: spiking(TINY[0], rule=Scaled(table=SEEN + 1)),
        "table of the rule",
    ),
    "callable": (
        lambda: spiking(TINY[0], rule=Scaled(transform=factor)),
        lambda: spiking(TINY[0], rule=Scaled(transform=np.tanh)),
        "transform of the rule",
    ),
    "attribute": (
        lambda: spiking(TINY[0], rule=Scaled(cap=1.0)),
        lambda: spiking(TINY[0], rule=Scaled(cap=2.0)),
        "limit of the rule",
    ),
    "array of a stimulus": (
        lambda: spiking(Waves(SEEN)),
        lambda: spiking(Waves(SEEN[::-1])),
        "heights of the stimulus",
    ),
    "number of a stimulus": (
        lambda: spiking(Waves(SEEN)),
        lambda: spiking(Waves(SEEN, speed=0.5)),
        "speed of the stimulus",
    ),
}
TINY = []


def jittered(inputs, source, by):
    jitter(inputs, source)
    inputs.mul_(by)


def some_patterns(which):
    inputs = torch.eye(64, 4, dtype=torch.float64)
    targets = torch.zeros(64, 3, dtype=torch.float64)
    targets[40 + which, 0] = 1
    return inputs, targets


@pytest.mark.parametrize("what", OTHERS)
def test_other_arguments_of_parts_are_refused(what, tiny, tmp_path):
    TINY[:] = [tiny]
    make, other, name = OTHERS[what]
    simulation = make()
    simulation.learn(1)
    simulation.save(tmp_path / "c.pt")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make().restore(tmp_path / "c.pt")
    with pytest.raises(sf.SpikefaError, match=f"is of another run: its {name}"):
        other().restore(tmp_path / "c.pt")


SAID = {
    "schedule": ({"schedule": sf.StepDecay(0.5)}, "class of the schedule was .*Constant, now"),
    "function": ({"schedule": lambda epoch: 0.5}, "the schedule was absent, now it is"),
    "of a projection": (
        {"schedule": {"output": sf.StepDecay(0.5)}},
        "factor of output of the schedule was absent, now it is 0.5",
    ),
    "of the decay": (
        {"decay_schedule": sf.Piecewise({0: 3, 1: 1})},
        "factors of the schedule of the weight decay",
    ),
}


@pytest.mark.parametrize("what", SAID)
def test_another_schedule_is_said_and_holds_from_there_on(what, tiny, saved):
    options, words = SAID[what]
    simulation = spiking(tiny, **options)
    with pytest.warns(UserWarning, match=f"goes on with changes: .*{words}"):
        simulation.restore(saved)
    assert simulation.training.factors.at(1.5) == spiking(tiny, **options).training.factors.at(1.5)


def test_what_a_schedule_has_closed_over_is_said(tiny, tmp_path):
    def falling(by):
        return lambda epoch: by

    spiking(tiny, schedule=falling(0.5)).save(tmp_path / "c.pt")
    with pytest.warns(UserWarning, match=r"by of the schedule was 0.5, now it is 0.25"):
        spiking(tiny, schedule=falling(0.25)).restore(tmp_path / "c.pt")


def test_another_validation_is_said(tiny, saved):
    with pytest.warns(UserWarning, match="dataset of the validation was absent, now it is tiny"):
        spiking(replace(tiny, validation=tiny.test)).restore(saved)


def test_learning_rates_set_before_restoring_are_said_to_be_undone(tiny, saved):
    simulation = spiking(tiny)
    simulation.set_learning_rates(0.5)
    with pytest.warns(UserWarning, match="set them after restoring"):
        simulation.restore(saved)


RULE = """
from spikefa.plasticity import Outer, PlasticityRule

class Mine(PlasticityRule):
    def update(self, pre, post, modulator, state):
        return Outer(pre, -{} * state.learning_rate * modulator)
"""


def test_changed_code_of_the_user_is_said(tiny, tmp_path):
    file = tmp_path / "mine.py"

    def mine(number):
        file.write_text(RULE.format(number))
        return spiking(tiny, rule=load_class(f"{file}:Mine", SEAMS["rules"])(0.1))

    mine(1).save(tmp_path / "c.pt")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mine(1).restore(tmp_path / "c.pt")
    with pytest.warns(UserWarning, match=r"the code of mine.py:Mine has changed"):
        mine(2).restore(tmp_path / "c.pt")


def test_code_that_is_edited_while_a_run_learns_is_that_of_its_beginning(tiny, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(RULE.format(1))
    simulation = spiking(tiny, rule=load_class(f"{file}:Mine", SEAMS["rules"])(0.1))
    file.write_text(RULE.format(2))
    simulation.save(tmp_path / "c.pt")
    edited = spiking(tiny, rule=load_class(f"{file}:Mine", SEAMS["rules"])(0.1))
    with pytest.warns(UserWarning, match="has changed"):
        edited.restore(tmp_path / "c.pt")


def test_the_same_file_in_another_folder_is_the_same_code(tiny, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.py").write_text(RULE.format(1))
    rules = [load_class(f"{tmp_path / f}/mine.py:Mine", SEAMS["rules"])(0.1) for f in ("a", "b")]
    spiking(tiny, rule=rules[0]).save(tmp_path / "c.pt")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        spiking(tiny, rule=rules[1]).restore(tmp_path / "c.pt")

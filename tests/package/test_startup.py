"""How soon something happens, in computing time: whatever else the machine does is not counted."""

import resource
import subprocess
import sys
import time

import numpy as np
import pytest

import spikefa as sf
from spikefa.bench.overhead import progress_cost
from spikefa.datasets import Images
from spikefa.simulation.evaluation import evaluate
from spikefa.stimulus.images import ImageStimulus
from tests.helpers.processes import run_python

TRIES = 3


def computing_seconds(*arguments):
    """Return what a process of Python computes, at best."""
    taken = []
    for _ in range(TRIES):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return min(taken)


def timed_in_a_process(before, timed):
    """Return the computing seconds of a statement after others, in a fresh process, at best."""
    code = (
        f"import time\n{before}\nt = time.process_time()\n{timed}\nprint(time.process_time() - t)"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
        for _ in range(TRIES)
    ]
    return min(float(run.stdout) for run in runs)


def test_help_answers_within_half_a_second():
    assert computing_seconds("-m", "spikefa", "--help") < 0.5


@pytest.mark.slow
def test_the_import_adds_less_than_a_third_of_a_second_to_that_of_torch():
    assert timed_in_a_process("import torch", "import spikefa") < 0.3


SIMULATIONS = """
import sys
import spikefa as sf
from spikefa.plugins.classes import SEAMS, built_in

images = sf.datasets.digits()
for circuit in built_in(SEAMS["feedback"]).values():
    for rule in built_in(SEAMS["rules"]).values():
        options = {"n_inputs": 64, "feedback": circuit(), "rule": rule()}
        net = sf.models.lillicrap2016.spiking_mnist(hidden=[5, 4], outputs=10, **options)
        try:
            sf.Simulation(net, images, batch_size=4, progress=False).learn(1)
        except sf.SpikefaError:  # which do not go together
            continue
print([name for name in ("torch._dynamo", "sklearn") if name in sys.modules])
"""


FIGURE_4 = """
import sys
import spikefa as sf
from spikefa.models.lillicrap2016 import spiking_mnist
net = spiking_mnist(hidden=5, hidden_layers=1, outputs=10, n_inputs=64)
sf.Simulation(net, sf.datasets.digits().subset(20, 10), batch_size=5, progress=False).train(1)
print("sympy" in sys.modules)
"""


@pytest.mark.slow
def test_no_simulation_imports_the_compiler_or_scikit_learn():
    """Each takes a second, and torch imports the compiler for some operations on "meta"."""
    ended = run_python(SIMULATIONS)
    assert (ended.returncode, ended.stdout) == (0, "[]\n"), ended.stderr


@pytest.mark.slow
def test_figure_4_does_without_sympy():
    """It takes half a second; torch imports it for `zeros_like` on "meta"."""
    ended = run_python(FIGURE_4)
    assert (ended.returncode, ended.stdout) == (0, "False\n"), ended.stderr


def test_mnist_is_ready_within_two_seconds(data_dir):
    taken = []
    for _ in range(TRIES):
        started = time.process_time()
        dataset = sf.datasets.mnist(data_dir)
        taken.append(time.process_time() - started)
    assert (len(dataset.train), len(dataset.test)) == (60_000, 10_000)
    assert min(taken) < 2


def test_progress_takes_less_than_a_hundredth_of_the_loop():
    """Of presentations of a millisecond, on a terminal; nothing redraws behind our back."""
    assert min(progress_cost().share(1e-3) for _ in range(TRIES)) < 0.01


def test_all_test_images_fit_into_one_batch(monkeypatch):
    network = sf.models.lillicrap2016.spiking_mnist(hidden=10, outputs=10)
    network.initialise(0)
    steps = []
    whole = network.forward
    monkeypatch.setattr(
        network,
        "forward",
        lambda state, spikes, **how: steps.append(len(spikes)) or whole(state, spikes, **how),
    )
    images = Images(np.full((10_000, 28, 28), 33, np.uint8), np.zeros(10_000, np.uint8))
    score = evaluate(network, ImageStimulus(images), batch=10_000)
    assert steps == [10_000] * 5
    assert score.images == 10_000

"""Every experiment keeps all of its tensors on the device that was asked for, and runs there."""

import os
import sys
from contextlib import ExitStack
from dataclasses import fields, replace

import numpy as np
import pytest

from spikefa.cli import main
from spikefa.errors import SpikefaError
from spikefa.runs.catalogue import experiment_names
from spikefa.runs.loading import load_experiment
from spikefa.runs.settings import Placed
from spikefa.runs.studies.study import WITHOUT_BACKEND, Study
from tests.helpers import elsewhere

STUDIES = [name for name in experiment_names() if isinstance(load_experiment(name), Study)]
DATA_OF_THE_USER = ("lillicrap2016.n6", "lillicrap2016.n7")
QUICK = (
    *("li2024.a12", "li2024.fig3", "lillicrap2016.n14", "lillicrap2016.n15", "lillicrap2016.s13"),
    *("lillicrap2016.s5", "comparison.precision", "strategies.t2"),
)
"""Rehearsed in every run of the tests, with a network of each kind; the others are marked long."""
FEW = 2
"""Presentations that are learnt in a rehearsal, each time that some are to be."""
ITEMS = 60
"""Images of a data set, for training and for tests."""


@pytest.mark.parametrize("name", experiment_names())
def test_every_experiment_takes_device_and_backend(name):
    assert issubclass(load_experiment(name).settings, Placed)


@pytest.mark.parametrize("name", STUDIES)
def test_a_backend_that_would_have_no_effect_is_refused(name):
    study = load_experiment(name)
    settings = replace(study.settings(), device="cpu", backend="graph")
    if study.backends == WITHOUT_BACKEND:
        with pytest.raises(SpikefaError, match="--backend graph has no effect on"):
            study.completed(settings)
    else:
        assert study.completed(settings).backend == "graph"


@pytest.fixture
def there(monkeypatch):
    """Let "cuda" be a stand-in for a second device, with generators that are on the CPU."""
    from spikefa.utils import devices, seeding

    made = seeding.generator

    def generator(*path, **options):
        return made(*path, **options | {"device": "cpu"})

    choose = devices.choose_device
    for module in [each for name, each in sys.modules.items() if name.startswith("spikefa")]:
        if vars(module).get("choose_device") is choose:
            monkeypatch.setattr(module, "choose_device", lambda name: elsewhere.DEVICE)
        if vars(module).get("generator") is made:
            monkeypatch.setattr(module, "generator", generator)


@pytest.fixture
def shortened(monkeypatch):
    """Let everything learn for a few presentations only, and be tested on a few items."""
    from spikefa.experiments.lillicrap2016._linear import Deterministic
    from spikefa.simulation import guard, simulation
    from spikefa.simulation.epochs import Epochs
    from spikefa.stimulus import sampler

    do = guard.do_presentations
    monkeypatch.setattr(
        simulation, "do_presentations", lambda what, count, bar: do(what, min(count, FEW), bar)
    )
    monkeypatch.setattr(sampler, "_presentations", lambda epochs, *_: int(FEW * epochs))
    learn, run = Deterministic.learn, Epochs.run
    monkeypatch.setattr(
        Deterministic,
        "learn",
        lambda self, time, frozen=(): learn(self, min(time, FEW * self.rate), frozen),
    )
    monkeypatch.setattr(Epochs, "run", lambda self, epochs, after: run(self, min(epochs, 1), after))


def short(study):
    """Return the settings of the quick version, with small data and one run, on "cuda"."""
    settings = study.settings(quick=True, device="cuda")
    small = {
        each.name: ITEMS
        for each in fields(settings)
        if each.name in ("train_images", "test_images", "train", "test")
    }
    if hasattr(settings, "data_dir"):
        small["data_dir"] = os.environ.get("SPIKEFA_DATA")
    return study.completed(replace(settings, repeats=1, **small))


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in QUICK else [pytest.mark.long])
        for name in STUDIES
        if name not in DATA_OF_THE_USER
    ],
)
def test_no_tensor_is_made_outside_of_the_device(name, there, shortened, data_dir):
    """A stand-in for a GPU refuses operations on tensors of two devices, as CUDA does."""
    study = load_experiment(name)
    settings = short(study)
    cells = list(study.cells[:1])
    with ExitStack() as stack:
        stack.enter_context(elsewhere.Elsewhere())
        if study.together is not None:
            found = study.together(settings, [0, 1])[0]
        else:
            found = study.once(settings, 0, *cells)
    for name, value in found.items():
        assert np.asarray(value, dtype=float).size, name


@pytest.mark.gpu
@pytest.mark.parametrize(
    "name", [name for name in experiment_names() if name not in DATA_OF_THE_USER]
)
def test_the_quick_version_runs_on_a_gpu(name, tmp_path, request):
    experiment = load_experiment(name)
    options = ["--quick", "--repeats", "1"] if isinstance(experiment, Study) else []
    if hasattr(experiment.settings, "data_dir") and isinstance(experiment, Study):
        options += ["--data-dir", str(request.getfixturevalue("data_dir"))]
    if name == "lillicrap2016.fig4":
        options = "--dataset digits --hidden 20 --outputs 20 --epochs 1".split()
    elif not isinstance(experiment, Study):
        options = ["--quick"]
    out = tmp_path / "run"
    assert main(["run", name, *options, "--device", "cuda", "--out", str(out)]) == 0

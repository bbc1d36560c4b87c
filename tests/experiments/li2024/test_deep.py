"""Figures 4 and 5, and LeNet: circuits of deep networks, and what a training returns."""

import pytest

import spikefa as sf
from spikefa.cli import main
from spikefa.experiments.comparison import lenet
from spikefa.experiments.li2024 import fig4, fig5
from spikefa.experiments.li2024._descent import CARRIED, circuit_of, network_of
from spikefa.feedback.folded import Folded
from spikefa.models import resnet20

TINY = {"width": 2, "blocks": 1, "batch": 20, "epochs": 2, "train_images": 60, "data_dir": None}
STUDIES = {"fig4": fig4, "fig5": fig5, "lenet": lenet}


def settings_of(study, **more):
    quick = {**STUDIES[study].EXPERIMENT.quick, **more}
    return STUDIES[study].Settings(device="cpu", **{"dataset": "digits", **quick})


@pytest.mark.parametrize(
    ("study", "cell"), [("fig4", "fa"), ("fig4", "dfa"), ("fig4", "pfa"), ("fig5", "pfao")]
)
def test_a_training_returns_what_it_is_like_after_every_epoch(study, cell):
    settings = settings_of(study, **TINY)
    found = STUDIES[study].once(settings, 0, cell)
    layers = {"fig4": 7, "fig5": 3}[study]
    assert found["epochs"].tolist() == [0, 1, 2]
    assert found["accuracy"].shape == (3,)
    assert ("angle" in found) == (cell in CARRIED)
    if cell in CARRIED:
        assert found["angle"].shape == found["ratio"].shape == (3, layers)
        assert (abs(found["angle"][0] - 90) < 45).all()


def test_decay_may_be_left_out():
    """It was divided by."""
    settings = settings_of("fig4", **{**TINY, "epochs": 1, "decay": 0.0})
    assert fig4.once(settings, 0, "pfao")["accuracy"].shape == (2,)


def test_first_weights_are_those_of_glorot():
    settings = fig4.Settings(device="cpu", width=8)

    def make(circuit, rule, **more):
        return resnet20(circuit, rule, channels=(8, 16, 32), blocks=2, **more)

    networks = {name: network_of(settings, make, name) for name in fig4.PAPER}
    for network in networks.values():
        network.initialise(0)
    above = networks["fa"].synapses["conv10"].sharing
    assert above.fans == (16 * 9, 32 * 9)
    back = networks["fa"].feedback.matrices[8]
    assert back.std().item() == pytest.approx((2 / sum(above.fans)) ** 0.5, rel=0.05)
    extra = networks["pfa"].feedback.circuit
    assert extra.fixed[8].shape == (32, 320)
    scale = (2 / (16 * 9 + 320 * 9)) ** 0.5
    assert extra.plastic_matrices[8].std().item() == pytest.approx(scale, rel=0.05)
    assert networks["dfa"].rule.learning_rate == pytest.approx(1e-4 / 128)
    assert networks["bp"].rule.learning_rate == pytest.approx(0.1 / 128)


def test_the_paths_of_lenet_begin_as_large_as_its_weights():
    settings = settings_of("lenet")
    network = network_of(settings, lenet.lenet, "pfa")
    network.initialise(0)
    for name, path in zip(("conv2", "dense1"), network.feedback.matrices, strict=False):
        weight = network.synapses[name].weight
        assert path.std().item() == pytest.approx(weight.std().item(), rel=0.15)


def test_with_extra_neurons_the_populations_are_simulated():
    chain = [each.sharing for each in sf.models.lenet(sf.DFA(tau=1.0), 0.1).synapses.values()]
    settings = settings_of("lenet")
    assert isinstance(circuit_of(settings, "pfa", chain), Folded)
    more = settings_of("lenet", extra_neurons=True)
    assert isinstance(circuit_of(more, "pfa", chain), sf.PFA)


def test_photographs_have_to_be_named(capsys):
    assert main(["run", "li2024.fig5"]) == 2
    assert "--data-dir FOLDER" in capsys.readouterr().err


def test_cifar_has_to_be_there(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("SPIKEFA_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert main(["run", "li2024.fig4"]) == 2
    assert "cifar-10-binary.tar.gz" in capsys.readouterr().err

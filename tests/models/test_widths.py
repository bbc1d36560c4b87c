"""Hidden layers of one width, or of one width each, in Python and on the command line."""

import json

import pytest

import spikefa as sf
from spikefa.backends.support import obstacle
from spikefa.cli import main
from spikefa.experiments.lillicrap2016._fig4_settings import Settings, complete
from spikefa.models.lillicrap2016 import spiking_mnist
from spikefa.runs.parsing import parse_settings
from tests.helpers.small_run import SMALL


def sizes(network):
    return {name: each.size for name, each in network.populations.items()}


def test_of_the_paper():
    hidden = {"hidden1": 1500, "hidden2": 1500, "hidden3": 1500}
    assert complete(Settings()).hidden_layers == 3
    assert complete(Settings()).widths == list(hidden.values())


@pytest.mark.parametrize("hidden", [[20, 10], (20, 10)])
def test_one_for_each(hidden):
    wanted = {"hidden1": 20, "hidden2": 10, "output": 30}
    assert sizes(spiking_mnist(hidden, outputs=30, n_inputs=12)) == wanted
    assert sizes(spiking_mnist(hidden, 2, outputs=30, n_inputs=12)) == wanted


def test_one_for_all():
    assert sizes(spiking_mnist(20, 1, 30, 12)) == {"hidden1": 20, "output": 30}
    assert list(sizes(spiking_mnist(20, outputs=30))) == ["hidden1", "hidden2", "hidden3", "output"]


@pytest.mark.parametrize(
    ("hidden", "layers", "message"),
    [
        ([20, 10], 3, "hidden gives 2 hidden layers, hidden_layers 3: leave out the second, or"),
        ([], None, "hidden is empty: give one number for each hidden layer"),
        ([20, 0], None, r"hidden\[1\] of spiking_mnist is 0: give a whole number from 1 to"),
        ("20", None, "hidden of spiking_mnist is '20': give a whole number from 1 to"),
    ],
)
def test_what_contradicts_itself(hidden, layers, message):
    with pytest.raises(sf.SpikefaError, match=message):
        spiking_mnist(hidden, layers)


def test_what_is_advised_then():
    assert sizes(spiking_mnist([20, 10], None, outputs=30)) == sizes(
        spiking_mnist([20, 10], 2, outputs=30)
    )


@pytest.mark.parametrize("name", ["deferred", "graph", "fused", "fused-deferred"])
def test_backends_know_no_other_obstacle(name):
    """On the CPU each has the same reason as for layers of one width."""
    uneven, even = (spiking_mnist(hidden, outputs=30, n_inputs=12) for hidden in ([20, 10], 20))
    assert obstacle(name, uneven, None) == obstacle(name, even, None)


@pytest.mark.parametrize("words", [["20,", "10"], ["20,10"], ["[20, 10]"]])
def test_on_the_command_line(words):
    request = parse_settings("lillicrap2016.fig4", Settings, ["--seed", "3", "--hidden", *words])
    assert complete(request.settings).widths == [20, 10]
    assert request.settings.seed == 3
    again = parse_settings("lillicrap2016.fig4", Settings, [f"--hidden={''.join(words)}"])
    assert again.settings.hidden == [20, 10]


@pytest.mark.long
def test_a_run_is_drawn_reported_and_resumed(tmp_path, capsys):
    out, small = (
        str(tmp_path / "run"),
        [*SMALL[: SMALL.index("--hidden")], "--outputs", "20", "--batch-size", "10"],
    )
    assert main([*small, "--hidden", "20", "10", "--epochs", "1", "--out", out]) == 0
    assert "hidden:\n- 20\n- 10\nhidden_layers: 2\n" in (tmp_path / "run/config.yaml").read_text()
    assert main(["run", "lillicrap2016.fig4", "--resume", out, "--epochs", "2"]) == 0
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert set(summary["alignment_degrees"]) == {"hidden2", "output"}
    assert main(["report", out]) == 0
    assert main(["inspect", out]) == 0
    assert "hidden2" in capsys.readouterr().out
    with sf.open(tmp_path / "run" / "recording.h5") as recording:
        assert recording.populations["hidden2"].size == 10

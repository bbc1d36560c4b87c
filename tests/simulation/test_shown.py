"""What a simulation and its parts say of themselves, in a line and in a notebook."""

import re
from html.parser import HTMLParser

import pytest

import spikefa as sf
from spikefa.plugins.classes import SEAMS, built_in
from spikefa.recording import Always, Probe
from spikefa.utils.html_tables import html_table


class Table(HTMLParser):
    """Reads the cells of tables, row by row; a tag that is not closed fails."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.open = [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


def rows(thing):
    return Table(thing._repr_html_()).rows


@pytest.fixture
def simulation(tiny):
    net = sf.models.lillicrap2016.spiking_mnist([6, 5], outputs=4, n_inputs=12, feedback=sf.PFA())
    return sf.Simulation(net, tiny, batch_size=11, progress=False)


def test_of_a_simulation(simulation, tmp_path):
    assert repr(simulation) == (
        "Simulation(network 12-6-5-4, circuit PFA, rule ThreeFactor, stimulus ImageStimulus of 22 "
        "items, batch 11, seed 0, backend eager on cpu, epoch 0, step 0)"
    )
    with simulation:
        simulation.record(tmp_path / "run.h5", [Probe("hidden1", "spikes", 3)], Always())
        row = simulation.train(1)[-1]
        found = dict(each for each in rows(simulation) if len(each) == 2)
        assert (found["epoch"], found["step"], found["recording"]) == ("1", "10", "run.h5")
        assert found["train error"] == f"{row['train_error_percent']:.3g} %"
        assert "train error" in repr(simulation)


def test_of_a_network(simulation):
    found = rows(simulation.network)
    assert ["hidden2", "5", "StochasticBinary", "hidden1", "Dense, 6 x 5", "0.001"] in found
    assert repr(simulation.network).startswith("Network(input(12) -> hidden1(6) -> hidden2(5) -> ")
    replicas = sf.models.lillicrap2016.spiking_mnist(6, 1, 4, 12, replicas=2)
    assert "2 replicas" in replicas._repr_html_()
    assert repr(replicas).endswith(", 2 replicas)")


def test_of_a_circuit(simulation):
    """Its hops have the sizes of their matrices, which carry the error and learn."""
    found = rows(simulation.network.feedback)
    hops = [row for row in found if len(row) == 5][1:]
    assert ["expansion", "10.0"] in found
    wiring = simulation.network.feedback.wiring
    assert len(hops) == len(wiring.hops) == 4
    assert hops[0] == ["beside output", "middle, hidden2", "4 x 40", "RandomMatrix, fixed", "yes"]
    assert hops[3] == [
        "middle, hidden1",
        "beside hidden1",
        "50 x 6",
        "PlasticMatrix, plastic",
        "no",
    ]


@pytest.mark.parametrize(
    ("seam", "name"), [(s, n) for s in ("rules", "feedback") for n in built_in(SEAMS[s])]
)
def test_of_every_rule_and_circuit(seam, name):
    made = built_in(SEAMS[seam])[name]()
    assert repr(made).startswith(f"{name}(")
    assert len(repr(made)) < 300
    assert "object at 0x" not in repr(made) + made._repr_html_()
    for argument, value in rows(made):
        assert f"{argument}=" in repr(made)
        assert str(getattr(made, argument)) == value


def test_of_a_recording(simulation, tmp_path):
    """Also once it is closed. The size of a population was that of a variable of the circuit."""
    with simulation:
        probes = [Probe("hidden1", "spikes", 3), Probe("hidden1", "R", 4, every=5)]
        simulation.record(tmp_path / "run.h5", probes, Always())
        simulation.train(1)
    recording = sf.open(tmp_path / "run.h5")
    assert {each.size for each in recording.populations.values()} == {12, 6, 5, 4}
    for _ in range(2):
        assert repr(recording) == (
            "Recording('run.h5', closed, 10 steps: hidden1.spikes, hidden1.R)"
        )
        assert rows(recording)[1:] == [
            ["hidden1", "6", "spikes", "3", "1", "10"],
            ["hidden1", "6", "R", "4", "5", "2"],
        ]
        recording.close()


def test_of_a_data_set(tiny):
    assert repr(tiny.train) == "Images(22 of 3 x 4 pixels, 2 classes)"
    assert len(repr(tiny)) < 300


def test_nothing_in_a_table_is_taken_for_html():
    table = html_table("<b>", [["<script>", "&\x1b[2J"]], ["a&b", "c"])
    assert re.findall(r"<[^>]+>", table).count("<script>") == 0
    assert Table(table).rows == [["a&b", "c"], ["<script>", "&\ufffd[2J"]]

"""Where nothing was counted there is no number: not 0 %."""

import csv
import math

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.analysis.confusion import Confusion
from spikefa.analysis.curves import learning_curve
from spikefa.analysis.trajectories import principal_trajectories
from spikefa.runs.directory import RunDirectory
from spikefa.simulation.evaluation import Evaluation
from spikefa.simulation.history import together
from spikefa.simulation.running_metrics import RunningMetrics

COUNTED = ("train_error_percent", "train_error_percent_summed", "rate_input", "rate_output")


@pytest.fixture
def few(tiny):
    """3 images for 10 streams: one presentation shows them three times, and one once more."""
    return tiny.subset(3, 10)


def simulate(data, replicas=None):
    net = sf.models.lillicrap2016.spiking_mnist(
        hidden=4, hidden_layers=1, outputs=4, n_inputs=12, replicas=replicas
    )
    return sf.Simulation(net, data, batch_size=10, progress=False)


@pytest.mark.parametrize("replicas", [None, 2])
def test_epochs_in_which_nothing_was_shown_have_no_error(few, replicas):
    """apax-hub/apax#42: they were rows with 0 % error."""
    rows = simulate(few, replicas).train(4)
    assert [row["images"] for row in rows] == [10, 10, 10, 20]
    for row, shown in zip(rows, (True, False, False, True), strict=True):
        for name in COUNTED:
            assert math.isfinite(row[name]) == shown
            if replicas:
                assert math.isfinite(row[f"sd_{name}"]) == shown
        assert math.isfinite(row["alignment_output"])


def test_they_are_empty_cells_of_the_table_and_gaps_of_the_curve(few, tmp_path):
    rows = simulate(few).train(4)
    run = RunDirectory.create(tmp_path / "run")
    run.write_metrics(rows)
    with open(run.metrics, newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["train_error_percent"] == "" for row in table] == [False, True, True, False]
    assert not any(cell == "nan" for row in table for cell in row.values())
    figure = learning_curve(run.metrics)
    errors = figure.axes[0].lines[0].get_ydata()
    np.testing.assert_allclose(errors, [rows[n]["train_error_percent"] for n in (0, 3)])


def test_a_checkpoint_keeps_what_is_no_number(few, tmp_path):
    sim = simulate(few)
    sim.train(2)
    sim.save(tmp_path / "run.pt")
    again = simulate(few)
    again.restore(tmp_path / "run.pt")
    assert [math.isnan(row["train_error_percent"]) for row in again.history] == [False, True]
    again.train(2)
    sim.train(2)
    np.testing.assert_array_equal(
        [row["train_error_percent"] for row in again.history],
        [row["train_error_percent"] for row in sim.history],
    )


def test_metrics_before_the_first_presentation():
    metrics = RunningMetrics(["error_percent"], ["input"], leading=(3,))
    for replica in (None, 1):
        assert math.isnan(metrics.means(replica)["error_percent"])
        assert math.isnan(metrics.mean_rates(replica)["input"])
    assert metrics.headline() == ""
    metrics.add(torch.zeros(1, 6), [torch.zeros(6, 2)])
    assert metrics.means()["error_percent"] == 0
    assert metrics.headline() == "error 0.00 %"


def test_replicas_together_where_one_has_no_number():
    row = together([{"epoch": 1.0, "x": 1.0}, {"epoch": 1.0, "x": math.nan}])
    assert row["epoch"] == 1
    assert math.isnan(row["x"])
    assert math.isnan(row["sd_x"])


@pytest.mark.filterwarnings("error")
def test_measures_of_nothing():
    counts = np.array([[[0, 0], [0, 0]], [[3, 0], [1, 0]]])
    np.testing.assert_array_equal(Confusion(counts, np.array([0, 5])).error_percent, [np.nan, 25])
    still = principal_trajectories([np.ones((4, 3))])
    assert np.isnan(still.share).all()


def test_a_stimulus_without_items_is_refused(tiny):
    class Nothing(sf.ImageStimulus):
        def __len__(self):
            return 0

        def check(self, network):
            sf.Stimulus.check(self, network)

    net = simulate(tiny).network
    with pytest.raises(sf.SpikefaError, match="has no items: give one or more"):
        sf.Simulation(net, Nothing(tiny.train))
    with pytest.raises(sf.SpikefaError, match="has no items: give one or more"):
        Evaluation(net, Nothing(tiny.train))
    with pytest.raises(sf.SpikefaError, match="has no items: give one or more"):
        sf.Simulation(net, sf.ImageStimulus(tiny.train), test=Nothing(tiny.test))

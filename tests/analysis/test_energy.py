"""Energies are sums of counts times picojoules; what has no published number is left out."""

import pytest

import spikefa as sf
from spikefa.analysis import ENERGY_TABLES, EnergyTable, estimate_energy
from spikefa.errors import SpikefaError
from spikefa.simulation.costs import Changes, Costs, Operations

COSTS = Costs(
    steps=10,
    streams=2,
    neurons=5,
    error_neurons=4,
    spikes={"input": 7, "output": 5},
    forward={"hidden1": Operations(30, 100), "output": Operations(3, 10)},
    backward={"errors/output > errors/hidden1": Operations(20, 50)},
    plasticity={"output": Changes(11, 100, 8)},
    feedback_plasticity={"errors/output > errors/hidden1": Changes(3, 50, 2)},
)


def test_loihi_by_hand():
    """Davies et al. 2018, table 2: 53 operations, 14 changes, 12 spikes, 180 neuron updates."""
    found = estimate_energy(COSTS, ENERGY_TABLES["loihi"])
    assert found.total == pytest.approx((53 * 23.6 + 14 * 120 + 12 * 1.7 + 180 * 81) * 1e-12)
    assert found.missing == ()


def test_memory_is_read_once_for_each_operation_and_change():
    """Horowitz 2014: 33 additions, 20 + 14 multiplications with an addition, 67 words read."""
    found = estimate_energy(COSTS, ENERGY_TABLES["float32 at 45 nm"])
    assert found.total == pytest.approx((33 * 0.9 + 34 * (3.7 + 0.9) + 67 * 100 / 2) * 1e-12)
    assert found.missing == ("weight_write", "spike", "neuron_update")


def test_a_chip_that_cannot_learn_says_so():
    found = estimate_energy(COSTS, ENERGY_TABLES["truenorth"])
    assert found.total == pytest.approx(33 * 26e-12)
    assert found.missing == ("backward_operation", "change", "weight_write")


def test_every_table_names_its_source():
    for name, table in ENERGY_TABLES.items():
        assert table.name == name
        assert any(year in table.source for year in ("2014", "2018"))


def test_a_table_of_your_own(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("forward_operation: 2\nspike: 0.5\nsource: my measurement\n")
    table = EnergyTable.read(path)
    assert table == EnergyTable("mine", "my measurement", forward_operation=2.0, spike=0.5)
    assert estimate_energy(COSTS, table).total == pytest.approx((33 * 2 + 12 * 0.5) * 1e-12)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("foward_operation: 2", "forward_operation"),
        ("spike: -1", "spike"),
        ("spike: much", "spike"),
        ("name: 5", "name"),
        ("[1, 2]", "damaged"),
    ],
)
def test_a_table_that_is_none(tmp_path, text, said):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(SpikefaError, match=said):
        EnergyTable.read(path)


def test_energies_are_positive_numbers():
    with pytest.raises(sf.SpikefaError, match="change"):
        EnergyTable("mine", "nowhere", change=-1.0)

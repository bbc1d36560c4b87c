"""Learning-rate schedules and what they do to a simulation."""

import pytest

import spikefa as sf
from spikefa.errors import SpikefaError


def test_up_then_down():
    schedule = sf.WarmUpAnneal(epochs=10, warmup=2, start=0.5, final=0.2)
    at = [schedule(epoch) for epoch in (0, 1, 2, 6, 10, 11)]
    assert at == pytest.approx([0.5, 0.75, 1, 0.6, 0.2, 0.2])


def test_without_warm_up_it_begins_at_the_full_rate():
    assert sf.WarmUpAnneal(epochs=4)(0) == 1
    assert sf.Constant()(17.3) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "epochs must be positive"),
        ({"epochs": 2, "warmup": 2}, r"warm-up must be in \[0, 2\)"),
        ({"epochs": 2, "warmup": -1}, "warm-up"),
        ({"epochs": 2, "start": 1.5}, "start factor"),
        ({"epochs": 2, "final": -0.1}, "final factor"),
    ],
)
def test_out_of_range(options, message):
    with pytest.raises(SpikefaError, match=message):
        sf.WarmUpAnneal(**options)


def test_the_simulation_sets_the_rate_of_every_projection(tiny):
    net = sf.models.lillicrap2016.spiking_mnist(
        hidden=4, hidden_layers=1, outputs=4, n_inputs=12, rule=sf.ThreeFactor([0.4, 0.1])
    )
    schedule = sf.WarmUpAnneal(epochs=2, final=0.5)
    simulation = sf.Simulation(net, tiny, batch_size=11, schedule=schedule)
    seen = []
    for _ in range(4):
        for _ in simulation.present():
            pass
        seen.append([float(s.learning_rate) for s in simulation.stream.state.plasticity])
    factors = (1, 0.875, 0.75, 0.625)
    assert [rates[0] for rates in seen] == pytest.approx([0.4 * f for f in factors])
    assert [rates[1] for rates in seen] == pytest.approx([0.1 * f for f in factors])

"""Learning-rate schedules and what they do to a simulation."""

import pytest
import torch

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
        ({"epochs": 0}, "epochs of WarmUpAnneal is 0: give a number above 0"),
        ({"epochs": 2, "warmup": 2}, r"warm-up must be in \[0, 2\)"),
        ({"epochs": 2, "warmup": -1}, "warmup of"),
        ({"epochs": 2, "start": 1.5}, "start of"),
        ({"epochs": 2, "final": -0.1}, "final of"),
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
        seen.append([float(s.learning_rate) for s in simulation.runner.state.plasticity])
    factors = (1, 0.875, 0.75, 0.625)
    assert [rates[0] for rates in seen] == pytest.approx([0.4 * f for f in factors])
    assert [rates[1] for rates in seen] == pytest.approx([0.1 * f for f in factors])


def test_piecewise_holds_each_factor_until_the_next():
    schedule = sf.Piecewise({2.5: 7, 0: 300, 1: 1})
    assert [schedule(epoch) for epoch in (0, 0.99, 1, 2.49, 2.5, 99)] == [300, 300, 1, 1, 7, 7]


def test_step_decay_as_in_torch():
    """MultiStepLR and StepLR, at the beginning of each epoch."""
    for ours, theirs in (
        (sf.StepDecay(0.5, [2, 5]), {"milestones": [2, 5], "gamma": 0.5}),
        (sf.StepDecay(0.1, 3), {"step_size": 3, "gamma": 0.1}),
    ):
        optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        kind = torch.optim.lr_scheduler
        make = kind.StepLR if "step_size" in theirs else kind.MultiStepLR
        scheduler = make(optimiser, **theirs)
        for epoch in range(10):
            assert ours(epoch) == pytest.approx(scheduler.get_last_lr()[0])
            optimiser.step()
            scheduler.step()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: sf.Piecewise({1: 1}), "for epoch 0 is needed"),
        (lambda: sf.Piecewise({0: -1}), r"factors\[0\] of Piecewise is -1: give a number from 0"),
        (lambda: sf.Piecewise({0: 1, -1: 1}), "a key of factors of Piecewise is -1"),
        (lambda: sf.StepDecay(0), "factor of StepDecay is 0: give"),
        (lambda: sf.StepDecay(0.5, [0, 3]), r"at\[0\] of StepDecay is 0: give"),
    ],
)
def test_schedules_that_cannot_be(make, message):
    with pytest.raises(SpikefaError, match=message):
        make()

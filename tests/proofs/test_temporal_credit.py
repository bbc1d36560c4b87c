"""What rules with memory sum up over 20 steps, and the gradient through all these steps."""

import pytest
import torch

import spikefa as sf
from tests.helpers.processes import REPOSITORY
from tests.helpers.temporal_truth import MEMORY, RECURRENT, RHO, Task, table

LAST = -2  # the last hidden layer, from which no spike reaches another neuron with a memory


def e_prop(task):
    return sf.EProp(
        memory=MEMORY,
        adaptation=task.adaptation,
        adaptation_memory=RHO,
        readout_memory=1 - task.tau,
    )


@pytest.mark.parametrize("hidden", [(25,), (25, 20)])
@pytest.mark.parametrize("adaptation", [0.0, 0.5])
@pytest.mark.parametrize("tau", [1.0, 0.3])
def test_e_prop_is_the_gradient_but_for_resets_in_the_last_hidden_layer(hidden, adaptation, tau):
    task = Task(hidden, adaptation, tau)
    summed, gradients = task.summed(e_prop(task)), task.gradients(resets=False)
    for found, expected in zip(summed[LAST], gradients[LAST], strict=True):
        torch.testing.assert_close(found * tau, expected, rtol=0, atol=1e-12)
        assert expected.abs().max() > 0.1


@pytest.mark.parametrize("adaptation", [0.0, 0.5])
@pytest.mark.parametrize("tau", [1.0, 0.3])
def test_e_prop_is_the_gradient_but_for_what_spikes_do_by_recurrent_synapses(adaptation, tau):
    """The theorem of Bellec et al. 2020, for synapses from the input and for recurrent ones."""
    task = Task((25,), adaptation, tau, recurrent=True)
    summed, expected = task.summed(e_prop(task)), task.gradients(resets=False, recurrence=False)
    assert list(task.net.projections) == ["hidden1", "output", "hidden1_to_hidden1"]
    for number in (0, 2):
        found, truth = summed[number][0] * tau, expected[number][0]
        torch.testing.assert_close(found, truth, rtol=0, atol=1e-12)
        assert truth.abs().max() > 0.1
    whole = task.gradients(resets=False)
    assert (whole[2][0] - expected[2][0]).abs().max() > 0.1


def test_in_layers_below_it_is_not():
    """Spikes stay in the potentials of the layer above for later steps."""
    task = Task((25, 20), 0.5, 1.0)
    summed, gradients = task.summed(e_prop(task)), task.gradients(resets=False)
    assert (summed[0][0] - gradients[0][0]).abs().max() > 0.1


def test_traces_are_the_gradient_for_lif_neurons_that_are_read_out_at_once():
    task = Task((25, 20), 0.0, 1.0)
    traces = task.summed(sf.LowPassTraces(memory=MEMORY))
    expected = task.gradients(resets=False)[LAST][0]
    torch.testing.assert_close(traces[LAST][0], expected, rtol=0, atol=1e-12)
    for layer, (weight, _) in enumerate(task.summed(e_prop(task))):
        torch.testing.assert_close(traces[layer][0], weight, rtol=0, atol=1e-12)


def test_the_readout_is_the_gradient_with_its_own_memory():
    for tau in (1.0, 0.3):
        task = Task((25, 20), 0.5, tau)
        found = task.summed(sf.LowPassTraces(memory=1 - tau))[-1][0] * tau
        torch.testing.assert_close(found, task.gradients()[-1][0], rtol=0, atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("more", [{}, RECURRENT], ids=["layers", "recurrent"])
def test_the_table_on_the_page_is_what_is_computed(more):
    page = (REPOSITORY / "docs" / "plasticity.md").read_text(encoding="utf-8")
    assert "\n".join(table(**more)) in page

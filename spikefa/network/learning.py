"""What one step of plasticity does to the forward synapses."""

from collections.abc import Iterable, Sequence

from torch import Tensor

from spikefa.feedback import Projection
from spikefa.network.optimiser import Optimiser
from spikefa.plasticity import PlasticityRule, Post
from spikefa.synapses import Transmitting


def change_synapses(
    rule: PlasticityRule,
    learning: Iterable[Transmitting],
    layers: Sequence[Projection],
    modulators: Sequence[Tensor],
    rates: Sequence[float],
    optimiser: Optimiser | None,
) -> None:
    """Apply the rule to every projection that is not frozen (eq. 8).

    Parameters
    ----------
    rule : PlasticityRule
    learning : iterable of Transmitting
        What takes the changes, one for each projection.
    layers : sequence of Projection
        The projections with the activity of this step.
    modulators : sequence of Tensor [..., batch, n_post]
    rates : sequence of float
        Current learning rates; a projection with 0 is frozen.
    optimiser : Optimiser, optional
        Takes the changes instead, and makes the step of all projections.
    """
    parts = zip(learning, layers, modulators, rates, strict=True)
    for number, (synapses, layer, modulator, rate) in enumerate(parts):
        if rate == 0:
            if optimiser is not None:
                optimiser.rest(number)
            continue
        post = Post(layer.post.potential, layer.post.spikes, layer.post.gain)
        change = rule.update(layer.pre, post, modulator, layer.plasticity)
        if optimiser is None:
            synapses.apply(change)
        else:
            optimiser.hand_over(number, change, rate)
    if optimiser is not None:
        optimiser.step()

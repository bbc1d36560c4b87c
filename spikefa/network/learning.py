"""What one step of plasticity does to the forward synapses."""

from collections.abc import Iterable, Sequence

from torch import Tensor

from spikefa.feedback import Projection
from spikefa.network.optimiser import Optimiser
from spikefa.plasticity import Post, Rules
from spikefa.synapses import Synapses, Transmitting


def decay_synapses(projections: Iterable[Synapses], factors: Iterable[float]) -> None:
    """Let the weights and biases of each projection decay by its factor."""
    for synapses, factor in zip(projections, factors, strict=True):
        if factor != 1:
            synapses.decay(factor)


def change_synapses(
    rules: Rules,
    learning: Iterable[Transmitting],
    layers: Sequence[Projection],
    modulators: Sequence[Tensor],
    rates: Sequence[float],
    optimiser: Optimiser | None,
) -> None:
    """Apply the rules to every projection that is not frozen (eq. 8).

    Parameters
    ----------
    rules : Rules
    learning : iterable of Transmitting
        What takes the changes, one for each projection.
    layers : sequence of Projection
        The projections with the activity of this step.
    modulators : sequence of Tensor [..., batch, n_post]
    rates : sequence of float
        Current learning rates; a projection with 0, or which is not plastic, is frozen.
    optimiser : Optimiser, optional
        Takes the changes instead, and makes the step of all projections.
    """
    parts = zip(rules.each, learning, layers, modulators, rates, strict=True)
    for number, (rule, synapses, layer, modulator, rate) in enumerate(parts):
        if rate == 0 or not layer.synapses.plastic:
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

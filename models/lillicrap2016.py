"""Networks of Lillicrap, Cownden, Tweed & Akerman 2016, Nature Communications 7:13276."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import torch

from spikefa.errors import require
from spikefa.feedback import FA, FeedbackCircuit
from spikefa.network.network import Network
from spikefa.network.parts import MakeSynapses
from spikefa.neurons import Dropout, StochasticBinary
from spikefa.plasticity import PlasticityRule, ThreeFactor
from spikefa.synapses import Connectivity, Dense
from spikefa.utils.checking import ranged
from spikefa.utils.ranges import Few, PositiveShare, Replicas, Scale, Size

HIDDEN_LAYERS = 3
"""Hidden populations of the paper's network."""


def widths(
    hidden: int | Sequence[int], hidden_layers: int | None, name: Callable[[str], str] = str
) -> list[int]:
    """Return the neurons of each hidden population.

    Parameters
    ----------
    hidden : int or sequence of int
        One number for all, or one for each.
    hidden_layers : int, optional
        How many; default: `HIDDEN_LAYERS`, or as many as `hidden` has numbers.
    name : callable, optional
        Returns what an argument is called in a message.

    Raises
    ------
    SpikefaError
        If they contradict each other.
    """
    if isinstance(hidden, int):
        return [hidden] * (hidden_layers or HIDDEN_LAYERS)
    require(len(hidden) > 0, f"{name('hidden')} is empty: give one number for each hidden layer")
    require(
        hidden_layers in (None, len(hidden)),
        f"{name('hidden')} gives {len(hidden)} hidden layers, {name('hidden_layers')} "
        f"{hidden_layers}: leave out the second, or give as many numbers",
    )
    return list(hidden)


@ranged
def spiking_mnist(
    hidden: Size | Sequence[Size] = 1500,
    hidden_layers: Few | None = None,
    outputs: Size = 1000,
    n_inputs: Size = 784,
    feedback: FeedbackCircuit | None = None,
    rule: PlasticityRule | None = None,
    tau: PositiveShare = 0.9,
    weight_scale: Scale = 0.05,
    output_error: str = "spikes",
    synapses: Connectivity | MakeSynapses | Mapping[str, MakeSynapses] | None = None,
    dropout: Dropout | None = None,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
    replicas: Replicas | None = None,
) -> Network:
    """Return the spiking network of figure 4: 784-1500-1500-1500-1000.

    Parameters
    ----------
    hidden : int or sequence of int, default 1500
        Neurons of each hidden population: one number for all, or one for each.
    hidden_layers : int, optional
        Number of hidden populations; default: 3, or as many as `hidden` has numbers.
    outputs : int, default 1000
        Output neurons, an equal share for each class.
    n_inputs : int, default 784
        Pixels of an image.
    feedback : FeedbackCircuit, optional
        Default: ``FA(scale=0.1)``.
    rule : PlasticityRule, optional
        Default: ``ThreeFactor(learning_rate=1e-3, weight_decay=1e-8)``.
    tau : float, default 0.9
        Weight of the new drive in the forward populations; the circuit has its own tau.
    weight_scale : float, default 0.05
        Half-range of the uniform distribution of the first weights, unless `synapses` are given.
    output_error : {"spikes", "probability"}, default "spikes"
        The output activity from which the target is subtracted.
    synapses : Connectivity, callable or mapping of str to callable, optional
        The kind of synapses, see `Network` and `Connectivity`. Default: `Dense`.
    dropout : Dropout, optional
        Silences hidden neurons at random in training; default: none.
    device, dtype
        Where the network lives, and the dtype of its tensors.
    replicas : int, optional
        Number of networks side by side, see `Network`.

    Raises
    ------
    SpikefaError
        If a number is out of range, or `hidden` has another length than `hidden_layers` says.
    """
    hidden_ones = {
        f"hidden{layer}": StochasticBinary(size, tau=tau, dropout=dropout)
        for layer, size in enumerate(widths(hidden, hidden_layers), start=1)
    }
    populations = {**hidden_ones, "output": StochasticBinary(outputs, tau=tau)}
    if isinstance(synapses, Connectivity):
        synapses = synapses.onto(list(populations))
    return Network(
        n_inputs,
        populations,
        feedback=FA(scale=0.1) if feedback is None else feedback,
        rule=ThreeFactor() if rule is None else rule,
        synapses=partial(Dense, scale=weight_scale) if synapses is None else synapses,
        output_error=output_error,
        device=device,
        dtype=dtype,
        replicas=replicas,
    )

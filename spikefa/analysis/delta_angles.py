"""How well the error that reaches the synapses points where backpropagation would point it."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from spikefa.analysis.alignment import row_angles, stability_criterion
from spikefa.datasets import Images
from spikefa.errors import require
from spikefa.feedback import Backprop, FeedbackCircuit
from spikefa.network.further import connect, feedback_state
from spikefa.network.network import Network
from spikefa.network.state import NetworkState
from spikefa.simulation.runner import Runner
from spikefa.stimulus.images import ImageStimulus


class Reference:
    """A circuit that watches a network without teaching it, for what it would have delivered.

    It sees the forward activity and the output error that the network's own circuit sees.

    Parameters
    ----------
    network : Network
    circuit : FeedbackCircuit
        Such as `Backprop`; not part of a network yet. Its weights are drawn from `seed`.
    batch : int
        Streams of the states that it will be shown.
    seed : int or sequence of int, default 0
        Of a network with replicas: of each, or the first of consecutive ones.

    Attributes
    ----------
    state : FeedbackState
        With what the circuit delivered to the state shown last.
    """

    def __init__(
        self, network: Network, circuit: FeedbackCircuit, batch: int, seed: int | Sequence[int] = 0
    ):
        connect(network, circuit, seed)
        self.circuit = circuit
        self.state = feedback_state(network, circuit, batch)

    def watch(self, state: NetworkState) -> None:
        """Carry the output error of `state`, in which the network has fed back, one step."""
        self.circuit.step(self.state, state.error, state.populations)

    def angles(self, state: NetworkState) -> Tensor:
        """Return the mean angle in degrees between both circuits' deltas, [..., hidden layers].

        Delta is modulator times gain, as the synapses learn from it; the angle is taken stream by
        stream over the neurons, and streams in which one of the two is 0 are left out.
        """
        delivered = zip(
            state.feedback.modulators[:-1],
            self.state.modulators[:-1],
            state.populations[:-1],
            strict=True,
        )
        return torch.stack(
            [
                row_angles(own * here.gain, other * here.gain).nanmean(-1)
                for own, other, here in delivered
            ],
            -1,
        )

    def update_angles(self, state: NetworkState, inputs: Tensor) -> Tensor:
        """Return the angle between the changes of W that both would make now, [..., projections].

        ``pre^T delta``, summed over the streams, with each circuit's delta, from the input upwards
        (Panjehpour & EsmailZadeh 2022, section 2.2). That of the output is left out: its error is
        the same for both.

        Parameters
        ----------
        state : NetworkState
            That was watched last.
        inputs : Tensor [batch, n_inputs]
            What the network was shown.
        """
        sent = [inputs, *(population.spikes for population in state.populations)]
        delivered = zip(
            sent[:-2],
            state.feedback.modulators[:-1],
            self.state.modulators[:-1],
            state.populations[:-1],
            strict=True,
        )
        return torch.stack(
            [
                row_angles(
                    (pre.mT @ (own * here.gain)).flatten(-2),
                    (pre.mT @ (other * here.gain)).flatten(-2),
                )
                for pre, own, other, here in delivered
            ],
            -1,
        )


def delta_angles(
    network: Network,
    images: Images,
    full_scale: int,
    n_classes: int,
    steps: int = 5,
    seed: int = 0,
    tau: float = 0.9,
    name: str = "delta_angles",
) -> dict[str, float]:
    """Return the angle between the circuit's deltas and those of backpropagation, by population.

    Delta is what the synapses onto a population learn from: modulator times gain, ``[batch, n]``.
    Beside the network's own circuit a `Backprop` circuit with error populations of the same `tau`
    sees the same forward activity and the same output error; no synapse learns. The angle is taken
    for each stream at the last step of its image, over the neurons of the population, and averaged
    over the images (Lillicrap et al. 2016, figure 2c, there for rates). 90 degrees is chance.

    Parameters
    ----------
    network : Network
    images : Images
        All are shown once, side by side, from rest: some hundreds are enough.
    full_scale, n_classes : int
        Pixel value that means 1, number of classes.
    steps : int, default 5
        Steps for which the images are shown.
    seed : int, default 0
    tau : float, default 0.9
        Of the error populations of the reference.
    name : str, default "delta_angles"
        Names the random streams.

    Returns
    -------
    dict of float
        Degrees; nan for a population that no error reaches. The output population is left out:
        its error is the same for all circuits.
    """
    reference = Reference(network, Backprop(tau=tau), len(images))
    stream = shown(network, images, full_scale, n_classes, steps, seed, name, reference)
    state = stream.state
    hidden = list(network.populations)[:-1]
    return dict(zip(hidden, reference.angles(state).tolist(), strict=True))


def shown(
    network: Network,
    images: Images,
    full_scale: int,
    n_classes: int,
    steps: int,
    seed: int,
    name: str,
    reference: Reference | None = None,
) -> Runner:
    """Return a stream that has shown all images once, side by side, from rest; no synapse learned.

    Activity and error ran for `steps` steps, with the streams ``<name>/...`` of `seed`, and the
    reference, if any, watched every one.
    """
    require(
        network.replicas is None,
        "the angles are those of one network: give a replica, network.replica(0)",
    )
    require(steps >= 1, f"the images need at least 1 step, {steps} given")
    runner = Runner(network, ImageStimulus(images, steps=steps), len(images), seed, name)
    runner.load(0, torch.arange(len(images), device=network.device))
    for _ in runner.rest(feed_back=True):
        if reference is not None:
            reference.watch(runner.state)
    return runner


def angles_to(
    network: Network,
    circuit: FeedbackCircuit,
    state: NetworkState,
    seed: int | Sequence[int] = 0,
) -> Callable[[], Tensor]:
    """Return what gives the angles between the circuit's deltas and those of another, now.

    Parameters
    ----------
    network : Network
    circuit : FeedbackCircuit
        Without memory, such as ``Backprop(tau=1)``; see `Reference`.
    state : NetworkState
        In which the network has fed back when the angles are asked for.
    seed : int or sequence of int, default 0

    Returns
    -------
    callable
        Returns a tensor [..., hidden layers] of degrees, of each replica if there are any.
    """
    reference = Reference(network, circuit, state.error.shape[-2], seed)

    def angles() -> Tensor:
        reference.watch(state)
        return reference.angles(state)

    return angles


def pseudo_gradients(
    state: NetworkState, inputs: Tensor, modulators: Sequence[Tensor]
) -> list[Tensor]:
    """Return what these modulators take for dL/dW, by projection, summed over the streams.

    ``s_pre^T [modulator * Psi(V)]``, which `ThreeFactor` subtracts, times its learning rate. With
    the modulators of ``Backprop(tau=1)`` and rate neurons it is the gradient.

    Parameters
    ----------
    state : NetworkState
        In which the network has seen `inputs`.
    inputs : Tensor [batch, n_inputs]
    modulators : sequence of Tensor, each [batch, n]
        Of each population, from the first hidden one to the output.

    Returns
    -------
    list of Tensor [n_pre, n_post]
    """
    sent = [inputs, *(population.spikes for population in state.populations[:-1])]
    return [
        pre.mT @ (modulator * post.gain)
        for pre, modulator, post in zip(sent, modulators, state.populations, strict=True)
    ]


def update_alignment(
    network: Network, circuit: FeedbackCircuit, state: NetworkState, inputs: Tensor, seed: int = 0
) -> Callable[[], list[float]]:
    """Return what tells how the updates of the network's circuit align with another's, now.

    With ``Backprop(tau=1)`` as the other it is the alignment of update and gradient, whose sign is
    a criterion of stability, see `alignment.stability_criterion`.

    Parameters
    ----------
    network : Network
    circuit : FeedbackCircuit
        Without memory.
    state : NetworkState
        In which the network has seen `inputs` and fed back when the alignment is asked for.
    inputs : Tensor [batch, n_inputs]
    seed : int, default 0
        Of the circuit's weights.

    Returns
    -------
    callable
        Returns a list of cosines, one for each projection, from the input upwards.
    """
    reference = Reference(network, circuit, len(state.error), seed)

    def alignment() -> list[float]:
        reference.watch(state)
        both = (state.feedback.modulators, reference.state.modulators)
        return stability_criterion(*(pseudo_gradients(state, inputs, each) for each in both))

    return alignment

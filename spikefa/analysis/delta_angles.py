"""Angles between the error that reaches the synapses and the one backpropagation would deliver."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from spikefa.analysis.alignment import row_angles, stability_criterion
from spikefa.datasets import Images
from spikefa.errors import require
from spikefa.feedback import Backprop, FeedbackCircuit, FeedbackState
from spikefa.network.connections import require_chain
from spikefa.network.further import connect, feedback_state
from spikefa.network.network import Network
from spikefa.network.state import NetworkState
from spikefa.simulation.runner import Runner
from spikefa.stimulus.images import ImageStimulus


@dataclass(eq=False)
class Reference:
    """A second circuit beside the one of a network, from which no synapse learns.

    It receives the forward activity and the output error of the network's own circuit, and shows
    what it would have delivered in its place.

    Parameters
    ----------
    network : Network
    circuit : FeedbackCircuit
        Such as `Backprop`; it must not belong to a network. Its weights are drawn from `seed`.
    batch : int
        Streams of the states that `watch` receives.
    seed : int or sequence of int, default 0
        For a network with replicas, one seed for each, or the first of consecutive seeds.

    Attributes
    ----------
    state : FeedbackState
        Holds what the circuit delivered for the state that it watched last.
    """

    network: Network
    circuit: FeedbackCircuit
    batch: int
    seed: int | Sequence[int] = 0
    state: FeedbackState = field(init=False, repr=False)

    def __post_init__(self) -> None:
        require_chain(self.network.routes, "the error that another circuit would deliver")
        connect(self.network, self.circuit, self.seed)
        self.state = feedback_state(self.network, self.circuit, self.batch)

    def watch(self, state: NetworkState) -> None:
        """Run one step with the output error of `state`, in which the network has fed back."""
        self.circuit.step(self.state, state.error, state.populations)

    def angles(self, state: NetworkState) -> Tensor:
        """Return the mean angle between the deltas of both circuits in degrees, [..., layers].

        Delta is modulator times gain, from which the synapses learn. The angle is taken over the
        neurons for each stream, then averaged; streams in which a delta is 0 are left out.
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
        """Return the angle between the weight changes of both circuits, [..., projections].

        The change is ``pre^T delta``, summed over the streams (Panjehpour & EsmailZadeh 2022,
        section 2.2). Projections come in order from the input upwards. The last one is left out,
        since the error of the output is the same for both circuits.

        Parameters
        ----------
        state : NetworkState
            The state that was watched last.
        inputs : Tensor [batch, n_inputs]
            Inputs for which the state was computed.
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
    *,
    steps: int = 5,
    seed: int = 0,
    tau: float = 0.9,
    name: str = "delta_angles",
) -> dict[str, float]:
    """Return the angle between the circuit's deltas and those of backpropagation, by population.

    Delta is what the synapses onto a population learn from: modulator times gain, ``[batch, n]``.
    A `Backprop` circuit whose error populations have the given `tau` receives the same forward
    activity and the same output error; no synapse learns. The angle is taken over the neurons of
    the population at the last step of each image, and averaged over the images (Lillicrap et al.
    2016, figure 2c, there for rates). 90 degrees is chance.

    Parameters
    ----------
    network : Network
    images : Images
        All are shown once, side by side, from rest. Some hundreds are enough.
    steps : int, default 5
        Steps for which the images are shown.
    seed : int, default 0
    tau : float, default 0.9
        Time constant of the error populations of the `Backprop` circuit.
    name : str, default "delta_angles"
        Names the random streams.

    Returns
    -------
    dict of float
        Degrees; nan for a population that no error reaches. The output population is left out,
        since its error is the same for all circuits.
    """
    reference = Reference(network, Backprop(tau=tau), len(images))
    runner = present_once(network, images, steps, seed, name, reference)
    hidden = list(network.populations)[:-1]
    return dict(zip(hidden, reference.angles(runner.state).tolist(), strict=True))


def present_once(
    network: Network,
    images: Images,
    steps: int,
    seed: int,
    name: str,
    reference: Reference | None = None,
) -> Runner:
    """Show all images once, side by side, from rest, while no synapse learns.

    Activity and error run for `steps` steps with the random streams ``<name>/...`` of `seed`. The
    reference, if given, watches each step.

    Returns
    -------
    Runner
        After the last step.
    """
    require(
        not network.leading,
        "the angles are defined for a single network: give a replica, such as network.replica(0)",
    )
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
    """Return a function that measures angles between the deltas of two circuits.

    Parameters
    ----------
    network : Network
    circuit : FeedbackCircuit
        Has no memory, such as ``Backprop(tau=1)``; see `Reference`.
    state : NetworkState
        The network must have fed back in it whenever the function is called.
    seed : int or sequence of int, default 0

    Returns
    -------
    callable
        Returns a tensor [..., hidden layers] of degrees, with a leading dimension for replicas.
    """
    reference = Reference(network, circuit, state.error.shape[-2], seed)

    def angles() -> Tensor:
        reference.watch(state)
        return reference.angles(state)

    return angles


def pseudo_gradients(
    state: NetworkState, inputs: Tensor, modulators: Sequence[Tensor]
) -> list[Tensor]:
    """Return the gradient dL/dW that these modulators imply, by projection, summed over streams.

    It is ``s_pre^T [modulator * Psi(V)]``, which `ThreeFactor` multiplies by its learning rate and
    subtracts. With the modulators of ``Backprop(tau=1)`` and rate neurons it is the true
    gradient.

    Parameters
    ----------
    state : NetworkState
        State of the network after `inputs`.
    inputs : Tensor [batch, n_inputs]
    modulators : sequence of Tensor, each [batch, n]
        One for each population, from the first hidden one to the output.

    Returns
    -------
    list of Tensor [n_pre, n_post]
    """
    sent = [inputs, *(population.spikes for population in state.populations[:-1])]
    return [
        pre.mT @ (modulator * post.gain_left)
        for pre, modulator, post in zip(sent, modulators, state.populations, strict=True)
    ]


def update_alignment(
    network: Network, circuit: FeedbackCircuit, state: NetworkState, inputs: Tensor, seed: int = 0
) -> Callable[[], list[float]]:
    """Return a function that measures how updates of the network's circuit align with another's.

    With ``Backprop(tau=1)`` as the other circuit it is the alignment of update and gradient, whose
    sign is a criterion of stability, see `alignment.stability_criterion`.

    Parameters
    ----------
    network : Network
    circuit : FeedbackCircuit
        Has no memory.
    state : NetworkState
        The network must have received `inputs` and fed back in it whenever the function is called.
    inputs : Tensor [batch, n_inputs]
    seed : int, default 0
        The circuit's weights are drawn from it.

    Returns
    -------
    callable
        Returns a list of cosines, one for each projection, from the input upwards.
    """
    reference = Reference(network, circuit, len(state.error), seed)

    def alignment() -> list[float]:
        reference.watch(state)
        modulators = (state.feedback.modulators, reference.state.modulators)
        return stability_criterion(*(pseudo_gradients(state, inputs, each) for each in modulators))

    return alignment

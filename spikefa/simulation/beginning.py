"""The beginning of a presentation."""

from collections.abc import Callable

from spikefa.network import Network
from spikefa.network.resting import Resting
from spikefa.network.state import NetworkState
from spikefa.stimulus.base import Stimulus
from spikefa.stimulus.state import StimulusState


class Beginning:
    """Begins presentations: shows the items, to a network at rest if the stimulus `resets`.

    Parameters
    ----------
    network : Network
    state : NetworkState
    stimulus : Stimulus
    stimulus_state : StimulusState
    draw : callable
        Draws the random numbers of a group of parts, see `RandomStreams`.
    """

    def __init__(
        self,
        network: Network,
        state: NetworkState,
        stimulus: Stimulus,
        stimulus_state: StimulusState,
        draw: Callable[[str], None],
    ):
        self._rest = Resting.of(network, state) if stimulus.resets else None
        self._dropouts = [each.dropout for each in state.populations if each.dropout is not None]
        self._draw = draw
        self._stimulus = stimulus
        self._stimulus_state = stimulus_state

    def __call__(self, learning: bool = False) -> None:
        """Begin the presentation of the loaded items; silence neurons if the network learns."""
        if self._rest is not None:
            self._rest()
        self._draw("presentation")
        self._stimulus.show(self._stimulus_state)
        if learning:
            self._draw("dropout")
            for dropout in self._dropouts:
                dropout.redraw()

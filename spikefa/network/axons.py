"""Axons: what populations have sent, on its way to synapses that it reaches later."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from spikefa.network.connections import Route
from spikefa.neurons import PopulationState
from spikefa.synapses import Transmitting


@dataclass
class History:
    """Activity of one population in the latest steps, in a ring buffer.

    The place in the buffer is a tensor, so that a CUDA graph of one step can be replayed.

    Attributes
    ----------
    activity : Tensor [..., steps, batch, n]
    row : Tensor [..., 1, batch, n]
        The activity that was last looked up.
    now : int64 Tensor []
        Where the present step will be kept.
    place : int64 Tensor []
        Where the activity was last looked up.
    """

    activity: Tensor
    row: Tensor
    now: Tensor
    place: Tensor

    @classmethod
    def at_rest(cls, steps: int, like: Tensor) -> "History":
        """Return a history of silence of a population with the activity `like` [batch, n]."""
        rows = [like.new_zeros(number, *like.shape) for number in (steps, 1)]
        places = [torch.zeros((), dtype=torch.int64, device=like.device) for _ in range(2)]
        return cls(*rows, *places)

    def look_up(self, delay: int, out: Tensor) -> None:
        """Write the activity of `delay` steps ago into `out`, before the present step is kept."""
        steps = self.activity.shape[-3]
        torch.add(self.now, steps - delay, out=self.place).remainder_(steps)
        torch.index_select(self.activity, -3, self.place.view(1), out=self.row)
        out.copy_(self.row.squeeze(-3))

    def keep(self, activity: Tensor) -> None:
        """Keep the activity of the present step, in place of the oldest."""
        self.activity.index_copy_(-3, self.now.view(1), activity.unsqueeze(-3))
        self.now.add_(1).remainder_(self.activity.shape[-3])


@dataclass
class Axons:
    """What is on its way between populations; empty in a network without delays.

    Attributes
    ----------
    histories : dict of History
        By number of the population, where 0 is the input.
    arrived : dict of Tensor [..., batch, n_pre]
        What arrives in this step over a route with delays, by its name.
    drives : dict of Tensor [..., batch, n_post]
        The drive by a projection beside the chain, by its name.
    """

    histories: dict[int, History]
    arrived: dict[str, Tensor]
    drives: dict[str, Tensor]

    @classmethod
    def at_rest(cls, routes: Sequence[Route], activity: Sequence[Tensor]) -> "Axons":
        """Return axons in which nothing is on its way.

        Parameters
        ----------
        routes : sequence of Route
            Those of the chain first.
        activity : sequence of Tensor [batch, n]
            Of the input and of each population.
        """
        longest: dict[int, int] = {}
        for route in routes:
            if max(route.delays):
                longest[route.source] = max(longest.get(route.source, 0), *route.delays)
        arrived = {
            route.name: activity[route.source].new_zeros(
                len(activity[0]), len(route.delays) * activity[route.source].shape[-1]
            )
            for route in routes
            if route.delayed
        }
        silence, further = activity[0], routes[len(activity) - 1 :]
        return cls(
            {number: History.at_rest(steps, activity[number]) for number, steps in longest.items()},
            arrived,
            {
                each.name: silence.new_zeros(activity[each.target + 1].shape)
                for each in further
                if not each.within
            },
        )

    def of_source(self, number: int, routes: Iterable[Route]) -> list[Tensor]:
        """Return what is on its way from one population, where 0 is the input."""
        history = self.histories.get(number)
        found = [] if history is None else [history.activity, history.row]
        return found + [
            self.arrived[each.name]
            for each in routes
            if each.source == number and each.name in self.arrived
        ]

    def sent(
        self,
        routes: Iterable[Route],
        activity: Sequence[Tensor],
        populations: Sequence[PopulationState],
    ) -> list[Tensor]:
        """Return the presynaptic activity of each route in this step."""
        return [self._sent(each, activity, populations[each.target]) for each in routes]

    def _sent(self, route: Route, activity: Sequence[Tensor], here: PopulationState) -> Tensor:
        if route.within and here.dendrite is not None:
            return here.dendrite.input
        return self.arrived.get(route.name, activity[route.source])

    def drive(
        self,
        route: Route,
        synapses: Transmitting,
        activity: Sequence[Tensor],
        here: PopulationState,
    ) -> None:
        """Let spikes arrive over a route, and drive the population behind it.

        Parameters
        ----------
        route : Route
        synapses : Transmitting
        activity : sequence of Tensor [..., batch, n]
            Of the input and of each population.
        here : PopulationState
            Its drive is written by the projection of the chain, and again by that from its
            dendrites if it has any; the others add to it.
        """
        if route.name in self.arrived:
            self._arrive(route, activity)
        pre = self._sent(route, activity, here)
        if route.name not in self.drives:
            synapses.drive(pre, out=here.drive)
            return
        own = self.drives[route.name]
        synapses.drive(pre, out=own)
        here.drive.add_(own)

    def _arrive(self, route: Route, activity: Sequence[Tensor]) -> None:
        parts = self.arrived[route.name].unflatten(-1, (len(route.delays), -1))
        for number, delay in enumerate(route.delays):
            part = parts.select(-2, number)
            if delay:
                self.histories[route.source].look_up(delay, part)
            else:
                part.copy_(activity[route.source])

    def keep(self, activity: Sequence[Tensor]) -> None:
        """Keep what the populations have sent in this step."""
        for number, history in self.histories.items():
            history.keep(activity[number])

"""Requests of a recording that this network and stimulus cannot meet."""

from collections.abc import Iterator, Sequence

from spikefa.errors import require
from spikefa.network import Network
from spikefa.recording import ClassShown, Probe, RateLeaves, Trigger, When
from spikefa.simulation.runner import Runner
from spikefa.stimulus.base import Stimulus


def check_requests(runner: Runner, probes: Sequence[Probe], windows: When | Sequence[When]) -> None:
    """Refuse variables that are never computed, and triggers that cannot fire.

    Raises
    ------
    SpikefaError
        If there is one.
    """
    if isinstance(probes, Probe):
        return  # the recorder says what is wrong
    for probe in probes:
        _check_computed(runner.network, probe)
    for window in _flat([windows, *(probe.window for probe in probes)]):
        if isinstance(window, Trigger):
            _check_trigger(runner.network, runner.stimulus, window)


def _flat(given: Sequence[When | Sequence[When] | None]) -> Iterator[When]:
    for each in given:
        if isinstance(each, list | tuple):
            yield from each
        elif isinstance(each, When):
            yield each


def _check_computed(network: Network, probe: Probe) -> None:
    """Refuse the error potential of a population that no error reaches."""
    stops, names = network.feedback.wiring.stops, list(network.populations)
    if not stops or probe.variable != "error_potential" or probe.population not in names:
        return
    layer = names.index(probe.population)
    require(
        any((stop.site.group, stop.site.layer) == ("errors", layer) for stop in stops),
        f"no error of {type(network.feedback).__name__} reaches {probe.population!r}, so it has no "
        "'error_potential': record another variable or population",
    )


def _check_trigger(network: Network, stimulus: Stimulus, trigger: Trigger) -> None:
    event = trigger.predicate
    require(
        network.ranks is None or isinstance(event, ClassShown),
        f"the trigger {trigger.label!r} would be decided on each rank, by its own neurons, and the "
        "ranks would record different steps: give a window of steps or images, or ClassShown",
    )
    if isinstance(event, RateLeaves) and event.population in network.populations:
        require(
            not network.populations[event.population].spiking or event.low > 0 or event.high < 1,
            f"RateLeaves has the band {event.low} to {event.high}, which no rate of "
            f"{event.population!r} leaves: give a narrower one, since it is 0 to 1 spikes per "
            "neuron and step",
        )
    if isinstance(event, ClassShown) and stimulus.n_classes > event.label:
        require(
            event.label in stimulus.labels(range(len(stimulus))),
            f"ClassShown waits for class {event.label}, which no item of {stimulus.name} has: give "
            "a class that is shown",
        )

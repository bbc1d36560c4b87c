"""Notices state that was assigned anew: whoever reads it by name still holds the old tensor."""

import re
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor

from spikefa.backends import Scope
from spikefa.errors import SpikefaError
from spikefa.network import Network
from spikefa.network.state import NetworkState
from spikefa.plugins.user_code import is_users, where
from spikefa.stimulus.base import Stimulus
from spikefa.stimulus.state import StimulusState
from spikefa.utils.tensors import Variable, named_tensors


class Replaced(SpikefaError):
    """A tensor was replaced, added or removed, where it should have been written into."""


Identity = tuple[int, torch.dtype, torch.Size, tuple[int, ...]]


class Part(NamedTuple):
    """A part of a network or of its stimulus, and the tensors that it may change.

    Attributes
    ----------
    owner : object
    method : str
        The method of its class that changes them.
    what : str
        What the user's code calls the object that holds them, such as ``state``.
    tensors : dict of Tensor
        By dotted path.
    forward : bool
        Whether it takes part in a step with plasticity arrested.
    """

    owner: object
    method: str
    what: str
    tensors: Mapping[str, Tensor]
    forward: bool = False


@dataclass(eq=False)
class InPlace:
    """Checks that every named tensor is still the one that it was at first.

    Recorders, checkpoints, captured graphs and views of replicas hold tensors, so whoever assigns
    a new one is simulated, but no longer seen. The check costs as much as a few operations on
    tensors; it is made after the first steps of each kind, and whenever the state is saved.

    Parameters
    ----------
    parts : callable
        Returns the parts with their present tensors.
    variables : callable
        Returns what probes can read, by population and name.
    """

    parts: Callable[[], Iterator[Part]]
    variables: Callable[[], Mapping[str, Mapping[str, Variable]]]
    checking: bool = field(default=False, init=False)
    _kinds: set[Hashable] = field(default_factory=set, init=False, repr=False)
    _first: list[dict[str, tuple[Identity, Tensor]]] = field(init=False, repr=False)
    _probed: dict[tuple[str, str], tuple[Identity, Tensor]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._first = [_identities(part.tensors) for part in self.parts()]
        self._probed = _identities(self._readable())

    @contextmanager
    def watching(self, kind: Hashable) -> Iterator[None]:
        """Let `after_step` check the steps in this block, if it is the first of its kind."""
        if kind in self._kinds:
            yield
            return
        self.check(within_step=False)
        self.checking = True
        try:
            yield
        finally:
            self.checking = False
        self._check_all()
        self._kinds.add(kind)

    def rehearse(self, step: Callable[[], object], scope: Scope) -> None:
        """Try a step of the forward sweep, if code of the user runs in it, and undo it.

        Rules are tried by `check_rule_once`. Other errors are left to the first step itself.
        """
        forward = (part.owner for part in self.parts() if part.forward)
        if not any(is_users(type(owner)) for owner in forward):
            return
        found: Replaced | None = None
        try:
            with scope.unchanged(), self.watching("rehearsal"):
                try:
                    step()
                except Replaced as error:
                    found = error
                    raise
                except Exception:
                    return
        except SpikefaError as error:  # also what cannot be restored, because its shape changed
            raise found or error from None

    def after_step(self) -> None:
        """Check everything after a step in a block of `watching`."""
        if self.checking:
            self._check_all()

    def check(self, within_step: bool = True) -> None:
        """Check all tensors of all parts.

        Parameters
        ----------
        within_step : bool, default True
            Whether only code that runs in a step can have replaced one.

        Raises
        ------
        Replaced
            With class and attribute.
        """
        for part, first in zip(self.parts(), self._first, strict=True):
            now = part.tensors
            if len(now) == len(first) and all(
                name in now and _identity(now[name]) == then for name, (then, _) in first.items()
            ):
                continue
            _refuse(part, first, within_step)

    def _check_all(self) -> None:
        self.check()
        readable = self._readable()
        for (population, name), (then, _) in self._probed.items():
            now = readable.get((population, name))
            if now is None or _identity(now) != then:
                raise Replaced(
                    f"the variable {name!r} of population {population!r} is another tensor after a "
                    "step: write into the same tensor, with copy_, or declare a function that "
                    "returns it"
                )

    def _readable(self) -> dict[tuple[str, str], Tensor]:
        """Return the variables that are tensors; others are functions, called for each row."""
        return {
            (population, name): variable
            for population, own in self.variables().items()
            for name, variable in own.items()
            if isinstance(variable, Tensor)
        }


def parts_of(
    network: Network, state: NetworkState, stimulus: Stimulus, shown: StimulusState
) -> Iterator[Part]:
    """Return every part that may hold code of a user, with its present tensors."""
    for population, own in zip(network.populations.values(), state.populations, strict=True):
        yield Part(population, "step", "state", named_tensors(own), True)
    for rule, plasticity in zip(network.rules.each, state.plasticity, strict=True):
        yield Part(rule, "update", "state", named_tensors(plasticity))
    for synapses in network.projections.values():
        yield Part(synapses, "apply", "self", named_tensors(synapses.tensors()), True)
    yield Part(network.feedback, "step", "state", named_tensors(state.feedback))
    yield Part(network.feedback, "learn", "self", named_tensors(network.feedback.tensors()))
    if network.optimiser is not None:
        optimiser = network.optimiser
        yield Part(optimiser.torch, "step", "state", named_tensors(optimiser.tensors()))
    encoding, code = getattr(stimulus, "encoding", None), getattr(shown, "code", None)
    if encoding is not None and code is not None:
        yield Part(encoding, "step", "state", named_tensors(code), True)
    yield Part(stimulus, "step", "state", named_tensors(shown), True)
    rest = {"error": state.error, "learning_rates": state.learning_rates, "axons": state.axons}
    yield Part(network, "step", "state", named_tensors(rest))


def _identity(tensor: Tensor) -> Identity:
    return tensor.data_ptr(), tensor.dtype, tensor.shape, tensor.stride()


def _identities(tensors: Mapping[Any, Tensor]) -> dict[Any, tuple[Identity, Tensor]]:
    """Return what identifies each tensor, and an alias, so that its memory is not used again."""
    return {name: (_identity(each), each.detach()) for name, each in tensors.items()}


def _refuse(part: Part, first: Mapping[str, tuple[Identity, Tensor]], within_step: bool) -> None:
    """Say which tensor has been replaced, added or removed."""
    cls, now = type(part.owner), part.tensors
    place = f"{where(cls, part.method)}: " if is_users(cls) else ""
    wrong = next(
        name
        for name in {**first, **now}
        if name not in now or name not in first or _identity(now[name]) != first[name][0]
    )
    called = re.sub(r"\.(\d+)(?=\.|$)", r"[\1]", f"{part.what}.{wrong}")
    who = f"{cls.__name__}.{part.method}"
    if wrong not in first:
        raise Replaced(f"{place}{who} adds {called}: make it where the state is made, as zeros")
    if wrong not in now:
        raise Replaced(f"{place}{who} removes {called}: leave it, and write in place")
    done = (
        f"{who} assigns {called} anew"
        if within_step
        else f"{called} of {cls.__name__} was assigned anew after the simulation was made"
    )
    raise Replaced(f"{place}{done}: write in place, {called}.copy_(...)")

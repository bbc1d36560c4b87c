"""Checks of the output of rules and circuits: types, shapes, dtypes and devices."""

from collections.abc import Sequence

import torch
from torch import Tensor

from spikefa.errors import SpikefaError, require
from spikefa.feedback import FeedbackCircuit
from spikefa.plasticity import Direct, Outer, PlasticityRule, Post, Rules
from spikefa.plugins.user_code import blaming, is_users, user_files, where
from spikefa.utils import notices
from spikefa.utils.seeding import generator

LARGE_RATE = 10
"""Learning rates above this one are warned of; updates are summed over the batch."""


def check_change(
    change: object, streams: int, n_pre: int, n_post: int, dtype: torch.dtype, device: torch.device
) -> None:
    """Check the return value of a rule's `update`.

    Raises
    ------
    SpikefaError
        If it is neither an `Outer` nor a `Direct`, or a tensor in it has the wrong shape, dtype or
        device.
    """
    require(
        isinstance(change, Outer | Direct),
        f"update returned {_kind(change)}: return spikefa.Outer(pre, post) or "
        "spikefa.Direct(weight, bias)",
    )
    wanted: dict[str, tuple[int, ...]]
    if isinstance(change, Outer):
        rows = _rows(change, streams)
        wanted = {"pre": (rows, n_pre), "post": (rows, n_post)}
        if change.loss is not None:
            wanted["loss"] = (n_post,)
    else:
        wanted = {"weight": (n_pre, n_post), "bias": (n_post,)}
    for name, shape in wanted.items():
        given = getattr(change, name)
        what = f"the {name} of the {type(change).__name__} that update returned"
        require(isinstance(given, Tensor), f"{what} is {_kind(given)}, expected a tensor")
        require(
            given.shape == shape,
            f"{what} has shape {list(given.shape)}, expected {list(shape)} "
            f"({streams} streams, {n_pre} presynaptic and {n_post} postsynaptic neurons)",
        )
        require(given.dtype == dtype, f"{what} is {given.dtype}, expected {dtype}")
        require(given.device.type == device.type, f"{what} is on {given.device}, not on {device}")


def _rows(change: Outer, streams: int) -> int:
    """Return the number of products to sum: one per stream, or a multiple of that."""
    sides = [side.shape[0] for side in change[:2] if isinstance(side, Tensor) and side.dim() == 2]
    agree = len(sides) == 2 and sides[0] == sides[1]
    return sides[0] if agree and sides[0] % streams == 0 and sides[0] else streams


def _kind(given: object) -> str:
    return "nothing (None)" if given is None else f"a {type(given).__name__}"


def warn_of_large_rates(rules: Rules, projections: Sequence[str]) -> None:
    """Warn of learning rates with which nothing is learnt, although all numbers stay finite."""
    rates = dict(zip(projections, rules.rates(), strict=True))
    name = max(rates, key=rates.__getitem__)
    if rates[name] > LARGE_RATE:
        notices.warn(
            f"the learning rate of the projection {name!r} is {rates[name]:g}: above "
            f"{LARGE_RATE} weights usually grow so large in a step that neurons do not answer to "
            "their input any more; give a smaller one if the error does not fall",
            stacklevel=2,
        )


def check_modulators(
    modulators: Sequence[Tensor],
    streams: int,
    sizes: Sequence[int],
    dtype: torch.dtype,
    circuit: FeedbackCircuit,
) -> None:
    """Check the modulators in the state of a circuit.

    Raises
    ------
    SpikefaError
        If the number of modulators, a shape or a dtype is wrong.
    """
    whose = f"{where(type(circuit), 'state')}: {type(circuit).__name__}: "
    require(
        len(modulators) == len(sizes),
        f"{whose}there are {len(modulators)} modulators for {len(sizes)} forward populations",
    )
    for layer, (modulator, size) in enumerate(zip(modulators, sizes, strict=True), start=1):
        what = f"{whose}the modulator of population {layer}"
        require(
            modulator.shape == (streams, size),
            f"{what} has shape {list(modulator.shape)}, expected {[streams, size]} "
            f"({streams} streams, {size} neurons)",
        )
        require(modulator.dtype == dtype, f"{what} is {modulator.dtype}, expected {dtype}")


def check_rule_once(rule: PlasticityRule, dtype: torch.dtype) -> None:
    """Check a user-defined rule with one update of 3 x 2 synapses in 4 streams.

    Errors thus appear before a simulation starts, and the simulation itself needs no checks. The
    tests of spikefa check its own rules.

    Raises
    ------
    SpikefaError
        If the rule raises an error, with file and line; or if its result is wrong or NaN.
    """
    if not is_users(type(rule)):
        return
    streams, n_pre, n_post = 4, 3, 2
    device, source = torch.device("cpu"), generator(0, "rehearsal")

    def uniform(n: int) -> Tensor:
        return torch.rand(streams, n, generator=source).to(dtype)

    pre, spikes = uniform(n_pre).round(), uniform(n_post).round()
    post = Post(uniform(n_post), spikes, 0.25 * uniform(n_post))
    name = type(rule).__name__
    with blaming(f"{name}.update", *user_files(rule)):
        state = rule.state(n_pre, n_post, streams, 1e-3, device, dtype)
        change = rule.update(pre, post, uniform(n_post) - 0.5, state)
    try:
        check_change(change, streams, n_pre, n_post, dtype, device)
        finite = all(bool(torch.isfinite(part).all()) for part in change if part is not None)
        require(finite, "update returned NaN or infinity for ordinary activity")
    except SpikefaError as error:
        raise SpikefaError(f"{where(type(rule), 'update')}: {name}: {error}") from None

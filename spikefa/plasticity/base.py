"""The seam for plasticity rules: subclass `PlasticityRule` and write `update`."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar, Literal, NamedTuple, get_args

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.utils.checking import check_fields, check_one_of
from spikefa.utils.html_tables import arguments, html_table
from spikefa.utils.numbers import shown
from spikefa.utils.ranges import Rate, ShareBelowOne

Place = Literal["pre", "post", "synapse", "stream_synapse"]


class Post(NamedTuple):
    """What a synapse sees of its postsynaptic neuron, each `[..., batch, n_post]`."""

    potential: Tensor
    spikes: Tensor
    gain: Tensor


class Outer(NamedTuple):
    """A change ``dW = pre^T post``, summed over the batch; never materialised.

    `pre` is `[..., batch, n_pre]`, `post` is `[..., batch, n_post]`; ``db`` is the sum of `post`
    over the batch. The change is added as it is: the rule chooses its sign and applies the learning
    rate. A rule with two terms concatenates them, ``[..., 2 * batch, n]``.

    With `loss` `[..., n_post]` every synapse onto a neuron first loses that fraction of its own
    weight, ``dW = pre^T post - loss * W``, and so does the bias: the neuron forgets according to
    its activity, and the rule needs to see no weight.
    """

    pre: Tensor
    post: Tensor
    loss: Tensor | None = None


class Direct(NamedTuple):
    """A change given weight by weight: `weight` `[..., n_pre, n_post]`, `bias` `[..., n_post]`."""

    weight: Tensor
    bias: Tensor


Change = Outer | Direct


@dataclass
class PlasticityState:
    """What a rule remembers of one projection.

    Attributes
    ----------
    learning_rate : Tensor
        The current rate of this projection, a scalar on the device.
    traces : dict of Tensor
        The tensors that the rule declared in `PlasticityRule.traces`, zero at first.
    """

    learning_rate: Tensor
    traces: dict[str, Tensor]


@dataclass(eq=False)  # a subclass may have more than its fields
class PlasticityRule(ABC):
    """How synapses change, from three local factors, at every step.

    A subclass defines `update`, and declares in `traces` what it must remember. It sees only what a
    synapse could see: no weight matrix, no other neuron. Write tensor operations on the last two
    dimensions, without loops over neurons and without decisions that depend on data.

    A subclass may be a dataclass, or have an ``__init__`` that calls ``super().__init__``.

    Parameters
    ----------
    learning_rate : float or sequence of float, default 1e-3
        eta, one for all projections or one for each. Updates are *summed* over the batch.
    weight_decay : float, default 0
        gamma: weights and biases are multiplied by (1 - gamma) at every step.
    decay_times_rate : bool, default False
        Whether they are multiplied by (1 - eta gamma) instead, as torch.optim does.

    Attributes
    ----------
    traces : mapping of str to {"pre", "post", "synapse", "stream_synapse"}
        Name of each tensor to remember, and whether it holds one number per presynaptic neuron and
        stream, per postsynaptic neuron and stream, per synapse (shared by the batch), or per
        synapse and stream.
    outer_factor : str or None
        Name of the trace that holds `post` after an `update` that returned ``Outer(pre, post)``
        with the `pre` that it was given and no `loss`, so that the changes can be counted
        (docs/costs.md). Each class that defines `update` declares it for itself.

    Raises
    ------
    SpikefaError
        If a rate is not positive or the decay is outside [0, 1).

    Examples
    --------
    >>> class Hebb(PlasticityRule):
    ...     def update(self, pre, post, modulator, state):
    ...         return Outer(pre, state.learning_rate * modulator * post.spikes)
    """

    traces: ClassVar[Mapping[str, Place]] = {}
    outer_factor: ClassVar[str | None] = None

    learning_rate: Rate | Sequence[Rate] = 1e-3
    _: KW_ONLY
    weight_decay: ShareBelowOne = 0.0
    decay_times_rate: bool = False

    def __init_subclass__(cls, **others: Any):
        super().__init_subclass__(**others)
        if "update" in vars(cls) and "outer_factor" not in vars(cls):  # a base's is of its `update`
            cls.outer_factor = None

    def __post_init__(self) -> None:
        check_fields(self)
        one = isinstance(self.learning_rate, int | float)
        require(one or bool(self.learning_rate), "there is no learning rate: give one or more")

    def _repr_html_(self) -> str:
        return html_table(type(self).__name__, arguments(self))

    @property
    def standard(self) -> bool:
        """Whether this is exactly `ThreeFactor`, whose update the fused kernels know."""
        return False

    def rates(self, projections: int) -> list[float]:
        """Return the base learning rate of each projection.

        Raises
        ------
        SpikefaError
            If a sequence of another length was given.
        """
        if isinstance(self.learning_rate, int | float):
            return [float(self.learning_rate)] * projections
        require(
            len(self.learning_rate) == projections,
            f"{len(self.learning_rate)} learning rates for {projections} projections: "
            "give one, or one for each",
        )
        return [float(rate) for rate in self.learning_rate]

    def state(
        self,
        n_pre: int,
        n_post: int,
        batch: int,
        learning_rate: float,
        device: torch.device,
        dtype: torch.dtype,
    ) -> PlasticityState:
        """Return the state of one projection, with the declared traces at 0."""
        shapes = {
            "pre": (batch, n_pre),
            "post": (batch, n_post),
            "synapse": (n_pre, n_post),
            "stream_synapse": (batch, n_pre, n_post),
        }
        self.check_traces()
        return PlasticityState(
            torch.tensor(learning_rate, device=device, dtype=dtype),
            {
                name: torch.zeros(shapes[place], device=device, dtype=dtype)
                for name, place in self.traces.items()
            },
        )

    def check_traces(self) -> None:
        """Check that each trace has a place.

        Raises
        ------
        SpikefaError
            If one has not.
        """
        what = f"of {type(self).__name__}"
        require(
            isinstance(self.traces, Mapping),
            f"the traces {what} are {shown(self.traces)}: give a place for each name, as in "
            "{'trace': 'pre'}",
        )
        for name, place in self.traces.items():
            check_one_of(f"the place of trace {name!r} {what}", place, get_args(Place))

    @abstractmethod
    def update(self, pre: Tensor, post: Post, modulator: Tensor, state: PlasticityState) -> Change:
        """Return the change of one projection in one step.

        Parameters
        ----------
        pre : Tensor [..., batch, n_pre]
            Presynaptic activity of this step.
        post : Post
            The postsynaptic neurons' own potential, spikes and gain.
        modulator : Tensor [..., batch, n_post]
            Third factor: what the error populations deliver to each postsynaptic neuron.
        state : PlasticityState
            Learning rate and declared traces; update the traces in place.

        Returns
        -------
        Outer or Direct
            What is added to weights and biases.
        """

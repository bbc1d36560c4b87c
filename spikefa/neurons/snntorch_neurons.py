"""snnTorch's neurons as a forward population."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field

import snntorch
import torch
from torch import Tensor, nn

from spikefa.errors import SpikefaError, require
from spikefa.neurons.base import Population, PopulationState
from spikefa.utils import notices
from spikefa.utils.tensors import Variable, flush

CURRENTS = {
    snntorch.Leaky: (),
    snntorch.Lapicque: (),
    snntorch.RLeaky: (),
    snntorch.Synaptic: ("syn",),
    snntorch.RSynaptic: ("syn",),
    snntorch.Alpha: ("syn_exc", "syn_inh"),
}
"""What each kind of neuron carries from step to step besides membrane and spike."""


@dataclass
class SnnTorchState(PopulationState):
    """State of snnTorch neurons; `probability` and `spikes` are one tensor.

    Attributes
    ----------
    currents : dict of Tensor
        Synaptic currents, by the names that snnTorch gives them: ``syn``, ``syn_exc``, ``syn_inh``.
    """

    currents: dict[str, Tensor]


@dataclass(eq=False)
class _Wrapped:
    """The argument that comes before the size."""

    neuron: nn.Module


@dataclass(eq=False)
class SnnTorch(Population, _Wrapped):
    """A population of snnTorch neurons (Eshraghian et al. 2023), learning without autograd in time.

    In one step the drive ``s_pre W + b`` is given to the snnTorch neuron as its input, with weight
    1 (not 1 - beta). Then::

        V   = its membrane (mem)
        s   = its spike
        Psi = d s / d mem, the surrogate derivative, from the neuron's own `spike_grad`

    Psi comes from autograd on the one elementwise function that turns the membrane into a spike.
    No graph reaches back in time, and none is kept: the synapses learn from the three factors of
    the present step. With ``reset_delay=False`` Psi is taken at the membrane before its reset.

    Only synapses learn: options such as ``learn_beta`` give a warning and have no other effect.
    Values that were learned elsewhere are used as they are. The population works on a copy, and
    leaves the given neuron untouched.

    Parameters
    ----------
    neuron : snntorch.Leaky, Lapicque, Synaptic, Alpha, RLeaky or RSynaptic
        With any threshold, reset mechanism, surrogate or quantisation. The two recurrent kinds
        need ``all_to_all=False``.
    size : int
        Number of neurons.

    Raises
    ------
    SpikefaError
        If it is another kind of neuron; if it has a matrix of synapses of its own, inhibits its
        neighbours, hides its state (`init_hidden`), has no surrogate derivative, has one that draws
        random numbers, or has constants for another number of neurons.

    Examples
    --------
    >>> SnnTorch(snntorch.Leaky(beta=0.9, threshold=1.0), 100)
    SnnTorch(neuron=Leaky(), size=100)
    """

    tau: float = field(default=1.0, init=False, repr=False)  # the neuron has constants of its own
    kind: type[nn.Module] = field(init=False, repr=False)
    resets_at_once: bool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.kind = _kind(self.neuron)
        _check_fits(self.neuron, self.recurrent)
        self.neuron = _own(self.neuron)
        self.resets_at_once = not getattr(self.neuron, "reset_delay", True)
        if self.resets_at_once:  # done here, after the derivative has been taken
            self.neuron.reset_delay = True  # type: ignore[assignment]
        _check_surrogate(self.neuron)
        self._check_size()

    @property
    def currents(self) -> tuple[str, ...]:
        """Names of the synaptic currents."""
        return CURRENTS[self.kind]

    @property
    def recurrent(self) -> bool:
        """Whether each neuron is connected to itself."""
        return self.kind in (snntorch.RLeaky, snntorch.RSynaptic)

    @property
    def spiking(self) -> bool:
        """Whether a spike is 1, and not graded."""
        return bool((torch.as_tensor(self.neuron.graded_spikes_factor) == 1).all())

    def state(self, batch: int, device: torch.device, dtype: torch.dtype) -> SnnTorchState:
        """Return the state of `batch` independent copies at rest (V = 0, no spikes)."""

        def zeros() -> Tensor:
            return torch.zeros(batch, self.size, device=device, dtype=dtype)

        self.neuron.to(device)
        spikes = zeros()
        return SnnTorchState(
            drive=zeros(),
            uniforms=torch.zeros(0, device=device, dtype=dtype),
            potential=zeros(),
            probability=spikes,
            spikes=spikes,
            gain=zeros(),
            currents={name: zeros() for name in self.currents},
        )

    def step(self, state: PopulationState) -> None:
        """Advance `state` by one step, in place, from its drive."""
        assert isinstance(state, SnnTorchState)
        before = [state.spikes] if self.recurrent else []
        with torch.no_grad():
            _, *currents, membrane = self.neuron(
                state.drive, *before, *state.currents.values(), state.potential
            )
        spikes, gain = fire(self.neuron, membrane)
        if self.resets_at_once:
            membrane = _reset(self.neuron, membrane, spikes)
        for current, new in zip(state.currents.values(), currents, strict=True):
            flush(current.copy_(new))
        flush(state.potential.copy_(membrane))
        state.spikes.copy_(spikes)
        state.gain.copy_(gain)

    def variables(self, state: PopulationState) -> Mapping[str, Variable]:
        """Return the synaptic currents."""
        assert isinstance(state, SnnTorchState)
        return state.currents

    def _check_size(self) -> None:
        try:
            self.step(self.state(2, torch.device("cpu"), torch.float32))
        except RuntimeError as error:
            raise SpikefaError(
                f"the constants of this {self.kind.__name__} do not fit {self.size} neurons: "
                f"give one value, or {self.size} ({error})"
            ) from error


def fire(neuron: nn.Module, membrane: Tensor) -> tuple[Tensor, Tensor]:
    """Return the spikes at these membrane potentials, and their surrogate derivatives."""
    with torch.enable_grad():
        leaf = membrane.detach().requires_grad_()
        spikes = neuron.fire(leaf)  # type: ignore[operator]
        (gain,) = torch.autograd.grad(spikes.sum(), leaf)
    return spikes.detach(), gain


def _reset(neuron: nn.Module, membrane: Tensor, spikes: Tensor) -> Tensor:
    """Return the membrane reset in the step of its spike, as snnTorch does (reset_delay=False)."""
    fresh = spikes / neuron.graded_spikes_factor - neuron.reset  # type: ignore[operator]
    if neuron.reset_mechanism == "subtract":
        return membrane - fresh * neuron.threshold  # type: ignore[operator]
    return membrane - fresh * membrane if neuron.reset_mechanism == "zero" else membrane


def _kind(neuron: nn.Module) -> type[nn.Module]:
    kinds = ", ".join(kind.__name__ for kind in CURRENTS)
    require(
        type(neuron) in CURRENTS,
        f"{type(neuron).__name__} cannot be a population: give an snntorch neuron, one of {kinds}",
    )
    return type(neuron)


def _check_fits(neuron: nn.Module, recurrent: bool) -> None:
    name = type(neuron).__name__
    require(
        not (recurrent and neuron.all_to_all),
        f"this {name} has a matrix of recurrent synapses, which no rule would teach: "
        "give all_to_all=False, for connections of each neuron to itself",
    )
    require(
        not neuron.inhibition,
        f"this {name} lets one neuron silence all others, and a population is of neurons without "
        "connections among them: leave inhibition out",
    )
    require(
        not neuron.init_hidden,
        f"this {name} hides its state, which all streams would share: leave init_hidden out",
    )
    if any(parameter.requires_grad for parameter in neuron.parameters()):
        learned = ", ".join(name for name, _ in neuron.named_parameters())
        notices.warn(f"{learned} of {name} will not learn: only synapses do", stacklevel=4)


def _own(neuron: nn.Module) -> nn.Module:
    """Return a copy of the neuron that nothing else uses, with nothing to be learned."""
    try:
        own = copy.deepcopy(neuron)
    except RuntimeError as error:  # it still holds the graph of what it has computed
        raise SpikefaError(
            f"this {type(neuron).__name__} is in use: give a new one, or call its reset_mem() first"
        ) from error
    return own.requires_grad_(False)


def _check_surrogate(neuron: nn.Module) -> None:
    """Check that the spike has a derivative, and that both follow from the membrane alone."""
    before = torch.get_rng_state()
    try:
        fire(neuron, neuron.threshold + torch.linspace(-1, 1, 8).unsqueeze(-1))  # type: ignore
    except RuntimeError as error:
        raise SpikefaError(
            f"this {type(neuron).__name__} has no surrogate derivative, without which its synapses "
            "cannot learn: leave surrogate_disable out, or give a spike_grad"
        ) from error
    drawn = not torch.equal(before, torch.get_rng_state())
    torch.set_rng_state(before)
    require(
        not drawn,
        f"the surrogate of this {type(neuron).__name__} draws random numbers of its own, so that "
        "no run could be repeated: give another spike_grad",
    )

"""Convolutional synapses: all positions of an image share their weights."""

from dataclasses import dataclass, field

from torch import Tensor

from spikefa.errors import require
from spikefa.synapses.base import Synapses
from spikefa.synapses.constraint import check_shared
from spikefa.synapses.convolution import Convolution
from spikefa.synapses.sharing import Sharing


@dataclass(eq=False)
class Conv(Synapses):
    """Convolutional synapses with a bias for each channel.

    The weights are a matrix like those of other synapses, with a row for each pixel of the kernel
    and a column for each channel; `kernel` shows it as torch does. Decay, optimisers, norms, angles
    and feedback circuits treat it as they treat others. A weight learns the sum of what its
    synapses learn, over all positions and streams, and a bias that of its channel::

        dW[(c, u, v), o] = sum_{y, x} pre[c, stride y + u - padding, ...] post[o, y, x]

    Rules whose changes are outer products serve it (`Outer`); those that keep a number for each
    pair of neurons do not.

    Parameters
    ----------
    n_pre, n_post : int
        Sizes of the two populations; they must be those of the convolution.
    convolution : Convolution
        Shapes of the images, kernel, stride, padding, groups and pooling.
    scale : float, default 0.05
        Half-range of the uniform distribution from which the weights are drawn. Biases start at 0.
    norm : float, optional
        Length that the weights onto each channel keep, see `Synapses`. By default they are free.
    biased : bool, default True
        Whether the channels have biases, see `Synapses`.
    constraints : sequence of Constraint, optional
        Such as ``(Bits(4),)``, see `Synapses`; those about single neurons or synapses, such as
        `Dale` and `Failure`, have no meaning for weights that many share.
    device, dtype
        Where the weights live, and as what.

    Attributes
    ----------
    weight : Tensor [channels below / groups * height * width, channels]
        Height and width are those of the kernel.
    bias : Tensor [channels]

    Raises
    ------
    SpikefaError
        If a number is out of range, the sizes are not those of the convolution, or a constraint has
        no meaning here.

    Examples
    --------
    >>> first = Convolution((1, 28, 28), channels=6, kernel_size=5, padding=2, pool=2)
    >>> first.out_shape
    (6, 14, 14)
    >>> Conv(first.n_pre, first.n_post, convolution=first).weight.shape
    torch.Size([25, 6])
    """

    convolution: Convolution = field(kw_only=True)

    def __post_init__(self) -> None:
        layout = self.convolution
        require(
            isinstance(layout, Convolution),
            f"the convolution of Conv is {layout!r}: give a Convolution(shape, channels, "
            "kernel_size)",
        )
        require(
            (self.n_pre, self.n_post) == (layout.n_pre, layout.n_post),
            f"a convolution of {_times(layout.shape)} onto {_times(layout.out_shape)} connects "
            f"{layout.n_pre} with {layout.n_post} neurons, and the populations have {self.n_pre} "
            f"and {self.n_post}",
        )
        super().__post_init__()
        check_shared(self.held, "those of a convolution share their weights")

    @property
    def kernel(self) -> Tensor:
        """The weights as torch has them, a view [channels, channels below / groups, height, width].

        Replicas, if any, come first.
        """
        layout = self.convolution
        below = layout.shape[0] // layout.groups
        size = layout.kernel_size
        height, width = (size, size) if isinstance(size, int) else size
        return self.weight.mT.unflatten(-1, (below, height, width))

    def arrangement(self) -> Sharing:
        """Return the convolution."""
        return self.convolution

    def constrain(self) -> None:
        """Restore the constraints and the norm, if there are any."""
        self.keep_constraints()
        self.keep_norm()


def _times(shape: tuple[int, int, int]) -> str:
    return " x ".join(map(str, shape))

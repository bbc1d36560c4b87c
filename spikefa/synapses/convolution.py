"""Weights that are shared over the positions of an image."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import KW_ONLY, dataclass, field, replace

import torch
from torch import Tensor
from torch.nn.functional import conv2d, conv_transpose2d
from torch.nn.grad import conv2d_weight

from spikefa.errors import SpikefaError, require
from spikefa.synapses.sharing import Sharing
from spikefa.utils.checking import check_fields
from spikefa.utils.ranges import CountOrZero, Size


@dataclass
class Convolution(Sharing):
    """A convolution of images, with the average of neighbouring results if it pools.

    The neurons of a population are the pixels of its images, one image for each channel: neuron
    ``(c, y, x)`` has the number ``(c height + y) width + x``, so that a population that is driven
    by one convolution can drive the next. As in torch::

        drive[o, y, x] = mean_{i, j < pool} sum_{c, u, v} W[(c, u, v), o] s[c, Y + u, X + v]

    where ``Y = stride (pool y + i) - padding``, and X likewise; pixels outside of the image are 0.
    What pooling leaves over at the lower and right border is dropped.

    Pooling comes before the neurons, so it is linear. It is computed as what it is, a convolution
    with a wider kernel and a longer stride, which takes fewer products than two steps do.

    Parameters
    ----------
    shape : (int, int, int)
        Channels, height and width of the presynaptic images.
    channels : int
        Channels of the postsynaptic images.
    kernel_size : int or (int, int)
        Height and width of the kernel.
    stride : int or (int, int), default 1
        Distance of neighbouring positions of the kernel.
    padding : int or (int, int), default 0
        Zeros on each side of the image.
    groups : int, default 1
        Blocks of channels: those of one block receive from those of the same block only.
    pool : int or (int, int), default 1
        Height and width of the neighbourhood over which the drive is the mean.

    Attributes
    ----------
    n_pre, n_post : int
        Sizes of the two populations.
    out_shape : (int, int, int)
        Channels, height and width of the postsynaptic images.

    Raises
    ------
    SpikefaError
        If a number is out of range, the groups do not divide the channels, or the kernel or the
        neighbourhood is larger than the image.
    """

    shape: tuple[Size, Size, Size]
    channels: Size
    kernel_size: Size | tuple[Size, Size]
    _: KW_ONLY
    stride: Size | tuple[Size, Size] = 1
    padding: CountOrZero | tuple[CountOrZero, CountOrZero] = 0
    groups: Size = 1
    pool: Size | tuple[Size, Size] = 1
    n_pre: int = field(init=False, repr=False)
    n_post: int = field(init=False, repr=False)
    out_shape: tuple[int, int, int] = field(init=False, repr=False)
    _padding: tuple[int, int] = field(init=False, repr=False)
    _field: tuple[int, int] = field(init=False, repr=False)
    _jump: tuple[int, int] = field(init=False, repr=False)
    _left_over: tuple[int, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        check_fields(self)
        self._padding = _pair(self.padding)
        kernel, stride, pool = _pair(self.kernel_size), _pair(self.stride), _pair(self.pool)
        sides = list(zip(self.shape[1:], self._padding, strict=True))
        self._field = _each(k + s * (p - 1) for k, s, p in zip(kernel, stride, pool, strict=True))
        self._jump = _each(s * p for s, p in zip(stride, pool, strict=True))
        rest = _each(n + 2 * p - f for (n, p), f in zip(sides, self._field, strict=True))
        self._check(rest)
        self._left_over = _each(n % jump for n, jump in zip(rest, self._jump, strict=True))
        height, width = (n // jump + 1 for n, jump in zip(rest, self._jump, strict=True))
        self.out_shape = self.channels, height, width
        self.n_pre = self.shape[0] * self.shape[1] * self.shape[2]
        self.n_post = self.channels * height * width

    def _check(self, rest: tuple[int, int]) -> None:
        channels, height, width = self.shape
        require(
            channels % self.groups == 0 and self.channels % self.groups == 0,
            f"{self.groups} groups do not divide {channels} channels below and {self.channels} "
            "above: give a divisor of both",
        )
        require(
            min(rest) >= 0,
            f"a kernel of {self.kernel_size} with stride {self.stride} and pool {self.pool} covers "
            f"{self._field[0]} x {self._field[1]} pixels, and an image of {height} x {width} with "
            f"padding {self.padding} has not as many: give a smaller kernel or pool, or more "
            "padding",
        )

    @property
    def weight_shape(self) -> tuple[int, int]:
        """The number of weights onto a neuron, and that of channels."""
        height, width = _pair(self.kernel_size)
        return self.shape[0] // self.groups * height * width, self.channels

    @property
    def shares(self) -> bool:
        """All positions have the same weights, even if there is one position only."""
        return True

    @property
    def fans(self) -> tuple[int, int]:
        """The numbers of weights of a channel above, and of one below."""
        height, width = _pair(self.kernel_size)
        return self.weight_shape[0], self.channels // self.groups * height * width

    def drive(self, pre: Tensor, weight: Tensor, out: Tensor) -> None:
        """Write the convolution of `pre`."""
        for own, kernel, to in _replicas(weight, pre, weight.mT, out):
            with _exactly(own):
                found = conv2d(
                    own.reshape(-1, *self.shape),
                    self._kernel(kernel),
                    None,
                    self._jump,
                    self._padding,
                    1,
                    self.groups,
                )
            to.view(found.shape).copy_(found)

    def carry(self, sent: Tensor, back: Tensor, out: Tensor) -> None:
        """Write the transposed convolution of `sent`."""
        for own, kernel, to in _replicas(back, sent, back, out):
            with _exactly(own):
                found = conv_transpose2d(
                    own.reshape(-1, *self.out_shape),
                    self._kernel(kernel),
                    None,
                    self._jump,
                    self._padding,
                    self._left_over,
                    self.groups,
                )
            to.view(found.shape).copy_(found)

    def add_outer(self, to: Tensor, pre: Tensor, post: Tensor) -> None:
        """Add the correlation of `pre` and `post` at all positions of the kernel."""
        for own, own_pre, own_post in _replicas(to, to, pre, post):
            own.add_(self._correlation(own_pre, own_post).mT)

    def add_outer_back(self, to: Tensor, sent: Tensor, pre: Tensor, alpha: float = 1.0) -> None:
        """Add `alpha` times the same to a matrix that carries errors the other way."""
        for own, own_sent, own_pre in _replicas(to, to, sent, pre):
            own.add_(self._correlation(own_pre, own_sent), alpha=alpha)

    def add_bias(self, bias: Tensor, out: Tensor) -> None:
        """Add the bias of its channel to each neuron."""
        out.unflatten(-1, (self.channels, -1)).add_(bias.unsqueeze(-2).unsqueeze(-1))

    def gathered(self, post: Tensor) -> Tensor:
        """Return the sum over the neurons of each channel."""
        return post.unflatten(-1, (self.channels, -1)).sum(-1)

    def each_alone(self, change: Tensor) -> Tensor:
        """Refuse a change for each pair of neurons."""
        raise SpikefaError(
            "the rule returned a Direct change, with a number for each pair of neurons, and the "
            "synapses of a convolution share their weights: give a rule that returns "
            "Outer(pre, post), or Dense synapses"
        )

    def widened(self, columns: int) -> Sharing:
        """Return the same convolution onto `columns` channels."""
        return replace(self, channels=columns)

    def column_by_column(self, columns: int) -> Sharing:
        """Return a convolution of `columns` channels with a kernel of 1 x 1."""
        return Convolution((columns, *self.out_shape[1:]), self.channels, 1, groups=self.groups)

    # -- the kernel with its pooling -----------------------------------------------------------

    def _kernel(self, back: Tensor) -> Tensor:
        """Return the weights `[channels, rows]` as torch's kernel, widened by the pooling."""
        kernel = back.reshape(self.channels, -1, *_pair(self.kernel_size))
        return kernel if self._pool is None else self._mean(kernel, full=True)

    def _correlation(self, pre: Tensor, post: Tensor) -> Tensor:
        """Return ``post^T pre`` `[channels, rows]` of a single network, over all positions."""
        inner = self.shape[0] // self.groups
        with _exactly(pre):
            found = conv2d_weight(
                pre.reshape(-1, *self.shape),
                (self.channels, inner, *self._field),
                post.reshape(-1, *self.out_shape),
                self._jump,
                self._padding,
                1,
                self.groups,
            )
        if self._pool is not None:
            found = self._mean(found, full=False)
        return found.reshape(self.channels, -1)

    @property
    def _pool(self) -> tuple[int, int] | None:
        pool = _pair(self.pool)
        return None if pool == (1, 1) else pool

    def _mean(self, kernel: Tensor, full: bool) -> Tensor:
        """Return the means over the neighbourhoods in a kernel; `full` ones, or those inside it."""
        pool, stride = _pair(self.pool), _pair(self.stride)
        padding = [s * (p - 1) * full for s, p in zip(stride, pool, strict=True)]
        box = kernel.new_full((1, 1, *pool), 1 / (pool[0] * pool[1]))
        with _exactly(kernel):
            means = conv2d(kernel.reshape(-1, 1, *kernel.shape[2:]), box, None, 1, padding, stride)
        return means.view(*kernel.shape[:2], *means.shape[2:])


def _pair(given: int | tuple[int, int]) -> tuple[int, int]:
    return (given, given) if isinstance(given, int) else given


def _each(found: Iterator[int]) -> tuple[int, int]:
    height, width = found
    return height, width


def _replicas(weight: Tensor, *tensors: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Yield the tensors of each replica; those of a single network as they are."""
    yield from [tensors] if weight.dim() == 2 else zip(*tensors, strict=True)


def _exactly(tensor: Tensor) -> AbstractContextManager[None]:
    """Keep a GPU from rounding to TF32 and from sums in an order of chance, as it would."""
    if not tensor.is_cuda:
        return nullcontext()
    return torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False)

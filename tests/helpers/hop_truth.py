"""One hop with fresh random numbers: as the kernels are given it, and what float64 makes of it."""

from dataclasses import dataclass, field

import torch

from spikefa.backends.fused_deferred.launcher import Launcher
from spikefa.backends.fused_deferred.many_streams import ManyStreams
from spikefa.backends.fused_deferred.one_stream import OneStream
from spikefa.backends.fused_deferred.operands import Link, Operand, Rows, padded
from spikefa.backends.fused_deferred.places import Errors, Moment, Neurons, OutputError
from spikefa.backends.fused_deferred.tiling import TABLE
from spikefa.feedback.matrix import Recipe
from spikefa.neurons import StochasticBinary
from tests.helpers.near import MATRIX, ORDINARY, Near, sum_of

ETA = 0.01
TAU, ERROR_TAU = 0.7, 0.4


@dataclass
class Hop:
    """Synapses from `n_pre` to `n_post` neurons, of which `earlier` steps wait."""

    n_pre: int
    n_post: int
    batch: int
    earlier: int = 2
    replicas: int = 1
    half: bool = False
    spikes: bool = True
    plastic: bool = True
    kind: str = "stored"
    tiles: dict = field(default_factory=dict)
    device: str = "cpu"
    dependent: bool | None = None
    seed: int = 0

    def __post_init__(self):
        self.random = torch.Generator(self.device).manual_seed(self.seed)
        self.capacity = padded((self.earlier + 1) * self.batch)
        self.row = self.earlier * self.batch
        self.left = self.rows(self.n_pre, self.spikes)
        factor = self.rows(self.n_post, not self.spikes)  # a feedback matrix learns from spikes
        rate = torch.full((1,), ETA, device=self.device)
        self.weight = self.normal(self.n_pre, self.n_post) * 0.1
        self.bias = self.normal(self.n_post) if self.spikes else None
        recipe = None
        if self.kind != "stored":
            seeds = torch.arange(2 * self.replicas, device=self.device) + 77
            recipe = Recipe(self.kind, 0.1, 0.0, seeds)
        stored = self.weight if recipe is None else None
        matrix = Operand(self.n_pre, self.n_post, stored, recipe, self.half)
        matrix.refresh()
        learning = (self.left, factor, rate) if self.plastic else (None, None, None)
        self.link = Link(matrix, self.left, *learning, self.bias)
        launcher = Launcher(torch.device(self.device), self.dependent)
        tiles = TABLE["float16" if self.half else "float32"].for_launch(launcher.dependent)
        tiles = tiles._replace(**self.tiles)
        self.kernels = (
            OneStream(launcher, tiles, self.replicas)
            if self.batch == 1
            else ManyStreams(launcher, tiles, [self.link], self.replicas, self.batch, self.half)
        )

        if self.link.overlap is not None:
            self.link.overlap.fill_(float("nan"))  # of another step: nobody may read it

    @property
    def moment(self):
        return Moment(self.row, self.row, 3)

    @property
    def unit(self):
        return MATRIX if self.half and self.batch > 1 else ORDINARY

    def normal(self, *shape):
        shape = self.replicas, *shape
        return torch.randn(shape, generator=self.random, device=self.device)

    def uniform(self, *shape):
        shape = self.replicas, *shape
        return torch.rand(shape, generator=self.random, device=self.device)

    def rows(self, n, spikes):
        """Rows of all steps; behind them, numbers of a time before that nobody may read."""
        made = Rows.of(n, self.replicas, self.capacity, self.half, torch.device(self.device))
        values = self.normal(self.capacity, n)
        values[:, (self.earlier + 1) * self.batch :] = float("nan")
        often = -2.5 if n > 2048 else 0.0  # so that overlaps are larger than float16 can hold
        made.put(0, (values > often).float() if spikes else values)
        made.values[:, (self.earlier + 1) * self.batch :, :n] = float("nan")
        return made

    def known(self, rows, first, count):
        """Return rows as exact numbers."""
        return Near.exactly(rows.values[:, first : first + count, : rows.n])

    def drive(self):
        """What arrives, in float64: the weights as they were, and what the earlier steps add."""
        sent = self.known(self.left, self.row, self.batch)
        weight = self.weight if self.kind == "stored" else drawn(self.link.matrix, self.device)
        weight = Near.exactly(weight)
        if self.half:
            weight = weight.halved()
        terms = [sent.times(weight, self.unit, terms=4)]  # the parts
        if self.plastic and self.row:
            terms.append(self.learnt(sent))
        if self.bias is not None:
            terms.append(Near.exactly(self.bias.unsqueeze(-2)))
        return sum_of(*terms)

    def learnt(self, sent):
        before = self.known(self.left, 0, self.row)
        factor = self.known(self.link.factor, 0, self.row)
        overlap = sent.times(before.mT, 0.0 if self.spikes else self.unit)  # of spikes: exact
        if self.bias is not None:
            overlap = Near(overlap.value + 1, overlap.error)
        if self.half and not self.spikes and self.batch > 1:
            overlap = overlap.rounded(4)  # the sum of two TF32 numbers
        return overlap.times(factor, self.unit, terms=4) * -ETA

    def neurons(self, dropout=None):
        """A forward population with any state."""
        state = StochasticBinary(self.n_post, tau=TAU, dropout=dropout).state(
            self.batch * self.replicas, torch.device(self.device), torch.float32
        )
        for name in ("potential", "uniforms"):
            filled = getattr(self, "normal" if name == "potential" else "uniform")
            getattr(state, name).copy_(filled(self.batch, self.n_post).flatten(0, 1))
        if dropout is not None:
            chances = self.uniform(self.batch, self.n_post).flatten(0, 1)
            state.dropout.chances.copy_(chances)
            state.dropout.redraw()
        sent = Rows.of(
            self.n_post, self.replicas, self.capacity, self.half, torch.device(self.device)
        )
        n_bytes = -(-self.n_post // 8)
        packed = torch.zeros(
            self.batch * self.replicas, n_bytes, dtype=torch.uint8, device=self.device
        )
        seeds = torch.arange(self.replicas, device=self.device) + 5
        return Neurons(state, TAU, packed, seeds, sent)

    def errors(self, phi="identity", everything=True):
        """An error population with any state."""
        potential = self.normal(self.batch, self.n_post)
        activity = potential if phi == "identity" else torch.zeros_like(potential)
        gain = self.uniform(self.batch, self.n_post)
        room = [
            Rows.of(self.n_post, self.replicas, self.capacity, self.half, torch.device(self.device))
            for _ in range(2)
        ]
        trace = torch.zeros_like(potential)
        rate = torch.full((1,), ETA, device=self.device)
        rows = room if everything else (None, None)
        taught = (trace, rate) if everything else (None, None)
        return Errors(potential, activity, gain, ERROR_TAU, phi, *rows, *taught)

    def output(self, phi="identity", spikes=True):
        """What forms the error of the output."""
        target = self.uniform(self.batch, self.n_post)
        return OutputError(target, torch.zeros_like(target), self.errors(phi), spikes)

    def of_step(self, rows):
        """Return `[replicas, batch, n]` of the present step; the columns behind hold 0."""
        own = rows.values[:, self.row : self.row + self.batch]
        assert not own[..., rows.n :].any()
        return own[..., : rows.n]


def leaked(drive, before, tau):
    """Return ``drive + (1 - tau) (before - drive)``."""
    return drive + (Near.exactly(before) - drive) * (1 - tau)


def phi_truth(u, phi):
    """Return phi_delta(u); the kernel's tanh errs by some units, more near 0.2."""
    if phi == "identity":
        return u
    half = u * 0.5 if phi == "logistic" else u
    made = half.through(torch.tanh, 1.0, 64)
    return Near(made.value, made.error + 3e-7)  # what its series leaves out, at 0.2


def drawn(matrix, device):
    """Return a procedural matrix, of each replica."""
    from tests.helpers.drawn_matrix import random_matrix

    seeds = matrix.recipe.seeds.view(-1, 2)[:, 0].tolist()
    shape = matrix.n_pre, matrix.n_post
    made = [random_matrix(seed, shape, matrix.recipe.kind, 0.1) for seed in seeds]
    return torch.stack([torch.from_numpy(each) for each in made]).to(device)

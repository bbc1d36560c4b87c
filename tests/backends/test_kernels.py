"""Every kernel of the fused backend against float64, from fresh random numbers.

Without a GPU they run in the interpreter, at small odd sizes. A compiler may be wrong where the
interpreter is right, so on a GPU they run at the sizes of figure 4 too.
"""

import numpy as np
import pytest
import torch

from tests.helpers import rounding
from tests.helpers.fused_pairs import DEVICE
from tests.helpers.rounding import EXPONENTIAL, UNIT, within

pytestmark = pytest.mark.usefixtures("triton")

SMALL = [  # shape, batch, tiles
    ((1, 1), 1, (1, 16, 16)),
    ((17, 34), 3, (16, 16, 32)),
    ((34, 20), 17, (16, 16, 16, 2)),
    ((32, 20), 40, (16, 16, 32, 1)),
    ((66, 9), 1, (1, 32, 16, 2)),
]
LARGE = [
    ((784, 1500), 100, None),
    ((1500, 1500), 1, None),
    ((1500, 1000), 100, None),
    ((130, 17), 130, None),
    ((1500, 1500), 17, None),
]
PRECISIONS = ["float32", "bf16x6", "bf16x3", "tf32", "bf16"]
TAU, RATE = 0.9, 0.02
SHAPES = [*SMALL, *(pytest.param(*each, marks=pytest.mark.gpu) for each in LARGE)]
shapes = pytest.mark.parametrize(("shape", "batch", "tiles"), SHAPES)
in_precisions = pytest.mark.parametrize(
    ("shape", "batch", "tiles", "precision"),
    [(*SMALL[2], each) for each in PRECISIONS]
    + [pytest.param(*LARGE[0], each, marks=pytest.mark.gpu) for each in PRECISIONS],
)


@pytest.fixture
def fresh():
    """Return functions that draw numbers, and spikes, and the seed of another kind of draw."""
    source = torch.Generator(DEVICE)
    seed = source.seed()
    print(f"seed {seed}")  # shown if a test fails

    class Fresh:
        def normal(self, *shape):
            return torch.randn(shape, generator=source, device=DEVICE)

        def uniform(self, *shape):
            return torch.rand(shape, generator=source, device=DEVICE)

        def spikes(self, *shape):
            return (self.uniform(*shape) < 0.3).float()

    return Fresh()


def launcher(shape, batch, tiles, precision):
    from spikefa.backends.launcher import Launcher
    from spikefa.backends.tiling import Tiles

    fitting = Tiles(*tiles) if tiles else Tiles.fit(batch, precision)
    return Launcher(batch, precision, fitting, [shape], torch.device(DEVICE))


class Forward:
    """What the kernel `forward` reads and writes, before it has run."""

    def __init__(self, fresh, shape, batch):
        n_pre, n_post = shape
        self.shape, self.batch = shape, batch
        self.sent, self.before = fresh.spikes(batch, n_pre), fresh.spikes(batch, n_pre)
        self.weight, self.bias = fresh.normal(*shape) / n_pre**0.5, fresh.normal(n_post)
        self.factor, self.potential = (
            fresh.normal(batch, n_post) / batch,
            fresh.normal(batch, n_post),
        )
        self.spikes, self.uniforms = fresh.spikes(batch, n_post), fresh.uniform(batch, n_post)
        self.drive, self.probability, self.previous, self.gain = (
            torch.zeros_like(self.potential) for _ in range(4)
        )
        self.packed = torch.zeros(batch, -(-n_post // 8), device=DEVICE, dtype=torch.uint8)
        self.seed = torch.randint(1 << 62, (1,), device=DEVICE)
        self.clock = torch.randint(1 << 40, (1,), device=DEVICE)

    def run(self, launch, pending=False, philox=False):
        from spikefa.backends import kernels
        from spikefa.backends.tiling import in_units

        splits, columns, depth = launch.tiles.grid(*self.shape)
        launch.on_tiles(
            kernels.forward,
            (splits, columns),
            self.shape,
            *(self.sent, self.before, self.weight, self.bias, self.factor),
            *(launch.partial, launch.tickets),
            *(self.drive, self.potential, self.probability, self.spikes, self.previous, self.gain),
            *(self.packed, self.uniforms, self.seed, self.clock),
            self.batch,
            *in_units(self.shape),
            depth,
            TAU,
            PENDING=pending,
            PHILOX=philox,
        )

    def catch_up(self, launch):
        from spikefa.backends import kernels
        from spikefa.backends.tiling import in_units

        launch.on_tiles(
            kernels.catch_up,
            launch.tiles.high_and_wide(*self.shape),
            self.shape,
            *(self.before, self.weight, self.bias, self.factor),
            self.batch,
            *in_units(self.shape),
        )

    def check_learnt(self, weight, bias, precision):
        """Check that weight and bias are those given, with the change of the step before."""
        change = self.before.double().mT @ self.factor.double()
        bound = rounding.of_product(self.before.mT, self.factor, precision)
        within(self.weight, weight + change, bound + UNIT * (weight.abs() + change.abs()))
        size = self.factor.double().sum(0)
        bound = rounding.of_sum(self.factor, 0) + UNIT * (bias.abs() + size.abs())
        within(self.bias, bias + size, bound)

    def check_swept(self, potential, spikes, uniforms, precision):
        """Check everything that follows from the weights as they are now."""
        arrived = self.sent.double() @ self.weight.double() + self.bias.double()
        error = rounding.of_product(self.sent, self.weight, precision)
        error = error + 2 * UNIT * self.bias.double().abs()
        within(self.drive, arrived, error)
        v = arrived + (1 - TAU) * (potential - arrived)
        error = rounding.of_leak(arrived, potential, error)
        within(self.potential, v, error)
        p, error = torch.sigmoid(v), error / 4 + EXPONENTIAL  # a quarter: its steepest slope
        within(self.probability, p, error)
        within(self.gain, p * (1 - p), error)
        differs = self.spikes.bool() != (uniforms.double() < p)
        assert ((uniforms.double() - p).abs()[differs] <= error[differs]).all()
        assert self.previous.equal(spikes)
        bits = np.packbits(self.spikes.cpu().bool().numpy(), axis=-1, bitorder="little")
        assert (self.packed.cpu().numpy() == bits).all()


def check_forward(fresh, shape, batch, tiles, precision, pending, philox=False):
    given = Forward(fresh, shape, batch)
    weight, bias = given.weight.double(), given.bias.double()
    potential, spikes = given.potential.double(), given.spikes.clone()
    given.run(launcher(shape, batch, tiles, precision), pending, philox)
    if pending:
        given.check_learnt(weight, bias, precision)
    else:
        assert given.weight.double().equal(weight)
        assert given.bias.double().equal(bias)
    uniforms = philox_chances(given) if philox else given.uniforms
    given.check_swept(potential, spikes, uniforms, precision)


@shapes
@pytest.mark.parametrize("pending", [False, True])
def test_forward(fresh, shape, batch, tiles, pending):
    check_forward(fresh, shape, batch, tiles, "float32", pending)


@in_precisions
def test_forward_on_matrix_units(fresh, shape, batch, tiles, precision):
    check_forward(fresh, shape, batch, tiles, precision, pending=True)


@shapes
def test_forward_with_its_own_random_numbers(fresh, shape, batch, tiles):
    check_forward(fresh, shape, batch, tiles, "float32", pending=False, philox=True)


@in_precisions
def test_catch_up_learns_what_forward_would(fresh, shape, batch, tiles, precision):
    given = Forward(fresh, shape, batch)
    weight, bias = given.weight.clone(), given.bias.clone()
    launch = launcher(shape, batch, tiles, precision)
    given.catch_up(launch)
    given.check_learnt(weight.double(), bias.double(), precision)
    caught = given.weight.clone(), given.bias.clone()
    given.weight.copy_(weight)
    given.bias.copy_(bias)
    given.run(launch, pending=True)
    assert given.weight.equal(caught[0])
    assert given.bias.equal(caught[1])


PHI = {"identity": lambda u: u, "tanh": torch.tanh, "logistic": lambda u: torch.tanh(u / 2)}


class Errors:
    """What the kernels of the errors read and write, before they have run."""

    def __init__(self, fresh, batch, n, phi):
        self.potential, self.drive = fresh.normal(batch, n), torch.zeros(batch, n, device=DEVICE)
        share = phi == "identity"
        self.activity = self.potential if share else torch.zeros_like(self.potential)
        self.gain, self.factor = fresh.uniform(batch, n) / 4, fresh.normal(batch, n)
        self.rate = torch.tensor(RATE, device=DEVICE)

    @property
    def tensors(self):
        return self.drive, self.potential, self.activity, self.gain, self.rate, self.factor

    def check(self, arrived, error, before, factor, phi, learns):
        within(self.drive, arrived, error)
        u = arrived + (1 - TAU) * (before - arrived)
        error = rounding.of_leak(arrived, before, error)
        within(self.potential, u, error)
        passed = PHI[phi](u)
        if phi != "identity":
            error = error + EXPONENTIAL
        within(self.activity, passed, error)
        if not learns:
            assert self.factor.equal(factor)
            return
        scale = self.gain.double() * self.rate.double()
        within(self.factor, -passed * scale, error * scale + 4 * UNIT * (passed * scale).abs())


@pytest.mark.parametrize("learns", [False, True])
@pytest.mark.parametrize("phi", PHI)
@pytest.mark.parametrize("n", [1, 300, pytest.param(100_000, marks=pytest.mark.gpu)])
def test_output_error(fresh, n, phi, learns):
    from spikefa.backends import kernels
    from spikefa.backends.fused_errors import BLOCK

    given, launch = Errors(fresh, 1, n, phi), launcher((1, 1), 1, (1, 16, 16), "float32")
    output, target = fresh.uniform(1, n), fresh.spikes(1, n)
    error = torch.zeros_like(output)
    before, factor = given.potential.double(), given.factor.clone()
    launch.start(
        kernels.output_error,
        (-(-n // BLOCK),),
        *(output, target, error, *given.tensors, n, TAU),
        PHI=phi,
        LEARNS=learns,
        BLOCK=BLOCK,
    )
    exact = output.double() - target.double()
    within(error, exact, UNIT)
    given.check(exact, torch.full_like(exact, UNIT), before, factor, phi, learns)


def check_feed_back(
    fresh, shape, batch, tiles, precision="float32", gated=False, phi="identity", kind="stored"
):
    from spikefa.backends import kernels
    from spikefa.backends.tiling import in_units

    launch, given = launcher(shape, batch, tiles, precision), Errors(fresh, batch, shape[1], phi)
    sent, gate = fresh.normal(batch, shape[0]), fresh.uniform(batch, shape[0])
    matrix, scale, seed = fresh.normal(*shape), 0.3, torch.randint(1 << 62, (2,), device=DEVICE)
    if kind != "stored":
        kernels.write_matrix[launch.tiles.high_and_wide(*shape)](
            *(seed, matrix, scale, *shape), KIND=kind, PRE=launch.tiles.pre, POST=launch.tiles.post
        )
        expected = drawn_matrix(int(seed[0]), shape, kind, scale)
        np.testing.assert_allclose(matrix.cpu().numpy(), expected, rtol=2 * UNIT, atol=0)
    before, factor = given.potential.double(), given.factor.clone()
    splits, columns, depth = launch.tiles.grid(*shape)
    launch.on_tiles(
        kernels.feed_back,
        (splits, columns),
        shape,
        *(sent, gate, matrix if kind == "stored" else seed, scale),
        *(launch.partial, launch.tickets, *given.tensors),
        batch,
        *in_units(shape),
        depth,
        TAU,
        GATED=gated,
        PHI=phi,
        LEARNS=True,
        KIND=kind,
    )
    passed = sent.double() * gate.double() if gated else sent.double()
    error = rounding.of_product(passed, matrix, precision)
    error = error + UNIT * (passed.abs() @ matrix.double().abs())  # of the gate
    given.check(passed @ matrix.double(), error, before, factor, phi, learns=True)


@shapes
@pytest.mark.parametrize("gated", [False, True])
def test_feed_back(fresh, shape, batch, tiles, gated):
    check_feed_back(fresh, shape, batch, tiles, gated=gated, phi="tanh" if gated else "logistic")


@in_precisions
def test_feed_back_on_matrix_units(fresh, shape, batch, tiles, precision):
    check_feed_back(fresh, shape, batch, tiles, precision)


@shapes
@pytest.mark.parametrize("kind", ["uniform", "sign"])
def test_feed_back_through_a_drawn_matrix(fresh, shape, batch, tiles, kind):
    check_feed_back(fresh, shape, batch, tiles, kind=kind)


def philox(key, counter):
    """Philox4x32-10 (Salmon, Moraes, Dror & Shaw 2011, table 2) of arrays of counters."""
    c, k, mask = [np.uint64(1) * x for x in counter], [key & 0xFFFFFFFF, key >> 32], 0xFFFFFFFF
    for _ in range(10):
        a, b = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        c = [
            (b >> np.uint64(32)) ^ c[1] ^ np.uint64(k[0]),
            b & np.uint64(mask),
            (a >> np.uint64(32)) ^ c[3] ^ np.uint64(k[1]),
            a & np.uint64(mask),
        ]
        k = [(k[0] + 0x9E3779B9) & mask, (k[1] + 0xBB67AE85) & mask]
    return c


def philox_chances(given):
    """Return the uniforms of the neurons, from the counter (neuron, stream, step)."""
    batch, n = given.potential.shape
    streams, neurons = np.meshgrid(
        np.arange(batch, dtype=np.uint64), np.arange(n, dtype=np.uint64), indexing="ij"
    )
    step = int(given.clock)
    late = [np.full_like(streams, step & 0xFFFFFFFF), np.full_like(streams, step >> 32)]
    word = philox(int(given.seed), [neurons, streams, *late])[0]
    return torch.from_numpy((word >> np.uint64(8)).astype(np.float64) * UNIT).to(DEVICE)


def drawn_matrix(seed, shape, kind, scale):
    """Return a drawn matrix: 16 bits a synapse, eight rows from each counter."""
    rows, columns = np.meshgrid(
        np.arange(shape[0], dtype=np.uint64), np.arange(shape[1], dtype=np.uint64), indexing="ij"
    )
    none = np.zeros_like(rows)
    words = np.stack(philox(seed, [columns, rows // np.uint64(8), none, none]))
    place = (rows % np.uint64(8)).astype(np.int64)
    word = np.take_along_axis(words, (place // 2)[None], 0)[0]
    k = (word >> (np.uint64(16) * (rows % np.uint64(2)))) & np.uint64(0xFFFF)
    k = k.astype(np.float64)
    return scale * ((2 * k + 1) / 2**16 - 1 if kind == "uniform" else (k >= 2**15) * 2.0 - 1)

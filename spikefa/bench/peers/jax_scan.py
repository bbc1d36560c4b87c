"""JAX: the same equations as pure functions, five steps as one compiled scan."""

import importlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal

from spikefa.bench.peers.peer import RATE, Peer, Run, sizes_of, steps_for
from spikefa.bench.step_times import STEPS_PER_IMAGE
from spikefa.bench.work import feedback_matrices
from spikefa.network.network import Network
from spikefa.utils.timing import milliseconds

Precision = Literal["float32", "tf32", "bfloat16"]
PRECISIONS: dict[Precision, str] = {
    "float32": "F32_F32_F32",
    "tf32": "TF32_TF32_F32",
    "bfloat16": "BF16_BF16_F32",
}
"""Algorithms of products on a GPU, by what their factors are rounded to."""


@dataclass(eq=False)
class JaxScan(Peer):
    """A scan over the steps of an image, compiled by XLA, whose state is donated.

    Parameters
    ----------
    precision : {"float32", "tf32", "bfloat16"}
    """

    precision: Precision = "float32"

    package = "jax"
    install = "pip install 'jax[cuda13]'"
    computes = (
        "eqs. 5 to 8 on all synapses in every step, as a compiled scan over 5 steps whose state is "
        "donated, with JAX's default random numbers"
    )
    leaves_out = "weight decay, labels, new images"

    def __post_init__(self) -> None:
        self.name = f"JAX scan, {self.precision}"

    def load(self) -> None:
        """Import it, without letting it take all memory of the device."""
        os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
        _jax()

    def prepare(self, network: Network, batch: int) -> Run:
        """Draw weights, compile the scan, and show an image."""
        jax, on_cpu = _jax(), network.device.type == "cpu"
        scan = Scan(network, batch)
        precision = "highest" if on_cpu else PRECISIONS[self.precision]
        images = max(1, steps_for(network, batch) // STEPS_PER_IMAGE)

        def show() -> None:
            with jax.default_matmul_precision(precision):
                scan.show()

        show()
        jax.block_until_ready(scan.state)

        def several() -> None:
            for _ in range(images):
                show()
            jax.block_until_ready(scan.state)  # torch knows nothing of what JAX has begun

        return lambda: milliseconds(several, 1, network.device) / images / STEPS_PER_IMAGE


class Scan:
    """The network in JAX: weights, biases, potentials, errors and the key of random numbers."""

    def __init__(self, network: Network, batch: int) -> None:
        jax = _jax()
        feedback_matrices(network)  # refuses other circuits
        self.tau = next(iter(network.populations.values())).tau
        self.rates = network.rules.rates()
        given = list(network.synapses.values())
        weights = [jax.numpy.asarray(each.weight.cpu().numpy()) for each in given]
        biases = [jax.numpy.asarray(each.bias.cpu().numpy()) for each in given]
        self.B = [jax.numpy.asarray(each.cpu().numpy()) for each in feedback_matrices(network)]
        sizes = sizes_of(network)
        rest = [[jax.numpy.zeros((batch, size)) for size in sizes[1:]] for _ in range(2)]
        self.probability = jax.numpy.full((batch, sizes[0]), RATE)
        self.target = jax.numpy.zeros((batch, sizes[-1]))
        self.state = (weights, biases, *rest, jax.random.key(0))
        self._image = jax.jit(self._scanned, donate_argnums=0)

    def show(self) -> None:
        """Advance by the steps of an image."""
        self.state = self._image(self.state, self.B, self.probability, self.target)

    def _scanned(self, state: Any, B: Any, probability: Any, target: Any) -> Any:
        def advance(state: Any, _: None) -> tuple[Any, None]:
            return self.step(state, B, probability, target), None

        return _jax().lax.scan(advance, state, length=STEPS_PER_IMAGE)[0]

    def step(self, state: Any, B: Sequence[Any], probability: Any, target: Any) -> Any:
        """Return the state after a step."""
        jax = _jax()
        W, b, V, U, key = state
        V, U, tau = list(V), list(U), self.tau
        key, *keys = jax.random.split(key, len(W) + 2)
        spikes, gains = [_draw(keys[0], probability)], []
        for layer in range(len(W)):  # eq. 5
            V[layer] = (1 - tau) * V[layer] + tau * (spikes[-1] @ W[layer] + b[layer])
            p = jax.nn.sigmoid(V[layer])
            spikes.append(_draw(keys[layer + 1], p))
            gains.append(p * (1 - p))
        U[-1] = (1 - tau) * U[-1] + tau * (spikes[-1] - target)  # eq. 7
        for layer in range(len(W) - 2, -1, -1):  # eq. 6
            U[layer] = (1 - tau) * U[layer] + tau * (U[layer + 1] @ B[layer])
        changes = [error * gain for error, gain in zip(U, gains, strict=True)]  # eq. 8
        learning = list(zip(changes, self.rates, strict=True))
        W = [
            w - eta * (s.T @ change)
            for w, s, (change, eta) in zip(W, spikes[:-1], learning, strict=True)
        ]
        b = [x - eta * change.sum(0) for x, (change, eta) in zip(b, learning, strict=True)]
        return W, b, V, U, key


def _draw(key: Any, probability: Any) -> Any:
    drawn = _jax().random.uniform(key, probability.shape, probability.dtype)
    return (drawn < probability).astype(probability.dtype)


def _jax() -> ModuleType:
    """Return JAX, which is imported only when it is used."""
    return importlib.import_module("jax")

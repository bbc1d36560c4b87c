"""The same network twice, executed in torch and by fused-deferred, given the same uniforms."""

import spikefa as sf
from spikefa.backends import make_backend
from spikefa.simulation.runner import Runner
from tests.helpers.fused_pairs import compare_two, images


def stream(net, batch, backend="fused-deferred", steps=5, philox=False):
    """Return the runner of a training of `net`."""
    stimulus = sf.ImageStimulus(images(net.n_inputs), steps=steps)
    made = Runner(net, stimulus, batch, seed=0, name="train", backend="eager")
    made.backend = make_backend(
        backend, net, made.state, 0, "train", steps, capture=False, philox=philox
    )
    return made


def compare(make, batch, presentations, steps=5, reference="deferred"):
    """Run both side by side; return how often a spike differed, always within rounding."""
    return compare_two(
        stream(make(), batch, reference, steps),
        stream(make(), batch, "fused-deferred", steps),
        presentations,
    )

"""A small network around a circuit, and random inputs to drive it with."""

from functools import partial

import torch

import spikefa as sf
from spikefa.synapses import Dense

N_IN, SIZES, BATCH = 6, (9, 7, 7, 4), 5  # rectangular layers and a square one


def network(feedback, sizes=SIZES, rate=False, eta=0.05, decay=0.0, tau=0.9, scale=0.6, **where):
    """Return an initialised network in float64, of spiking or tanh neurons."""
    names = [f"hidden{layer}" for layer in range(1, len(sizes))] + ["output"]
    kind = partial(sf.Rate, activation="tanh") if rate else sf.StochasticBinary
    net = sf.Network(
        N_IN,
        {name: kind(n, tau=tau) for name, n in zip(names, sizes, strict=True)},
        feedback=feedback,
        rule=sf.ThreeFactor(eta, weight_decay=decay),
        synapses=partial(Dense, scale=scale),
        **{"dtype": torch.float64, **where},
    )
    net.initialise(seed=2)
    return net


def drive(net, steps, batch=BATCH, seed=0, each=lambda state, target: None):
    """Show random inputs and targets for some steps; return the state."""
    random = torch.Generator().manual_seed(seed)
    state = net.state(batch)
    for _ in range(steps):
        for population in state.populations:
            if population.uniforms.numel():
                population.uniforms.uniform_(generator=random)
        for uniforms in state.feedback.uniforms().values():
            uniforms.uniform_(generator=random)
        x = torch.empty(batch, N_IN, dtype=net.dtype).bernoulli_(0.5, generator=random)
        target = torch.empty(batch, net.n_outputs, dtype=net.dtype)
        net.step(state, x, target.bernoulli_(0.3, generator=random))
        each(state, target)
    return state

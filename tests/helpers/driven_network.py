"""A small network in float64, driven with random inputs and targets, for tests of circuits."""

import torch

import spikefa as sf

N_IN, HIDDEN, N_OUT = 6, (9, 7), 5


def network(feedback, hidden=HIDDEN, n_out=N_OUT, population=None, rule=None, seed=2, **more):
    population = population or sf.StochasticBinary
    sizes = {f"hidden{layer}": n for layer, n in enumerate(hidden, start=1)} | {"output": n_out}
    net = sf.Network(
        N_IN,
        {name: population(n) for name, n in sizes.items()},
        feedback,
        rule or sf.ThreeFactor(0.02, weight_decay=0),
        dtype=torch.float64,
        **more,
    )
    net.initialise(seed)
    for synapses in net.synapses.values():  # of a size that makes all layers matter
        synapses.weight.mul_(10)
    return net


def drive(net, state, steps, seed=7):
    """Step the network with random inputs, targets and uniforms; yield after each step."""
    source = torch.Generator().manual_seed(seed)
    batch = state.error.shape[-2]
    for _ in range(steps):
        for population in state.populations:
            population.uniforms.uniform_(generator=source)
        for uniforms in state.feedback.uniforms().values():
            uniforms.uniform_(generator=source)
        inputs = torch.rand(batch, net.n_inputs, dtype=net.dtype, generator=source)
        target = torch.rand(batch, net.n_outputs, dtype=net.dtype, generator=source)
        net.step(state, inputs, target)
        yield


def run(net, batch=3, steps=4, seed=7):
    state = net.state(batch)
    for _ in drive(net, state, steps, seed):
        pass
    return state

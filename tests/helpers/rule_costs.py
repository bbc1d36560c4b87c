"""Time and memory of rules at the size of figure 4: ``python -m tests.helpers.rule_costs [PAIRS]``.

A step with each rule and one with `ThreeFactor` alternate in one process, on one thread; the ratios
are of processor time.
"""

import sys
import time

import numpy as np
import torch

import spikefa as sf
from spikefa.utils.tensors import named_tensors

STREAMS, STEPS = 100, 3


def figure_4(rule):
    """Return what takes some steps and returns their seconds, and the bytes of all tensors."""
    net = sf.models.lillicrap2016.spiking_mnist(feedback=sf.FA(), rule=rule)
    net.initialise(0)
    state = net.state(STREAMS)
    inputs = (torch.rand(STREAMS, net.n_inputs) < 0.2).float()
    target = torch.zeros(STREAMS, net.n_outputs)

    def steps():
        began = time.process_time()
        for _ in range(STEPS):
            for population in state.populations:
                population.uniforms.uniform_()
            net.step(state, inputs, target)
        return time.process_time() - began

    storages = [each.untyped_storage() for each in named_tensors([net.tensors(), state]).values()]
    return steps, sum({each.data_ptr(): each.nbytes() for each in storages}.values())


def compare(pairs):
    plain, plain_bytes = figure_4(sf.ThreeFactor())
    print(f"ThreeFactor: {plain_bytes / 1e6:.1f} MB")
    for rule in (sf.LowPassTraces(weight_decay=1e-8), sf.STLLR(weight_decay=1e-8)):
        steps, size = figure_4(rule)
        plain(), steps()
        ratios = []
        for pair in range(pairs):
            both = (steps, plain) if pair % 2 else (plain, steps)
            seconds = {each: each() for each in both}
            ratios.append(seconds[steps] / seconds[plain])
        low, median, high = np.percentile(ratios, [25, 50, 75])
        print(
            f"{type(rule).__name__}: {size / 1e6:.1f} MB, a step takes {median:.2f} times as long "
            f"(quartiles {low:.2f}, {high:.2f}; {pairs} pairs of {STEPS} steps)"
        )


if __name__ == "__main__":
    torch.set_num_threads(1)
    compare(int(sys.argv[1]) if len(sys.argv) > 1 else 20)

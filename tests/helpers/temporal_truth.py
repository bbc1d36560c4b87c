"""A network of ALIF neurons through time: what rules sum up, and what autograd says.

``python -m tests.helpers.temporal_truth`` prints the table of docs/plasticity.md.
"""

from dataclasses import dataclass
from functools import partial

import torch

import spikefa as sf
from spikefa.plasticity import Outer, Post

STEPS, BATCH, N_IN, N_OUT = 20, 4, 30, 6
MEMORY, THRESHOLD, RHO, DAMPENING = 0.9, 1.0, 0.97, 0.3


class Spike(torch.autograd.Function):
    """1 above 0, with the pseudo-derivative of the neurons."""

    @staticmethod
    def forward(ctx, distance):
        ctx.save_for_backward(distance)
        return (distance > 0).to(distance.dtype)

    @staticmethod
    def backward(ctx, gradient):
        (distance,) = ctx.saved_tensors
        psi = DAMPENING / THRESHOLD * (1 - distance.abs() / THRESHOLD).clamp(min=0)
        return gradient * psi


@dataclass
class Task:
    """Random inputs and targets for a network with some hidden layers.

    Attributes
    ----------
    hidden : tuple of int
    adaptation : float
    tau : float
        Weight of the drive in the readout; 1 - tau is its memory.
    """

    hidden: tuple[int, ...] = (25, 20)
    adaptation: float = 0.0
    tau: float = 1.0
    seed: int = 0

    def __post_init__(self):
        random = torch.Generator().manual_seed(self.seed)
        shape = STEPS, BATCH
        drawn = torch.rand(*shape, N_IN, generator=random, dtype=torch.float64)
        self.inputs = (drawn < 0.2).double()
        self.targets = torch.randn(*shape, N_OUT, generator=random, dtype=torch.float64)
        self.net = self.network()

    def network(self):
        neuron = {"memory": MEMORY, "threshold": THRESHOLD, "adaptation_memory": RHO}
        populations = {
            f"hidden{layer}": sf.ALIF(n, adaptation=self.adaptation, dampening=DAMPENING, **neuron)
            for layer, n in enumerate(self.hidden, start=1)
        }
        net = sf.Network(
            N_IN,
            {**populations, "output": sf.Rate(N_OUT, "linear", tau=self.tau)},
            sf.Backprop(tau=1.0),
            sf.ThreeFactor(),
            dtype=torch.float64,
            synapses=lambda *n, **where: sf.Dense(*n, scale=2 / n[0] ** 0.5, **where),
        )
        net.initialise(self.seed)
        for synapses in net.synapses.values():
            synapses.bias.fill_(0.05)
        return net

    def summed(self, rule):
        """Return what a rule would add to weights and biases of each projection, without sign."""
        net, state = self.net, self.net.state(BATCH)
        own = [
            rule.state(each.n_pre, each.n_post, BATCH, 1.0, net.device, net.dtype)
            for each in net.synapses.values()
        ]
        sums = [
            [torch.zeros_like(each.weight), torch.zeros_like(each.bias)]
            for each in net.synapses.values()
        ]
        for x, target in zip(self.inputs, self.targets, strict=True):
            net.forward(state, x)
            net.feed_back(state, target)
            for layer, here in enumerate(net.layers(state, x)):
                post = Post(here.post.potential, here.post.spikes, here.post.gain)
                change = rule.update(here.pre, post, state.feedback.modulators[layer], own[layer])
                if isinstance(change, Outer):
                    change = change.pre.mT @ change.post, change.post.sum(-2)
                for total, part in zip(sums[layer], change, strict=True):
                    total.sub_(part)
        return sums

    def gradients(self, resets=True):
        """Return autograd's gradients of the squared error, through all steps.

        With ``resets=False`` what a reset does to later potentials counts for nothing.
        """
        parts = [
            [each.weight.clone().requires_grad_(), each.bias.clone().requires_grad_()]
            for each in self.net.synapses.values()
        ]
        v, a, s = (
            [torch.zeros(BATCH, n, dtype=torch.float64) for n in self.hidden] for _ in range(3)
        )
        y, loss = torch.zeros(BATCH, N_OUT, dtype=torch.float64), 0.0
        for x, target in zip(self.inputs, self.targets, strict=True):
            pre = x
            for layer, (weight, bias) in enumerate(parts[:-1]):
                reset = s[layer] if resets else s[layer].detach()
                v[layer] = MEMORY * v[layer] + pre @ weight + bias - THRESHOLD * reset
                a[layer] = RHO * a[layer] + s[layer]
                pre = s[layer] = Spike.apply(v[layer] - THRESHOLD - self.adaptation * a[layer])
            weight, bias = parts[-1]
            y = (1 - self.tau) * y + self.tau * (pre @ weight + bias)
            loss = loss + ((y - target) ** 2).sum() / 2
        flat = torch.autograd.grad(loss, [each for pair in parts for each in pair])
        return [list(flat[n : n + 2]) for n in range(0, len(flat), 2)]


def rules(task):
    """Return the rules that the table compares, with the constants of the task's neurons."""
    e_prop = partial(sf.EProp, memory=MEMORY, adaptation=task.adaptation, adaptation_memory=RHO)
    return {
        "`ThreeFactor()`": sf.ThreeFactor(),
        "`Eligibility(memory=0.9)`": sf.Eligibility(memory=MEMORY),
        "`STLLR(pre_memory=0.9)`": sf.STLLR(pre_memory=MEMORY),
        "`LowPassTraces(memory=0.9)`": sf.LowPassTraces(memory=MEMORY),
        "`EProp`, readout_memory=0": e_prop(readout_memory=0),
        "`EProp`, readout_memory of the readout": e_prop(readout_memory=1 - task.tau),
    }


def cosines(adaptation, tau, seeds=3):
    """Return the mean cosine of each rule's hidden weight changes to the gradient, by layer."""
    found = {}
    for seed in range(seeds):
        task = Task(adaptation=adaptation, tau=tau, seed=seed)
        gradients = [weight for weight, _ in task.gradients()][:-1]
        for name, rule in rules(task).items():
            summed = [weight for weight, _ in task.summed(rule)][:-1]
            each = [
                torch.cosine_similarity(a.flatten(), b.flatten(), 0).item()
                for a, b in zip(summed, gradients, strict=True)
            ]
            found.setdefault(name, []).append(each)
    return {name: torch.tensor(each).mean(0).tolist() for name, each in found.items()}


CASES = {
    "LIF, read out at once": (0.0, 1.0),
    "LIF, leaky readout": (0.0, 0.3),
    "ALIF, read out at once": (0.5, 1.0),
    "ALIF, leaky readout": (0.5, 0.3),
}
"""Adaptation, and tau of the readout, of the columns of the table."""


def table():
    """Return the table of docs/plasticity.md, line by line."""
    columns = [cosines(*case) for case in CASES.values()]
    lines = [f"| rule | {' | '.join(CASES)} |", "|---" * (len(CASES) + 1) + "|"]
    for rule in columns[0]:
        cells = [", ".join(f"{value:.2f}" for value in column[rule]) for column in columns]
        lines.append(f"| {' | '.join([rule, *cells])} |")
    return lines


if __name__ == "__main__":
    print(*table(), sep="\n")

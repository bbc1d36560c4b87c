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


def dense(n_pre, n_post, **where):
    """Return synapses of a size with which neurons spike now and then."""
    return sf.Dense(n_pre, n_post, scale=2 / n_pre**0.5, **where)


@dataclass
class Task:
    """Random inputs and targets for a network with some hidden layers.

    Attributes
    ----------
    hidden : tuple of int
    adaptation : float
    tau : float
        Weight of the drive in the readout; 1 - tau is its memory.
    recurrent : bool
        Whether each hidden layer has synapses onto itself, with a delay of one step.
    """

    hidden: tuple[int, ...] = (25, 20)
    adaptation: float = 0.0
    tau: float = 1.0
    seed: int = 0
    recurrent: bool = False

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
            synapses=dense,
            connections=[
                sf.Connection(name, name, synapses=dense) for name in populations if self.recurrent
            ],
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
            for each in net.projections.values()
        ]
        sums = [
            [torch.zeros_like(each.weight), torch.zeros_like(each.bias)]
            for each in net.projections.values()
        ]
        for x, target in zip(self.inputs, self.targets, strict=True):
            net.forward(state, x)
            net.feed_back(state, target)
            for number, here in enumerate(net.layers(state, x)):
                post = Post(here.post.potential, here.post.spikes, here.post.gain)
                modulator = state.feedback.modulators[net.routes[number].target]
                change = rule.update(here.pre, post, modulator, own[number])
                if isinstance(change, Outer):
                    change = change.pre.mT @ change.post, change.post.sum(-2)
                for total, part in zip(sums[number], change, strict=True):
                    total.sub_(part)
        return sums

    def gradients(self, resets=True, recurrence=True):
        """Return autograd's gradients of the squared error, through all steps.

        With ``resets=False`` what a reset does to later potentials counts for nothing, and with
        ``recurrence=False`` what a spike does to later steps by way of recurrent synapses.
        """
        parts = [
            [each.weight.clone().requires_grad_(), each.bias.clone().requires_grad_()]
            for each in self.net.projections.values()
        ]
        back = [weight for weight, _ in parts[len(self.hidden) + 1 :]]
        v, a, s = (
            [torch.zeros(BATCH, n, dtype=torch.float64) for n in self.hidden] for _ in range(3)
        )
        y, loss = torch.zeros(BATCH, N_OUT, dtype=torch.float64), 0.0
        for x, target in zip(self.inputs, self.targets, strict=True):
            pre = x
            for layer, (weight, bias) in enumerate(parts[: len(self.hidden)]):
                reset = s[layer] if resets else s[layer].detach()
                drive = pre @ weight + bias
                if back:
                    drive = drive + (s[layer] if recurrence else s[layer].detach()) @ back[layer]
                v[layer] = MEMORY * v[layer] + drive - THRESHOLD * reset
                a[layer] = RHO * a[layer] + s[layer]
                pre = s[layer] = Spike.apply(v[layer] - THRESHOLD - self.adaptation * a[layer])
            weight, bias = parts[len(self.hidden)]
            y = (1 - self.tau) * y + self.tau * (pre @ weight + bias)
            loss = loss + ((y - target) ** 2).sum() / 2
        inputs = [each for pair in parts for each in pair]
        flat = torch.autograd.grad(loss, inputs, allow_unused=True)  # the biases of recurrence
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


def cosines(seeds=3, **case):
    """Return the mean cosine of each rule's hidden weight changes to the gradient, by projection.

    With recurrence these are the changes of the synapses from the input and of the recurrent ones.
    """
    found = {}
    for seed in range(seeds):
        task = Task(seed=seed, **case)
        readout = len(task.hidden)
        gradients = [weight for weight, _ in task.gradients()]
        del gradients[readout]
        for name, rule in rules(task).items():
            summed = [weight for weight, _ in task.summed(rule)]
            del summed[readout]
            each = [
                torch.cosine_similarity(a.flatten(), b.flatten(), 0).item()
                for a, b in zip(summed, gradients, strict=True)
            ]
            found.setdefault(name, []).append(each)
    return {name: torch.tensor(each).mean(0).tolist() for name, each in found.items()}


CASES = {
    "LIF, read out at once": {"adaptation": 0.0, "tau": 1.0},
    "LIF, leaky readout": {"adaptation": 0.0, "tau": 0.3},
    "ALIF, read out at once": {"adaptation": 0.5, "tau": 1.0},
    "ALIF, leaky readout": {"adaptation": 0.5, "tau": 0.3},
}
"""Adaptation, and tau of the readout, of the columns of the tables."""


def table(**more):
    """Return a table of docs/plasticity.md, line by line."""
    columns = [cosines(**case, **more) for case in CASES.values()]
    lines = [f"| rule | {' | '.join(CASES)} |", "|---" * (len(CASES) + 1) + "|"]
    for rule in columns[0]:
        cells = [", ".join(f"{value:.2f}" for value in column[rule]) for column in columns]
        lines.append(f"| {' | '.join([rule, *cells])} |")
    return lines


RECURRENT = {"hidden": (25,), "recurrent": True}

if __name__ == "__main__":
    print(*table(), "", *table(**RECURRENT), sep="\n")

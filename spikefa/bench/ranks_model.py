"""The time of a step over ranks, from parts that can be measured alone.

``python -m spikefa.bench.ranks_model`` prints what it predicts for GPUs.
"""

from dataclasses import dataclass, replace

from spikefa.bench.work import work_of_sizes

INPUTS, OUTPUTS, HIDDEN = 784, 1000, 3
"""The network of figure 4, whose hidden layers grow."""
BYTES = 4
"""Of a weight, and of an error."""


@dataclass(frozen=True)
class Link:
    """What a collective takes among some ranks: ``latency + bytes / bandwidth``.

    Attributes
    ----------
    latency : float
        Seconds.
    bandwidth : float
        Bytes that each rank receives in a second.
    """

    latency: float
    bandwidth: float

    def seconds(self, received: float) -> float:
        """Return the time of a collective in which each rank receives so many bytes."""
        return self.latency + received / self.bandwidth


@dataclass(frozen=True)
class Device:
    """How fast a rank computes.

    Attributes
    ----------
    flops : float
        Operations a second in large products.
    bandwidth : float
        Bytes read and written in a second.
    step : float
        Seconds of a step that has nothing to compute: launches.
    """

    flops: float
    bandwidth: float
    step: float = 0.0


def sizes_with(synapses: float) -> list[int]:
    """Return the populations of a network like that of figure 4 with so many plastic synapses."""
    # 784 n + 2 n^2 + 1000 n = synapses
    linear = INPUTS + OUTPUTS
    n = round((-linear + (linear**2 + 8 * synapses) ** 0.5) / 4)
    return [INPUTS, *[n] * HIDDEN, OUTPUTS]


def computing(sizes: list[int], batch: int, ranks: int, device: Device) -> float:
    """Return the seconds in which each rank computes its part of a step."""
    work = work_of_sizes(sizes, batch)
    return device.step + max(
        work.flops / ranks / device.flops, work.bytes / ranks / device.bandwidth
    )


def communicating(sizes: list[int], batch: int, ranks: int, link: Link) -> float:
    """Return the seconds in which ranks gather what neurons send, in a step.

    Spikes of all populations but the input travel as bits, errors of all but the lowest hidden
    population as float32; each rank receives what the others send.
    """
    if ranks == 1:
        return 0.0
    others = (ranks - 1) / ranks
    spikes = [batch * n / 8 for n in sizes[1:]]
    errors = [batch * n * BYTES for n in sizes[2:]]
    return sum(link.seconds(others * each) for each in (*spikes, *errors))


def step_seconds(sizes: list[int], batch: int, ranks: int, device: Device, link: Link) -> float:
    """Return the predicted time of a step of a network over ranks, in seconds."""
    return computing(sizes, batch, ranks, device) + communicating(sizes, batch, ranks, link)


def synapses_where_waiting_equals_computing(
    batch: int, ranks: int, device: Device, link: Link
) -> float:
    """Return the plastic synapses of the network whose ranks compute as long as they wait.

    What a step takes without anything to compute is left out.
    """
    device = replace(device, step=0.0)
    low, high = 1e3, 1e13
    while high / low > 1.01:
        middle = (low * high) ** 0.5
        sizes = sizes_with(middle)
        waits = communicating(sizes, batch, ranks, link) > computing(sizes, batch, ranks, device)
        low, high = (middle, high) if waits else (low, middle)
    return high


H100 = Device(51.6e12, 3.0e12, 0.77e-3)
"""Measured on an H100: a large float32 product, a large copy, and what an eager step of figure 4 at
batch 100 (1.016 ms) takes longer than its products (0.248 ms)."""
LINKS = {8: Link(20e-6, 300e9), 64: Link(40e-6, 40e9)}
"""Assumed, not measured: of 8 GPUs in one machine, and of 64 in eight."""


def predictions(batch: int = 100) -> list[str]:
    """Return a line for each size of a network on GPUs: predicted, and nowhere measured."""
    lines = []
    for synapses in (1e8, 1e9, 1e10):
        sizes = sizes_with(synapses)
        work = work_of_sizes(sizes, batch)
        held = BYTES * (work.plastic + work.fixed)
        alone = 1e3 * computing(sizes, batch, 1, H100)
        line = f"{synapses:.0e} synapses, {sizes[1]:,} per layer, 1 GPU: {alone:.3g} ms"
        for ranks, link in LINKS.items():
            step = 1e3 * step_seconds(sizes, batch, ranks, H100, link)
            waiting = 1e3 * communicating(sizes, batch, ranks, link)
            each = held / ranks / 1e9
            line += f"; {ranks}: {step:.3g} ms ({waiting:.2g} of it waiting), {each:.2g} GB each"
        lines.append(line)
    for ranks, link in LINKS.items():
        equal = synapses_where_waiting_equals_computing(batch, ranks, H100, link) / ranks
        lines.append(f"{ranks} GPUs wait as long as they compute at {equal:.1e} synapses per rank")
    return lines


if __name__ == "__main__":
    print("\n".join(predictions()))

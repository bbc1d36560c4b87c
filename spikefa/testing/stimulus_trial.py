"""A small network in front of a stimulus, for the conformance kit."""

import torch
from torch import Tensor

from spikefa.feedback import DFA
from spikefa.network import Network
from spikefa.neurons import StochasticBinary
from spikefa.plasticity import ThreeFactor
from spikefa.simulation.looking_ahead import load
from spikefa.simulation.runner import Runner
from spikefa.stimulus.base import Stimulus
from spikefa.utils.tensors import named_tensors

BATCH = 3
HIDDEN = 5
PRESENTATIONS = 4


class StimulusTrial:
    """Shows a stimulus to a spiking network of the right size, as a training does.

    Parameters
    ----------
    stimulus : Stimulus
    n_outputs : int
    device, dtype
        Where the network lives, and as what.
    seed : int, default 0
    replicas : int, optional
    """

    def __init__(
        self,
        stimulus: Stimulus,
        n_outputs: int,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
        seed: int = 0,
        replicas: int | None = None,
    ):
        populations = {
            "hidden1": StochasticBinary(HIDDEN),
            "output": StochasticBinary(n_outputs),
        }
        self.network = Network(
            stimulus.n_inputs,
            populations,
            DFA(),
            ThreeFactor(1e-2),
            device=device,
            dtype=dtype,
            replicas=replicas,
        )
        seeds = list(range(seed, seed + (replicas or 1)))
        self.network.initialise(seeds)
        self.stimulus = stimulus
        self.runner = Runner(self.network, stimulus, BATCH, seeds, "train")
        self.sampler = stimulus.sampler(BATCH, seeds, self.network.device)
        self.number = 0

    def present(self) -> list[dict[str, Tensor]]:
        """Do one presentation; return inputs and target of each step."""
        load(self.runner, self.sampler.items, self.number)
        self.number += 1
        shown = []
        for _ in self.runner.learn():
            state = self.runner.stimulus_state
            shown.append({"inputs": state.inputs.clone(), "target": state.target.clone()})
        return shown

    def presentations(self, count: int = PRESENTATIONS) -> list[dict[str, Tensor]]:
        """Do some presentations; return inputs and target of each step of all."""
        return [step for _ in range(count) for step in self.present()]

    def tensors(self) -> dict[str, Tensor]:
        """Return what the state of the stimulus declares as changing."""
        return named_tensors(self.runner.stimulus_state)

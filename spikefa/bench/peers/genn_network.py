"""GeNN: the same equations in its own models of neurons and synapses, as CUDA code."""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

from spikefa.bench.peers.peer import RATE, Peer, Run, sizes_of, steps_for
from spikefa.bench.work import feedback_matrices
from spikefa.network.network import Network
from spikefa.utils.timing import milliseconds

INPUT = {
    "params": ["rate"],
    "vars": [("s", "scalar")],
    "sim_code": "s = (gennrand_uniform() < rate) ? 1.0 : 0.0;",
    "threshold_condition_code": "s > 0.5",
}
POPULATION = """
V = (1.0 - tau) * V + tau * (Isyn + b);
const scalar p = 1.0 / (1.0 + exp(-V));
s = (gennrand_uniform() < p) ? 1.0 : 0.0;
U = (1.0 - tau) * U + tau * ({error});
change = U * p * (1.0 - p);
b -= eta * change;
"""
PLASTIC = {
    "params": ["eta"],
    "vars": [("w", "scalar")],
    "pre_spike_syn_code": "addToPost(w); w -= eta * change;",
}
FEEDBACK = {
    "pre_event_threshold_condition_code": "U != 0.0",
    "pre_event_syn_code": "addToPost(B * U);",
}


@dataclass(eq=False)
class Genn(Peer):
    """GeNN with a thread for each postsynaptic neuron, which visits the rows of active neurons."""

    name = "GeNN, dense"
    package = "pygenn"
    install = "from source, github.com/genn-team/genn"
    computes = (
        "eqs. 5 to 8 on all synapses, dense, in float32; all synapses and then all neurons are "
        "updated, so each projection takes a step where ours are swept within one"
    )
    leaves_out = "batches that share plastic weights, weight decay, labels"

    def load(self) -> None:
        """Import it with its CUDA backend, which alone says why it cannot be loaded."""
        importlib.import_module("pygenn.cuda_backend")

    def obstacle(self, network: Network, batch: int) -> str:
        """Refuse batches, and devices other than a GPU."""
        if batch > 1:
            return "its streams can share weights only if these do not learn"
        return "" if network.device.type == "cuda" else "it is timed with its CUDA backend"

    def prepare(self, network: Network, batch: int) -> Run:
        """Generate and compile the program in a folder that exists as long as the result."""
        folder = TemporaryDirectory()
        made = genn_model(network, importlib.import_module("pygenn"), "cuda")
        model, populations, _ = made
        model.build(folder.name)
        model.load()
        steps = steps_for(network, batch)

        def several() -> None:
            for _ in range(steps):
                model.step_time()
            populations[0].vars["s"].pull_from_device()  # torch knows nothing of what it has begun

        def run(needed: Any = (folder, made)) -> float:
            return milliseconds(several, 1, network.device) / steps

        return run


def genn_model(
    network: Network, genn: ModuleType, backend: str
) -> tuple[Any, list[Any], list[Any]]:
    """Return a model, its populations from the input upwards, and the models of their parts.

    GeNN keeps no reference to the models of neurons and synapses, which must outlive the model.

    Parameters
    ----------
    network : Network
        Sizes, tau, learning rates and the ranges of weights and feedback weights are taken from it.
    genn : module
        pygenn.
    backend : str
    """
    sizes = sizes_of(network)
    rates = network.rules.rates()
    tau = next(iter(network.populations.values())).tau
    model = genn.GeNNModel("float", "figure4", backend=backend)
    model.dt, model.seed = 1.0, 1
    neurons = genn.create_neuron_model("stochastic_input", **INPUT)
    kept = [neurons]
    populations = [model.add_neuron_population("x0", sizes[0], neurons, {"rate": RATE}, {"s": 0})]
    for layer, size in enumerate(sizes[1:], start=1):
        neurons = _neurons(genn, top=layer == len(sizes) - 1)
        kept.append(neurons)
        settings = {"tau": tau, "eta": rates[layer - 1]}
        start = dict.fromkeys(("V", "U", "s", "change", "b"), 0)
        populations.append(model.add_neuron_population(f"x{layer}", size, neurons, settings, start))
    return model, populations, kept + _connect(network, genn, model, populations, rates)


def _neurons(genn: ModuleType, top: bool) -> Any:
    """Return the model of a population and its error population, which stand side by side."""
    return genn.create_neuron_model(
        "stochastic_output" if top else "stochastic_hidden",
        params=["tau", "eta"],
        vars=[(name, "scalar") for name in ("V", "U", "s", "change", "b")],
        additional_input_vars=[] if top else [("carried", "scalar", 0.0)],
        sim_code=POPULATION.format(error="s" if top else "carried"),  # the target is 0
        threshold_condition_code="s > 0.5",
    )


def _connect(
    network: Network, genn: ModuleType, model: Any, populations: list[Any], rates: Sequence[float]
) -> list[Any]:
    """Add the plastic projections upwards and the fixed ones downwards; return their models."""
    plastic, feedback = _synapses(genn)

    def uniform(bound: float) -> Any:
        return genn.init_var("Uniform", {"min": -bound, "max": bound})

    def add(name: str, pre: Any, post: Any, init: Any) -> Any:
        delta = genn.init_postsynaptic("DeltaCurr")
        return model.add_synapse_population(name, "DENSE", pre, post, init, delta)

    scales = [float(each.weight.abs().max()) for each in network.synapses.values()]
    bounds = [0.0, *(float(matrix.abs().max()) for matrix in feedback_matrices(network))]
    for layer, (pre, post) in enumerate(pairwise(populations)):
        init = genn.init_weight_update(
            plastic,
            {"eta": rates[layer]},
            {"w": uniform(scales[layer])},
            post_var_refs={"change": genn.create_var_ref(post, "change")},
        )
        add(f"w{layer}", pre, post, init)
        if layer:
            back = genn.init_weight_update(
                feedback,
                {},
                {"B": uniform(bounds[layer])},
                pre_var_refs={"U": genn.create_var_ref(post, "U")},
            )
            add(f"B{layer}", post, pre, back).post_target_var = "carried"
    return [plastic, feedback]


def _synapses(genn: ModuleType) -> tuple[Any, Any]:
    """Return the models of plastic synapses and of those of the feedback."""
    plastic = genn.create_weight_update_model(
        "plastic",
        post_neuron_var_refs=[("change", "scalar", genn.VarAccessMode.READ_ONLY)],
        **PLASTIC,
    )
    feedback = genn.create_weight_update_model(
        "feedback",
        vars=[("B", "scalar", genn.VarAccess.READ_ONLY)],
        pre_neuron_var_refs=[("U", "scalar", genn.VarAccessMode.READ_ONLY)],
        **FEEDBACK,
    )
    return plastic, feedback

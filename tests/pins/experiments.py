"""Small experiments whose every number must survive a redesign: see `test_pins.py`.

Each is a function of an empty folder that returns arrays by neutral names. All use of spikefa's
interface stands in the first part of this file, so that a redesign has one place to adapt, and
none of the numbers.

- ``start.<...>`` are first weights, ``early.<...>`` the state after one presentation. What has no
  such prefix is of the end.
- ``weights.<population>`` and ``biases.<population>`` are of the synapses onto it,
  ``feedback.<name>`` those of the circuit.
- ``<variable>.<population>`` is the state: potential, spikes, gain, modulator, error_potential.
- ``recording.<population>.<variable>`` has a row for each committed step, and beside it ``.steps``
  and ``.units``.
- ``result.<...>``, ``test.<...>``, ``history.<...>``, ``curve.<...>`` are what came out.
"""

import csv
import json
from functools import partial
from math import nan
from pathlib import Path

import numpy as np
import torch

import spikefa as sf
from spikefa.cli import main

torch.set_num_threads(1)  # how sums are cut among threads changes their last bits

Arrays = dict[str, np.ndarray]

# -- the interface of spikefa --------------------------------------------------------------------

STATE = ("potential", "spikes", "gain", "modulator", "error_potential")
NO_RESULTS = {
    *("wall_seconds", "steps_per_second", "seconds", "threads", "git_dirty", "rule", "feedback"),
}
"""Of summaries, rows and curves: times and circumstances, and settings that are repeated there."""


class Traced(sf.PlasticityRule):
    """A user's own: it learns from a trace of the presynaptic spikes, and loses what is old."""

    traces = {"recent": "pre", "hits": "synapse"}  # noqa: RUF012

    def __init__(self, memory: float = 0.6, **others):
        super().__init__(**others)
        self.memory = memory

    def update(self, pre, post, modulator, state):
        recent = state.traces["recent"].mul_(self.memory).add_(pre)
        state.traces["hits"].mul_(self.memory).add_(pre.mT @ post.spikes)
        return sf.Outer(recent, -state.learning_rate * modulator * post.gain)


def part(name, *arguments, **options):
    """Return a circuit, rule, schedule or encoding by the name of its class."""
    return getattr(sf, name)(*arguments, **options)


def digits(train=600, validation=60, test=80):
    """Return a few of the embedded 8 x 8 digits."""
    return sf.datasets.digits().hold_out(validation).subset(train, test)


def spiking(feedback, rule, hidden=24, layers=2, outputs=20, **others):
    """Return a spiking network for the digits."""
    return sf.models.lillicrap2016.spiking_mnist(
        hidden=hidden,
        hidden_layers=layers,
        outputs=outputs,
        n_inputs=64,
        weight_scale=0.2,
        feedback=feedback,
        rule=rule,
        **others,
    )


def leaky(sizes, feedback, rule):
    """Return a network of snnTorch's leaky neurons, with holes in the output synapses."""
    import snntorch
    from snntorch import surrogate

    def population(size):
        neuron = snntorch.Leaky(beta=0.5, spike_grad=surrogate.fast_sigmoid(slope=1))
        return sf.SnnTorch(neuron, size)

    names = [*(f"hidden{layer}" for layer in range(1, len(sizes) - 1)), "output"]
    return sf.Network(
        sizes[0],
        {name: population(size) for name, size in zip(names, sizes[1:], strict=True)},
        feedback=feedback,
        rule=rule,
        synapses={
            "hidden1": partial(sf.Dense, scale=0.3),
            "output": partial(sf.Masked, sparsity=0.4, scale=0.3),
        },
    )


def simulate(network, seed=0, batch=10, steps=5, **others):
    """Return a simulation of the network in front of the digits."""
    return sf.Simulation(
        network,
        digits(),
        steps_per_image=steps,
        batch_size=batch,
        seed=seed,
        progress=False,
        backend="eager",
        **others,
    )


def present(simulation, count):
    """Show so many images to every stream."""
    for _ in range(count):
        for _ in simulation.present():
            pass


def train(simulation, epochs=1):
    simulation.train(epochs=epochs)


def save(simulation, path):
    """Write a checkpoint; what was recorded before it is in the file then."""
    if simulation.recorder is not None:
        simulation.recorder.commit()
    simulation.save(path)


def restore(simulation, path):
    simulation.restore(path)


def record(simulation, path, probes, windows):
    simulation.record(path, probes, windows)


def resume_recording(simulation, path):
    simulation.resume_recording(path)


def probe(population, variable, units="all", **others):
    return sf.Probe(population, variable, units, **others)


def window(kind, *arguments, **options):
    """Return a kind of window by the name of its class; a trigger's predicate likewise."""
    return getattr(sf.recording, kind)(*arguments, **options)


def rate(sizes, feedback, rule, seed=0, **others):
    """Return a rate network with its first weights."""
    from spikefa.models import rate_network

    network = rate_network(sizes, feedback, rule, **others)
    network.initialise(seed)
    return network


def example_simulation(network, batch=10, seed=0, **scaling):
    """Return a simulation of a rate network in front of the digits, as examples."""
    from spikefa.datasets.examples import classification

    data = digits()
    kind = {"inputs": "standardised", **scaling}
    shown = classification(data.train, **kind)
    aside = classification(data.test, **kind, like=shown)
    return sf.Simulation(
        network,
        sf.ExampleStimulus(shown),
        test=sf.ExampleStimulus(aside),
        batch_size=batch,
        seed=seed,
    )


def function_simulation(network, seed=0, batch=1, **others):
    """Return a simulation of a rate network in front of a linear function for each seed."""
    from spikefa.datasets.functions import linear

    sizes = (network.n_inputs, network.n_outputs)
    seeds = [seed] if isinstance(seed, int) else seed
    stimulus = sf.FunctionStimulus([linear(*sizes, own) for own in seeds], **others)
    return sf.Simulation(network, stimulus, batch_size=batch, seed=seed)


def follow(simulation, at, *measures):
    """Let it learn, and look after so many updates; return the curves."""
    from spikefa.analysis.delta_angles import angles_to

    answers = simulation.held_out.answers
    known = {name: getattr(answers, name) for name in measures if name != "angles"}
    if "angles" in measures:
        backprop = sf.Backprop(tau=1.0)
        known["angles"] = angles_to(simulation.network, backprop, simulation.held_out.state)
    found = simulation.follow(at, known)
    return {f"curve.{name}": np.asarray(values) for name, values in found.items()}


def weights_of(network, prefix="") -> Arrays:
    """Return all weights: forward, of the circuit, and what the optimiser keeps."""
    kinds = {"weight": "weights", "bias": "biases"}
    found = {}
    for name, tensor in network.tensors().items():
        if name.startswith("synapses."):
            _, population, kind = name.split(".", 2)
            name = f"{kinds.get(kind, kind)}.{population}"
        found[prefix + name] = array(tensor)
    each = [network.replica(number) for number in range(network.replicas or 0)] or [network]
    angles = [one.alignment() for one in each]
    for name in angles[0]:
        found[f"{prefix}alignment.{name}"] = np.array([own[name] for own in angles])
    return found


def state_of(driver, *more, prefix="") -> Arrays:
    """Return the state of every population of a simulation, and more variables."""
    variables = driver.runner.variables()
    found = {}
    for population, known in variables.items():
        for name in (*STATE, *more):
            if name in known:
                value = known[name]
                found[f"{prefix}{name}.{population}"] = array(value() if callable(value) else value)
    return found


def results_of(simulation) -> Arrays:
    """Return the rows of every epoch, of each replica, and a test."""
    found = {}
    for number, rows in enumerate(simulation.histories):
        place = "history" if len(simulation.histories) == 1 else f"history.{number}"
        for name in rows[0] if rows else ():
            if name not in NO_RESULTS:
                values = [float(row[name]) for row in rows]
                found[f"{place}.{name}"] = np.array(values)
    score = simulation.test()
    every = score.replicas or (score,)
    found["test.error_percent"] = np.array([each.error_percent for each in every])
    found["test.error_percent_summed"] = np.array([each.error_percent_summed for each in every])
    found["test.images"] = np.array(score.images)
    return found


def looked_at(simulation) -> Arrays:
    """Return what a look at the examples held aside tells."""
    answers = simulation.look()
    found = {"result.nse": answers.nse(), "result.outputs": answers.outputs}
    if answers.examples.labels is not None:
        found |= {"result.error_percent": answers.error_percent(), "result.loss": answers.loss()}
    return {name: array(value) for name, value in found.items()}


def recording_of(path) -> Arrays:
    """Return the committed rows of a recording, and what was shown meanwhile."""
    found = {}
    with sf.open(path) as recording:
        for name in recording.stimulus.dtype.names:
            found[f"recording.stimulus.{name}"] = np.ascontiguousarray(recording.stimulus[name])
        for trigger in recording.triggers:
            label = trigger.label.replace(" ", "_")
            found[f"recording.firings.{label}"] = recording.firings(trigger.label)
        for population in recording.populations:
            for variable in recording.variables(population):
                place = f"recording.{population}.{variable}"
                streams = "all" if recording.channel(population, variable).batch else None
                found[place] = (
                    recording.raster(population, stream=streams)
                    if variable == "spikes"
                    else recording.trace(population, variable, stream=streams)
                )
                found[f"{place}.steps"] = recording.steps_of(population, variable)
                found[f"{place}.units"] = recording.units(population, variable)
    return found


def run_experiment(folder, name, options) -> Arrays:
    """Run an experiment of a paper from the command line; return every number of its files."""
    out = folder / name
    code = main(["run", name, *options.split(), "--out", str(out)])
    assert code in (0, None), f"{name} ended with {code}"
    return numbers_of(out)


def numbers_of(folder) -> Arrays:
    """Return the numbers of a run directory but times, versions and settings."""
    result = json.loads((folder / "result.json").read_text())
    found = {"result.claims": np.array([claim["holds"] for claim in result["claims"]])}
    for number, quantity in enumerate(result["quantities"], start=1):
        if quantity["values"]:  # of a cell that was not asked for there are none
            numbers = [quantity["mean"], quantity["sd"], *quantity["values"]]
            found[f"result.quantity{number}"] = np.array(numbers, np.float64)  # None becomes NaN
    summary = json.loads((folder / "summary.json").read_text())
    found |= {f"summary.{name}": np.array(value) for name, value in _numbers(summary)}
    if (folder / "metrics.csv").exists():
        with open(folder / "metrics.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        for name in rows[0].keys() - NO_RESULTS:
            found[f"history.{name}"] = np.array([float(row[name] or nan) for row in rows])
    for path in sorted(folder.glob("repeats/*.npz")):
        with np.load(path) as curves:
            for name in set(curves.files) - NO_RESULTS:
                if curves[name].dtype.kind in "biuf":
                    found[f"curve.{path.stem}.{name}"] = curves[name]
    if (folder / "recording.h5").exists():
        found |= recording_of(folder / "recording.h5")
    return found


def _numbers(tree, prefix=""):
    for name, value in tree.items():
        if isinstance(value, dict) and name not in NO_RESULTS:
            yield from _numbers(value, f"{prefix}{name}.")
        elif isinstance(value, int | float) and name not in NO_RESULTS:
            yield prefix + name, value


def array(value) -> np.ndarray:
    """Return a copy, since tensors are changed in place."""
    return value.numpy(force=True).copy() if isinstance(value, torch.Tensor) else np.array(value)


# -- the experiments -----------------------------------------------------------------------------


def begun(simulation) -> Arrays:
    """Show the first image; return the first weights and the state after it, not chaotic yet."""
    found = weights_of(simulation.network, "start.")
    present(simulation, 1)
    return found | state_of(simulation, prefix="early.")


def ended(simulation, *more) -> Arrays:
    """Return weights, state and results at the end."""
    found = weights_of(simulation.network) | state_of(simulation, *more)
    return found | results_of(simulation)


def spiking_fa(folder: Path) -> Arrays:
    """Feedback alignment, recorded in several windows and around a trigger."""
    simulation = simulate(spiking(part("FA", 0.4), part("ThreeFactor", 0.01, weight_decay=1e-4)))
    wrong = window("Trigger", window("WrongGuess"), before=3, after=2, hold_off=20)
    probes = [
        probe("input", "spikes", 20),
        probe("hidden1", "spikes"),
        probe("hidden1", "potential", 5),
        probe("hidden2", "modulator", 5, every=2),
        probe("hidden2", "gain", 3, window=window("EveryImage", 6)),
        probe("output", "spikes", stream="all"),
        probe("output", "weights", 30, window=window("Always"), every=25),
        probe("output", "alignment", window=window("Always"), every=25),
        probe("hidden2", "spikes", 12, window=wrong),
    ]
    windows = [window("Window", "own", 3, 27), window("EveryImage", 9, first=4)]
    with simulation:
        record(simulation, folder / "fa.h5", probes, windows)
        found = begun(simulation)
        train(simulation)
        present(simulation, 12)
    return found | ended(simulation) | recording_of(folder / "fa.h5")


def spiking_dfa_resumed(folder: Path) -> Arrays:
    """Direct feedback by spiking error neurons, stopped and resumed, with its recording."""

    def made():
        circuit = part("DFA", 0.5, phi_delta="spiking")
        rule = part("ThreeFactor", 0.01, weight_decay=1e-3, decay_times_rate=True)
        return simulate(spiking(circuit, rule), seed=3, schedule=part("StepDecay", 0.5, at=[0.5]))

    checkpoint, path = folder / "dfa.pt", folder / "dfa.h5"
    wrong = window("Trigger", window("WrongGuess"), before=7, after=4)
    probes = [
        probe("hidden1", "spikes", 10),
        probe("output", "potential", 4),
        probe("hidden1", "modulator", 4),
    ]
    first = made()
    with first:
        record(first, path, probes, [window("EveryImage", 5), wrong])
        found = begun(first)
        present(first, 37)
        save(first, checkpoint)
        present(first, 4)  # will be gone through again
    second = made()
    restore(second, checkpoint)
    with second:
        resume_recording(second, path)
        train(second)
        present(second, 3)
    return found | ended(second) | recording_of(path)


def spiking_pfa(folder: Path) -> Arrays:
    """Product feedback alignment whose R learns, with squashed errors and one spike a pixel."""
    circuit = part("PFA", expansion=2.0, scale=0.3, phi_delta="tanh")
    rule = part("ThreeFactor", 0.01, weight_decay=1e-2, decay_times_rate=True)
    decay = part("Piecewise", {0: 100, 0.5: 1})
    simulation = simulate(
        spiking(circuit, rule), seed=1, decay_schedule=decay, encoding=part("LatencyCode")
    )
    found = begun(simulation)
    train(simulation)
    return found | ended(simulation, "middle")


def spiking_kp(folder: Path) -> Arrays:
    """Kolen-Pollack with momentum, decay, and rates that rise and fall."""
    circuit = part("KP", 0.3, phi_delta="logistic", gated=True, momentum=0.5)
    schedule = part("WarmUpAnneal", 2, 0.4, 0.2, 0.1)
    network = spiking(
        circuit, part("ThreeFactor", 0.01, weight_decay=1e-3), output_error="probability"
    )
    simulation = simulate(network, seed=2, schedule=schedule)
    found = begun(simulation)
    train(simulation)
    present(simulation, 5)
    return found | ended(simulation)


def spiking_replicas(folder: Path) -> Arrays:
    """Three networks side by side, recorded."""
    network = spiking(
        part("FA", 0.4, gated=True), part("ThreeFactor", 0.01, weight_decay=1e-4), replicas=3
    )
    simulation = simulate(network, seed=[4, 9, 6])
    probes = [
        probe("hidden1", "spikes", 8, stream="all"),
        probe("hidden2", "potential", 3, stream="all"),
        probe("output", "alignment", stream="all", every=10),
    ]
    with simulation:
        record(simulation, folder / "replicas.h5", probes, window("EveryImage", 8))
        found = begun(simulation)
        train(simulation)
    return found | ended(simulation) | recording_of(folder / "replicas.h5")


def own_rule(folder: Path) -> Arrays:
    """A user's own rule with traces of two kinds, both recorded."""
    rule = Traced(memory=0.5, learning_rate=[0.02, 0.01, 0.005], weight_decay=1e-4)
    simulation = simulate(spiking(part("FA", 0.4), rule), encoding=part("RateCode", cap=0.9))
    probes = [probe("hidden1", "recent", 6), probe("hidden2", "hits", 10)]
    with simulation:
        record(simulation, folder / "own.h5", probes, window("ImageWindow", "some", 10, 20))
        found = begun(simulation)
        present(simulation, 25)
    return found | ended(simulation, "recent", "hits") | recording_of(folder / "own.h5")


def snntorch_leaky(folder: Path) -> Arrays:
    """Leaky neurons of snnTorch, eligibilities, and holes among the synapses."""
    network = leaky((64, 30, 20), part("FA", 0.3, phi_delta="tanh"), part("Eligibility", 0.01))
    simulation = simulate(network, seed=5, batch=5)
    found = begun(simulation)
    present(simulation, 60)
    return found | ended(simulation)


def rate_lesson(folder: Path) -> Arrays:
    """A set of examples, with dropout, decay and torch's own SGD, without momentum."""
    network = rate(
        (64, 30, 20, 10),
        part("FA", 0.5, tau=1.0, gated=True),
        part("ThreeFactor", 5e-3, weight_decay=1e-2, decay_times_rate=True),
        output="softmax",
        weight_scale=0.1,
        dropout=0.2,
        optimiser=torch.optim.SGD,
        dtype=torch.float32,
    )
    simulation = example_simulation(network)
    found = weights_of(network, "start.")
    found |= follow(simulation, [0, 5, 100], "error_percent", "loss", "angles")
    return found | weights_of(network) | state_of(simulation) | looked_at(simulation)


def rate_lesson_replicas(folder: Path) -> Arrays:
    """Two networks side by side, float64, direct feedback, without an optimiser."""
    network = rate(
        (64, 20, 15, 10),
        part("DFA", 0.3, tau=1.0),
        2e-3,
        seed=(7, 2),
        hidden="relu",
        weight_scale=0.2,
        bias=0.1,
        replicas=2,
    )
    simulation = example_simulation(network, batch=7, seed=(7, 2), low=-0.9, high=0.9)
    found = weights_of(network, "start.")
    found |= follow(simulation, [0, 30, 60], "error_percent", "loss", "nse")
    return found | weights_of(network) | state_of(simulation) | looked_at(simulation)


def exercise_fa(folder: Path) -> Arrays:
    """A linear function by feedback alignment, and the angle to backpropagation."""
    network = rate((30, 20, 10), part("FA", 0.5, tau=1.0), 0.01, hidden="linear", bias=False)
    simulation = function_simulation(network, tests=100)
    found = weights_of(network, "start.")
    found |= follow(simulation, [0, 10, 100, 300], "nse", "angles")
    return found | weights_of(network) | state_of(simulation) | looked_at(simulation)


def exercise_perturbation(folder: Path) -> Arrays:
    """Node perturbation of three networks side by side, each with a function of its own."""
    seeds = (0, 3, 5)
    network = rate(
        (12, 10, 4), part("NodePerturbation", tau=1.0), 1e-3, seed=seeds, noise=1.0, replicas=3
    )
    simulation = function_simulation(network, seed=seeds, batch=2, tests=50)
    found = weights_of(network, "start.")
    found |= follow(simulation, [0, 50, 200], "nse")
    return found | weights_of(network) | state_of(simulation) | looked_at(simulation)


def paper_fig4(folder: Path) -> Arrays:
    """The spiking experiment of Lillicrap et al. 2016, tiny."""
    options = (
        "--dataset digits --train-images 200 --validation-images 40 --test-images 100 --epochs 2 "
        "--batch-size 10 --hidden 20 --hidden-layers 2 --outputs 20 --feedback-scale 0.4 "
        "--learning-rate 3e-3 --weight-scale 0.2"
    )
    return run_experiment(folder, "lillicrap2016.fig4", options)


def paper_fig2(folder: Path) -> Arrays:
    """The linear function of Lillicrap et al. 2016 by four algorithms, a few examples."""
    return run_experiment(folder, "lillicrap2016.fig2", "--quick --repeats 1 --examples 100")


def paper_chu2024(folder: Path) -> Arrays:
    """Equation 11 of Chu et al. 2024, tiny, twice."""
    options = (
        "--dataset digits --train 300 --test 100 --first 20 --second 15 --batch 20 --repeats 2 "
        "--updates 30 --looks 3"
    )
    return run_experiment(folder, "chu2024.eq11", options)


def paper_strategies(folder: Path) -> Arrays:
    """Two cells of table 2 of "General feedback strategies", tiny."""
    options = (
        "--dataset digits --train-images 200 --epochs 2 --batch 20 --cells tanh-200-s1,relu-200-s3"
    )
    return run_experiment(folder, "strategies.t2", options)


EXPERIMENTS = {
    experiment.__name__: experiment
    for experiment in (
        spiking_fa,
        spiking_dfa_resumed,
        spiking_pfa,
        spiking_kp,
        spiking_replicas,
        own_rule,
        snntorch_leaky,
        rate_lesson,
        rate_lesson_replicas,
        exercise_fa,
        exercise_perturbation,
        paper_fig4,
        paper_fig2,
        paper_chu2024,
        paper_strategies,
    )
}


def is_chaotic(experiment: str, name: str) -> bool:
    """Return whether a rounding error may have grown: one spike more or less, and all is other."""
    spiking_neurons = experiment not in RATES
    return spiking_neurons and not name.startswith(("start.", "early."))


RATES = {
    "rate_lesson",
    "rate_lesson_replicas",
    "exercise_fa",
    "exercise_perturbation",
    "paper_fig2",
    "paper_chu2024",
    "paper_strategies",
}

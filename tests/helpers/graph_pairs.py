"""The same training twice, one executed by eager and one by graph, which must agree bit for bit."""

import spikefa as sf
from tests.helpers.fused_pairs import DEVICE


def network(circuit=None, rule=None, population=sf.StochasticBinary, **options):
    sizes = {"hidden1": population(7), "hidden2": population(6), "output": population(4)}
    rule = rule or sf.ThreeFactor(1e-2, weight_decay=1e-5)
    return sf.Network(12, sizes, circuit or sf.FA(), rule, device=DEVICE, **options)


def simulate(
    tiny,
    backend,
    *parts,
    batch=11,
    steps=5,
    schedule=None,
    encoding=None,
    augmentation=None,
    average=None,
    **options,
):
    net = network(*parts, **options)
    return sf.Simulation(
        net,
        tiny,
        steps_per_image=steps,
        batch_size=batch,
        backend=backend,
        schedule=schedule,
        encoding=encoding,
        augmentation=augmentation,
        average_epochs=average,
        seed=2,
    )


def agree(one, other):
    expected, given = one.tensors(), other.tensors()
    for name, tensor in expected.items():
        assert tensor.equal(given[name]), name
    for name, state in one.runner.random.states().items():
        assert state.equal(other.runner.random.states()[name]), name
    assert one.runner.state.steps == other.runner.state.steps


def side_by_side(tiny, make, presentations=40, every=4):
    """Run eager and graph side by side, now step by step, now as a whole; compare now and then."""
    pair = [make(backend) for backend in ("eager", "graph")]
    assert [each.backend for each in pair] == ["eager", "graph"]
    for number in range(presentations):
        for each in pair:
            for _ in each.present(each=number % 3 == 0):
                pass
        if number % every == 0:
            agree(*pair)
    agree(*pair)
    return pair[1]

"""Encodings of images, against snntorch.spikegen."""

from functools import partial

import numpy as np
import pytest
import torch
from snntorch import spikegen

import spikefa as sf
from spikefa.datasets import Images
from spikefa.errors import SpikefaError

STEPS = 6
PIXELS = np.random.default_rng(3).integers(0, 256, (8, 5, 6)).astype(np.uint8)
PIXELS[:, 0, :3] = 0  # dark ones, as in every image of a digit
PIXELS[:, 4] = 255


def shown(encoding, order, batch=2, dtype=torch.float32):
    """Return the activity of every step, `[len(order) * STEPS, batch, 30]`."""
    images = Images(PIXELS, np.zeros(8, np.uint8))
    stimulus = sf.ImageStimulus(images, steps=STEPS, encoding=encoding)
    state = stimulus.state(batch, 10, torch.device("cpu"), dtype)
    source, rows = torch.Generator().manual_seed(2), []
    for number, items in enumerate(order):
        stimulus.load(state, number, torch.tensor(items), {})
        stimulus.show(state)
        for _ in range(STEPS):
            state.uniforms.uniform_(generator=source)
            stimulus.step(state)
            rows.append(state.inputs.clone())
    return torch.stack(rows)


ORDER = [(0, 1), (2, 3), (2, 5), (7, 7)]
FILM = torch.as_tensor(PIXELS).flatten(1)[torch.tensor(ORDER)] / 255


@pytest.mark.parametrize("linear", [False, True])
@pytest.mark.parametrize("clip", [False, True])
@pytest.mark.parametrize("threshold", [0.01, 0.3])
def test_latency_is_that_of_spikegen(linear, clip, threshold):
    spikes = shown(sf.LatencyCode(threshold, linear, clip), ORDER)
    for number, images in enumerate(FILM):
        expected = spikegen.latency(
            images,
            num_steps=STEPS,
            threshold=threshold,
            normalize=True,
            linear=linear,
            clip=clip,
        )
        here = spikes[number * STEPS : (number + 1) * STEPS]
        assert here.equal(expected), number
    assert spikes[1:].sum() > 0


def test_latency_of_a_stream_does_not_depend_on_the_others():
    both = shown(sf.LatencyCode(), ORDER)
    alone = shown(sf.LatencyCode(), [images[:1] for images in ORDER], batch=1)
    assert both[:, :1].equal(alone)


@pytest.mark.parametrize("off_spikes", [False, True])
@pytest.mark.parametrize("threshold", [0.1, 0.5])
def test_delta_is_that_of_spikegen_on_the_whole_film(off_spikes, threshold):
    spikes = shown(sf.DeltaCode(threshold, off_spikes), ORDER)
    film = FILM.repeat_interleave(STEPS, 0)
    expected = spikegen.delta(film, threshold=threshold, off_spike=off_spikes)
    assert spikes.equal(expected)
    assert (spikes == -1).any() == off_spikes


def test_rate_has_the_mean_of_spikegen_and_the_cap():
    torch.manual_seed(0)
    order = [(4, 4)] * 700
    ours = shown(sf.RateCode(cap=1.0), order).mean((0, 1))
    image = torch.as_tensor(PIXELS[4]).flatten() / 255
    theirs = spikegen.rate(image.expand(2, -1), num_steps=700 * STEPS).mean((0, 1))
    np.testing.assert_allclose(ours, theirs, atol=4 * (0.5 / 4200) ** 0.5)
    capped = shown(sf.RateCode(cap=0.6), order).mean((0, 1))
    np.testing.assert_allclose(capped, image.clamp(max=0.6), atol=0.025)


def test_an_encoding_says_what_it_is():
    assert repr(sf.LatencyCode(0.2)) == "LatencyCode(threshold=0.2, linear=False, clip=True)"


def test_graded_input_is_the_brightness():
    activity = shown(sf.Graded(shift=0.2, scale=3.0), ORDER, dtype=torch.float64)
    film = (torch.as_tensor(PIXELS).flatten(1).double()[torch.tensor(ORDER)] / 255 - 0.2) * 3
    torch.testing.assert_close(activity, film.repeat_interleave(STEPS, 0))


ENCODINGS = {
    "rate": partial(sf.RateCode, cap=0.8),
    "latency": sf.LatencyCode,
    "delta": partial(sf.DeltaCode, off_spikes=True),
    "graded": sf.Graded,
}


def simulation(dataset, encoding, seed=4):
    net = sf.Network(
        12,
        {"hidden1": sf.StochasticBinary(6), "output": sf.StochasticBinary(4)},
        sf.FA(),
        sf.ThreeFactor(0.1),
    )
    return sf.Simulation(net, dataset, batch_size=4, seed=seed, encoding=encoding)


@pytest.mark.parametrize("name", ENCODINGS)
def test_a_resumed_run_is_bit_identical(name, tiny, tmp_path):
    whole, first, second = (simulation(tiny, ENCODINGS[name]()) for _ in range(3))
    whole.train(epochs=2)
    first.train(epochs=1)
    first.save(tmp_path / "checkpoint")
    second.restore(tmp_path / "checkpoint")
    second.train(epochs=1)
    for path, tensor in whole.tensors().items():
        assert tensor.equal(second.tensors()[path]), path
    assert whole.test() == second.test()


@pytest.mark.parametrize("name", [name for name in ENCODINGS if name != "rate"])
def test_what_needs_no_random_numbers_draws_none(name, tiny):
    run = simulation(tiny, ENCODINGS[name]())
    before = run.runner.random.generators["stimulus"].get_state()
    run.train(epochs=1)
    assert run.runner.random.generators["stimulus"].get_state().equal(before)


def test_tests_are_encoded_as_the_training_is(tiny):
    """With an input that is silent in all but the first step, a linear output is 0 in the last."""
    net = sf.Network(
        12, {"output": sf.Rate(2, "linear")}, sf.FA(), sf.ThreeFactor(0.05, weight_decay=0)
    )
    run = sf.Simulation(net, tiny, batch_size=2, encoding=sf.DeltaCode(off_spikes=True))
    run.train(epochs=1)
    net.synapses["output"].bias.zero_()
    score = run.test()
    assert score.error_percent == 50, "0 = 0: every guess is the lower class"
    assert score.error_percent_summed < 50


def test_a_rate_network_learns_from_graded_input():
    net = sf.Network(
        64,
        {"hidden1": sf.Rate(60, "tanh"), "output": sf.Rate(10, "softmax")},
        feedback=sf.FA(scale=0.3, tau=1.0),
        rule=sf.ThreeFactor(0.01, weight_decay=0),
        synapses=partial(sf.Dense, scale=0.1),
    )
    run = sf.Simulation(
        net, sf.datasets.digits(), steps_per_image=1, batch_size=20, encoding=sf.Graded(0.3, 2.0)
    )
    run.train(epochs=8)
    assert run.test().error_percent < 8


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: sf.RateCode(cap=0), "cap of RateCode is"),
        (lambda: sf.LatencyCode(threshold=1), "threshold of LatencyCode is"),
        (lambda: sf.DeltaCode(threshold=0), "threshold of DeltaCode is 0: give"),
        (lambda: sf.Graded(scale=0), "scale of Graded is 0: give"),
    ],
)
def test_encodings_that_cannot_be(make, message):
    with pytest.raises(SpikefaError, match=message):
        make()


def test_standardised_channels_have_mean_0_and_deviation_1():
    """As numpy has it, with full scales below 255, and for images that are not those of before."""
    random = np.random.default_rng(5)
    pixels = random.integers(0, 200, (1203, 3, 4, 5), dtype=np.uint8)
    pixels[:, 1] //= 3
    images = Images(pixels, np.zeros(1203, np.uint8), full_scale=200)
    encoding = sf.Graded.standardising(images)
    brightness = pixels / 200
    mean, deviation = brightness.mean((0, 2, 3)), brightness.std((0, 2, 3))
    np.testing.assert_allclose(encoding.shift, mean, rtol=1e-12)
    np.testing.assert_allclose(encoding.scale, 1 / deviation, rtol=1e-12)
    stimulus = sf.ImageStimulus(images.part(slice(8)), steps=1, encoding=encoding)
    state = stimulus.state(8, 10, torch.device("cpu"), torch.float64)
    stimulus.load(state, 0, torch.arange(8), {})
    stimulus.show(state)
    stimulus.step(state)
    expected = (brightness[:8] - mean[:, None, None]) / deviation[:, None, None]
    np.testing.assert_allclose(state.inputs, expected.reshape(8, -1), atol=1e-12)


def test_standardising_grey_images_is_graded_with_two_numbers():
    images = Images(PIXELS, np.zeros(8, np.uint8))
    found = sf.Graded.standardising(images)
    (shift,), (scale,) = found.shift, found.scale
    assert shift == pytest.approx((PIXELS / 255).mean(), rel=1e-12)
    assert scale == pytest.approx(1 / (PIXELS / 255).std(), rel=1e-12)
    assert shown(found, ORDER).equal(shown(sf.Graded(shift, scale), ORDER))
    black = Images(np.zeros((2, 3, 2, 2), np.uint8), np.zeros(2, np.uint8))
    assert sf.Graded.standardising(black).scale == (1.0, 1.0, 1.0)


def test_channels_that_do_not_fit_are_refused():
    with pytest.raises(SpikefaError, match="2 shifts and 1 scales: give one of both"):
        sf.Graded((0.5, 0.2), 2.0)
    with pytest.raises(SpikefaError, match="30 pixels cannot be shared by 4 channels"):
        shown(sf.Graded((0.0,) * 4, (1.0,) * 4), ORDER)
    with pytest.raises(SpikefaError, match=r"scale\[1\]"):
        sf.Graded((0.0, 0.0), (1.0, 0.0))
    with pytest.raises(SpikefaError, match="give Images"):
        sf.Graded.standardising(PIXELS)

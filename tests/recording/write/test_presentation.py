"""Which presentation a step belongs to, and how rows are cut into presentations."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefa.errors import SpikefaError
from spikefa.recording import Probe, Recorder, Window, open_recording
from spikefa.recording.plan.streams import Streams
from spikefa.recording.write.presentation import PresentPresentation
from tests.helpers.toy_network import Toy

STEPS = 60


@st.composite
def runs(draw):
    """Lengths of presentations, images of two streams, windows, and every how many steps."""
    lengths = draw(st.lists(st.integers(1, 9), min_size=10, max_size=STEPS))
    images = draw(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=STEPS))
    edges = sorted(draw(st.sets(st.integers(0, STEPS), min_size=2, max_size=8)))
    windows = [Window(str(a), a, b) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    return lengths, images, windows, draw(st.integers(1, 4))


def truth_of(lengths, images):
    """Return first step and images of the presentation of each step."""
    starts = np.cumsum([0, *lengths])
    rows = []
    for step in range(STEPS):
        number = int(np.searchsorted(starts, step, side="right")) - 1
        if number >= len(lengths):  # the last one goes on
            number = len(lengths) - 1
        rows.append((int(starts[number]), *images[number]))
    return rows


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(run=runs())
def test_rows_are_cut_where_presentations_begin(tmp_path_factory, run):
    """Whatever the boundaries, the windows and the distance of the rows."""
    lengths, images, windows, every = run
    truth = truth_of(lengths, images)
    path = tmp_path_factory.mktemp("run") / "run.h5"
    toy = {"input": {"spikes": torch.zeros(3, 2)}, "output": {"potential": torch.zeros(3, 2)}}
    probes = [
        Probe("input", "spikes", "all", stream=0),
        Probe("output", "potential", "all", stream=2, every=every),
    ]
    with Recorder.create(path, probes, windows, toy, {"seed": 0}) as recorder:
        assert recorder.streams == (0, 2)
        for step in range(STEPS):
            start, *seen = truth[step]
            recorder.observe(step, seen, [number + 5 for number in seen], start=start)
    with open_recording(path) as recording:
        for place, name in enumerate([("input", "spikes"), ("output", "potential")]):
            steps = recording.steps_of(*name).tolist()
            shown = recording.presentations(*name)
            expected = list(dict.fromkeys((truth[s][0], truth[s][1 + place]) for s in steps))
            assert list(zip(shown.start, shown.image, strict=True)) == expected
            assert (shown.label == shown.image + 5).all()
            belongs = np.repeat(shown.start, np.diff(shown.edges)).tolist()
            assert belongs == [truth[s][0] for s in steps]


ONE, TWO = Streams((0,), 1, 0), Streams((1, 4), 6, 1)


def told(teller, steps, start=None):
    return [teller.at(step, image, 0, start).start for step, image in steps]


def test_presentations_are_told_by_the_image():
    told_by_image = told(PresentPresentation(ONE, 0), enumerate([7, 7, 8, 8, 8, 7]))
    assert told_by_image == [0, 0, 2, 2, 2, 5]


def test_presentations_are_told_by_their_length():
    assert told(PresentPresentation(ONE, 2), enumerate([7] * 5)) == [0, 0, 2, 2, 4]


def test_what_was_not_observed_may_have_been_another_presentation():
    assert told(PresentPresentation(ONE, 0), [(0, 7), (1, 7), (3, 7)]) == [0, 0, 3]


def test_presentations_are_as_the_caller_says():
    teller = PresentPresentation(ONE, 2)
    assert told(teller, [(4, 7), (5, 7), (6, 7)], start=3) == [3, 3, 3]
    assert told(teller, [(7, 7)], start=7) == [7]
    assert told(teller, [(8, 7), (9, 7)]) == [7, 9]


@pytest.mark.parametrize(
    ("streams", "call", "message"),
    [
        (TWO, (0, 3, 1, None), "what was shown is 3: give a number .* recorded stream: 1, 4"),
        (TWO, (0, [3], [1], None), r"what was shown is \[3\]"),
        (TWO, (0, [3, 2], [1, 256], None), "from 0 to 255 for each"),
        (ONE, (0, -1, 0, None), "what was shown is -1"),
        (ONE, (0, 2**32, 0, None), "from 0 to 4294967295"),
        (ONE, (0, "seven", 0, None), "what was shown is 'seven'"),
        (ONE, (5, 1, 1, 6), "step 5 is said to belong to a presentation that begins with step 6"),
    ],
)
def test_what_cannot_have_been_shown_is_refused(streams, call, message):
    with pytest.raises(SpikefaError, match=message):
        PresentPresentation(streams, 0).at(*call)


def test_an_image_does_not_change_within_a_presentation():
    teller = PresentPresentation(ONE, 0)
    teller.at(5, 1, 1, 5)
    with pytest.raises(SpikefaError, match="the presentation that began then showed another image"):
        teller.at(6, 2, 1, 5)


def test_one_number_for_several_streams_is_refused(start, toy):
    """Labels of one stream used to stand for all."""
    recorder = start()
    with pytest.raises(SpikefaError, match="for each recorded stream: 0, 2"):
        recorder.observe(0, 1, 1)
    Toy.run(toy, recorder, range(20))
    recorder.close()
    with open_recording(recorder.path) as recording:
        assert recording.steps.tolist() == list(range(20))


def test_a_presentation_left_early_ends_early(tmp_path):
    """Its rows are those it had; nothing assumes that all are equally long."""
    toy = {"input": {"spikes": torch.zeros(1, 2)}}
    path, starts = tmp_path / "run.h5", [0, 0, 0, 0, 0, 5, 5, 7, 7, 7, 7, 7]
    given = ([Probe("input", "spikes", "all")], Window("w", 0, 12), toy, {"seed": 0})
    with Recorder.create(path, *given, steps_per_image=5) as recorder:
        for step, start in enumerate(starts):
            recorder.observe(step, 3, 0, start=start)
    with open_recording(path) as recording:
        assert recording.presentations().start.tolist() == [0, 5, 7]
        assert recording.presentations().edges.tolist() == [0, 5, 7, 12]

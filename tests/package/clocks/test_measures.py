"""Every measure takes each variable with its own clock.

A measure that is added without an entry in the table fails the test of completeness.
"""

import inspect
import itertools

import numpy as np
import pytest

import spikefa as sf
from spikefa import analysis
from tests.helpers.clock_table import BASE, OWN, SPIKES, TOTAL, TRACES, VARIABLES, N, turns
from tests.helpers.clock_truth import (
    class_rates,
    confused,
    correlation,
    course,
    images_before,
    mean_rates,
    near,
    pixels,
    population_rate,
    psth,
    rates,
    same_by_name,
    selective,
    spectrum,
    synchrony,
    whole_images,
    window_counts,
    window_rates,
)


def check_population_rate(r, real, clock):
    for found, expected in zip(
        analysis.population_rate(r, "hidden1", width=7), population_rate(real, clock), strict=True
    ):
        near(found, expected)


def check_class_rates(r, real, clock):
    for settle in (0, 2):
        found = analysis.class_rates(r, "hidden1", settle=settle).rates
        near(found, class_rates(real, clock, settle))


def check_dimensions(r, real, clock):
    values = spectrum(real, clock)
    near(analysis.participation_ratio(r, "hidden1"), values.sum() ** 2 / (values**2).sum())


def check_triggered_trace(r, real, clock):
    found, _ = analysis.triggered_trace(r, "output", ("hidden1", "potential", 7), 0, 0)
    near(found, course(real, clock, clock, 0, 0))


def check_confusion(r, real, clock):
    if clock == "every":
        with pytest.raises(sf.SpikefaError, match=r"every 3 steps of always .* at every step"):
            analysis.confusion(r, steps_per_image=N)
        return
    np.testing.assert_array_equal(
        analysis.confusion(r, steps_per_image=N).counts[0], confused(real, clock)
    )


def check_presentations(r, real, clock):
    if clock == "every":
        with pytest.raises(sf.SpikefaError, match="at every step of whole images"):
            analysis.presentations(r, steps_per_image=N, population="hidden1")
        return
    found = analysis.presentations(r, steps_per_image=N, population="hidden1")
    held = set(real.steps(clock).tolist())
    first = [s for s in range(0, TOTAL, N) if all(s + n in held for n in range(N))]
    assert r.steps_of("hidden1")[found.start].tolist() == first
    assert found.label.tolist() == real.label[first].tolist()


def refused(clock, measure, *given, **options):
    """Return whether the clock reads no whole images; the measure must say so."""
    if clock != "every":
        return False
    with pytest.raises(sf.SpikefaError, match=r"every 3 steps of always .* every step"):
        measure(*given, **options)
    return True


def check_psth(r, real, clock):
    given = (r, "hidden1", [7, 2])
    before = 0 if clock == "images" else 1  # each window is one image
    if refused(clock, analysis.psth, *given, before=before, after=3):
        return
    mean, trials = psth(real, clock, before, 3)
    found = analysis.psth(*given, before=before, after=3)
    assert found.trials.tolist() == [trials]
    near(found.mean[0], mean[:, [7, 2]])


def check_tuning(r, real, clock):
    if refused(clock, analysis.tuning, r, "hidden1"):
        return
    found = analysis.tuning(r, "hidden1", slice(1, 4))
    counts, label = window_counts(real, clock, 1, 4)
    assert found.group.tolist() == np.unique(label).tolist()
    near(found.mean, [counts[label == each].mean(axis=0) / 3 for each in found.group])


def check_fano(r, real, clock):
    if refused(clock, analysis.fano, r, "hidden1", by=None):
        return
    counts, _ = window_counts(real, clock, 0, N)
    with np.errstate(invalid="ignore"):
        expected = counts.var(axis=0, ddof=1) / counts.mean(axis=0)
    near(analysis.fano(r, "hidden1", by=None).factor[0], expected)


def check_population_paths(r, real, clock):
    if refused(clock, analysis.population_paths, r, "hidden1"):
        return
    mean, _ = psth(real, clock, 0, N - 1)
    left, sizes, _ = np.linalg.svd(mean - mean.mean(axis=0), full_matrices=False)
    found = analysis.population_paths(r, "hidden1", 2, by=None)
    near(np.abs(found.path[0]), np.abs(left * sizes)[:, :2])
    near(found.share, (sizes**2 / (sizes**2).sum())[:2])


def check_decode(r, real, clock):
    if refused(clock, analysis.decode, r, "hidden1"):
        return
    counts, label = window_counts(real, clock, 0, N)
    held = np.bincount(label)
    fewest = held[held > 0].min()
    if fewest < 2 or (held > 0).sum() < 2:
        with pytest.raises(sf.SpikefaError, match=r"too few for 2 folds|at least two"):
            analysis.decode(r, "hidden1", folds=2)
        return
    found = analysis.decode(r, "hidden1", folds=2)
    assert found.confusion.sum(axis=1).tolist() == held[held > 0].tolist()
    assert found.chance == held.max() / len(counts)


def check_intervals(r, real, clock):
    if refused(clock, analysis.intervals, r, "hidden1"):
        return
    steps, spiked = real.steps(clock), real.values["hidden1", "spikes"]
    expected = [
        (unit, second - first)
        for unit in range(20)
        for first, second in itertools.pairwise(steps[spiked[steps, unit]].tolist())
        if set(range(first, second)) <= set(steps.tolist())
    ]
    found = analysis.intervals(r, "hidden1")
    assert list(zip(found.place, found.interval, strict=True)) == expected


def check_class_raster(r, real, clock):
    if refused(clock, analysis.class_raster, r, "hidden1"):
        return
    found = analysis.class_raster(r, "hidden1")
    first = sorted(whole_images(real, clock), key=lambda step: (real.label[step], step))
    assert found.event.tolist() == first
    assert found.label.tolist() == real.label[first].tolist()
    spiked = real.values["hidden1", "spikes"]
    for step, spikes in zip(first, found.spikes, strict=True):
        np.testing.assert_array_equal(spikes, spiked[step : step + N][:, found.units])


MEASURES = {
    "unit_rates": lambda r, real, c: near(analysis.unit_rates(r, "hidden1"), rates(real, c)),
    "mean_rates": lambda r, real, c: same_by_name(analysis.mean_rates(r), mean_rates(real, c)),
    "window_rates": lambda r, real, c: same_by_name(
        analysis.window_rates(r, "hidden1"), window_rates(real, c)
    ),
    "class_rates": check_class_rates,
    "population_rate": check_population_rate,
    "pairwise_correlation": lambda r, real, c: near(
        analysis.pairwise_correlation(r, "hidden1"), correlation(real, c)
    ),
    "covariance_spectrum": lambda r, real, c: near(
        analysis.covariance_spectrum(r, "hidden1"), spectrum(real, c)
    ),
    "participation_ratio": check_dimensions,
    "synchrony": lambda r, real, c: near(analysis.synchrony(r, "hidden1"), synchrony(real, c)),
    "selectivity": lambda r, real, c: near(
        analysis.selectivity(r, "hidden1").index, selective(real, c)
    ),
    "triggered_images": lambda r, real, c: near(
        analysis.triggered_images(r, "hidden1", lag=2, images=pixels()).average,
        images_before(real, c),
    ),
    "triggered_trace": check_triggered_trace,
    "confusion": check_confusion,
    "presentations": check_presentations,
    "psth": check_psth,
    "tuning": check_tuning,
    "fano": check_fano,
    "population_paths": check_population_paths,
    "decode": check_decode,
    "intervals": check_intervals,
    "class_raster": check_class_raster,
}
FIGURES = {  # see test_figures
    *("raster_figure", "figure4", "rates_figure", "class_raster_figure", "paths_figure"),
    *(
        "animate",
        "psth_figure",
        "tuning_figure",
        "triggered_images_figure",
        "triggered_trace_figure",
    ),
}
OF_NO_RECORDING = {
    *("alignment_figure", "angle", "confusion_figure", "learning_curve", "receptive_fields"),
    "estimate_energy",
    "save_figure",
    "weight_alignment",
}


@pytest.mark.slow
@pytest.mark.parametrize("measure", MEASURES)
def test_measures(recording, real, clock, measure):
    MEASURES[measure](recording, real, clock)


def test_two_variables_with_two_clocks(made, real, clock):
    """Spikes by one clock around which traces were read by each of the others."""
    others = dict(zip(TRACES, [each for each in OWN if each != clock], strict=False))
    path = made(dict.fromkeys(VARIABLES, clock) | others, name=f"spikes-{clock}")
    with sf.open(path) as recording:
        for trace, other in others.items():
            unit = int(recording.units(*trace)[0])
            for before, after in ((0, 0), (1, 2)):
                given = (recording, "output", (*trace, unit), before, after)
                expected = course(real, clock, other, before, after, trace, 0)
                if expected is None:
                    with pytest.raises(sf.SpikefaError, match="record both") as refused:
                        analysis.triggered_trace(*given)
                    for label in (next(iter(real.windows(each))) for each in (clock, other)):
                        assert label in str(refused.value)
                    assert "\n" not in str(refused.value)
                else:
                    near(analysis.triggered_trace(*given)[0], expected)


def test_the_same_steps_of_populations_with_different_clocks(mixed, real):
    """Populations without a row in these steps are left out."""
    with sf.open(mixed) as recording:
        clocks = turns()
        held = {name: set(real.steps(clocks[name, "spikes"]).tolist()) for name in SPIKES}
        for span in ("base", slice(0, 11), slice(80, 90), slice(0, 100)):
            low, high = (BASE.start, BASE.stop) if span == "base" else (span.start, span.stop)
            steps = {name: [s for s in range(low, high) if s in held[name]] for name in SPIKES}
            expected = {
                name: real.values[name, "spikes"][rows].mean()
                for name, rows in steps.items()
                if rows
            }
            same_by_name(analysis.mean_rates(recording, span), expected)
        with pytest.raises(sf.SpikefaError, match="nothing can be counted"):
            analysis.mean_rates(recording, slice(1000, 2000))


def test_every_measure_has_an_entry():
    functions = {name for name in analysis.__all__ if inspect.isfunction(getattr(analysis, name))}
    assert functions == MEASURES.keys() | FIGURES | OF_NO_RECORDING

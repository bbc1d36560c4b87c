"""Trials of the recorded run of `recorded_run`, one after the other, in Python."""

from tests.helpers.recorded_run import N


def trials(truth, before=0, after=N - 1, events=None, span=range(10_000)):
    """Yield event, label, image and rows of each trial of which all steps were recorded."""
    row_of = {step: row for row, step in enumerate(truth.steps.tolist())}
    for event in range(0, 600, N) if events is None else events:
        steps = range(event - before, event + after + 1)
        if all(step in row_of and step in span for step in steps):
            row = row_of[event]
            yield event, truth.label[row], truth.image[row], [row_of[step] for step in steps]


def by_group(found, key):
    """Collect trials by their class or image, or all together, in a dict by ascending number."""
    groups = {}
    for _, label, image, rows in found:
        number = {"class": label, "image": image, None: -1}[key]
        groups.setdefault(int(number), []).append(rows)
    return dict(sorted(groups.items()))

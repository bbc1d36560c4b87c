"""What is measured of a network, or of one of its replicas, when an epoch has ended."""

from spikefa.simulation.course import Course
from spikefa.simulation.evaluation import Score
from spikefa.simulation.history import Row


def epoch_row(
    course: Course, epoch: int, wall_seconds: float, score: Score | None, number: int | None = None
) -> Row:
    """Return the row of metrics of the epoch that has just ended.

    Parameters
    ----------
    course : Course
        Its tally has counted since the row before.
    epoch : int
    wall_seconds : float
        Seconds of training so far.
    score : Score, optional
        Of the network on the validation images, if there are any.
    number : int, optional
        The replica; without, the network has none.
    """
    network = course.network if number is None else course.network.replica(number)
    last, summed = course.tally.errors(number)
    row: Row = {
        "epoch": float(epoch),
        "images": float(course.presentation * course.batch_size),
        "step": float(course.step),
        "train_error_percent": last,
        "train_error_percent_summed": summed,
    }
    if score is not None:
        row["validation_error_percent"] = score.error_percent
        row["validation_error_percent_summed"] = score.error_percent_summed
    row |= {f"rate_{name}": rate for name, rate in course.tally.mean_rates(number).items()}
    angles = network.alignment()
    row |= {f"alignment_{projection}": degrees for projection, degrees in angles.items()}
    return row | _factors(course) | {"wall_seconds": wall_seconds}


def _factors(course: Course) -> Row:
    """Return the factors of the schedules now: one column if all projections have the same."""
    rates = {name: schedule(course.epoch) for name, schedule in course.schedules.items()}
    row = {f"learning_rate_factor_{name}": factor for name, factor in rates.items()}
    if len({id(schedule) for schedule in course.schedules.values()}) == 1:
        row = {"learning_rate_factor": next(iter(rates.values()))}
    return row | {"weight_decay_factor": course.decay_schedule(course.epoch)}

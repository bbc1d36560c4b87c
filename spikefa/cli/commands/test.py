"""``spikefa test RUN``: test the trained network of a run on its own or on other images."""

import argparse

from spikefa.analysis.confusion_figure import confusion_figure
from spikefa.analysis.saving import check_suffix, save_figure
from spikefa.runs.pictures import refuse_existing
from spikefa.runs.predictions import write_predictions
from spikefa.runs.trained import Trained
from spikefa.utils.devices import enough_memory
from spikefa.utils.showing import showing


def execute(given: argparse.Namespace) -> None:
    """Test the network, print its errors, and write what was asked for."""
    for path in filter(None, (given.out, given.confusion)):
        refuse_existing(path, given.force)
    if given.confusion is not None:
        check_suffix(given.confusion)
    with showing(given.progress), enough_memory():
        trained = Trained.of(given.directory, given.dataset, given.device, given.trust)
        score = trained.test(trained.images(given.split), given.split)
    print(f"{given.split} images: {score}")
    assert score.predictions is not None
    if given.out is not None:
        write_predictions(given.out, score.predictions, trained.settings.seeds)
        print(f"wrote {given.out}")
    if given.confusion is not None:
        counts = score.predictions.confusion(given.guess)
        counts = counts.sum(0) if counts.ndim == 3 else counts
        title = f"{given.split} images, guess from {_WORDS[given.guess]}"
        save_figure(confusion_figure(counts, title), given.confusion)
        print(f"wrote {given.confusion}")


_WORDS = {"last": "the last step", "summed": "all steps summed"}

"""Import an experiment by its name; listing them imports nothing, see `spikefa.runs.catalogue`."""

from importlib import import_module

from spikefa.runs.catalogue import PACKAGE, file_of
from spikefa.runs.experiment import Experiment


def load_experiment(name: str) -> Experiment:
    """Import and return the experiment `name`.

    Raises
    ------
    SpikefaError
        If there is no experiment with that name; the message lists all names.
    """
    file_of(name)
    found: Experiment = import_module(f"{PACKAGE}.{name}").EXPERIMENT
    return found

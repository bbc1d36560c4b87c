"""Small sweeps of figure 4, and what is read from their folders."""

import csv

NAME = "lillicrap2016.fig4"
SMALL = {
    "dataset": "digits",
    "hidden": 10,
    "hidden_layers": 1,
    "outputs": 10,
    "epochs": 1,
    "train_images": 60,
    "batch_size": 20,
    "record": False,
}
BLIND = SMALL | {"validation_images": 40}
RATES = {"low": 1e-3, "high": 1e-1, "log": True}


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def table(folder):
    return rows_of(folder / "table.csv")


def states(sweep):
    return [run.state for run in sweep.runs()]

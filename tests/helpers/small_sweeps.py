"""Small sweeps of figure 4, and what is read from their folders."""

import csv
import subprocess
import sys

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


def start_worker(sweep):
    command = [sys.executable, "-m", "spikefa", "sweep", str(sweep.folder), "--worker"]
    return subprocess.Popen([*command, "--threads", "1"], stdout=subprocess.DEVNULL)


def table(folder):
    return rows_of(folder / "table.csv")


def states(sweep):
    return [run.state for run in sweep.runs()]

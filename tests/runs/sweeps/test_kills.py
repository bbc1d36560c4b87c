"""Workers that are killed at random: no run is lost, and none is made twice."""

import csv
import random
import time

import pytest

from spikefa.runs.sweeps import Plan, Sweep, work
from tests.helpers.small_sweeps import start_worker

SETTINGS = {
    "dataset": "digits",
    "hidden": 20,
    "hidden_layers": 1,
    "outputs": 20,
    "epochs": 4,
    "train_images": 400,
    "validation_images": 100,
    "record": False,
    "batch_size": 5,
}
RATES = {"learning_rate": {"low": 1e-3, "high": 1e-1, "log": True}}


def errors(sweep):
    with open(sweep.folder / "table.csv", newline="") as file:
        return {row["run"]: row["validation_error_percent"] for row in csv.DictReader(file)}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("trials", "workers", "kills"), [(4, 2, 2), pytest.param(20, 3, 12, marks=pytest.mark.long)]
)
def test_nothing_is_lost_and_nothing_is_done_twice(tmp_path, trials, workers, kills):
    pytest.importorskip("optuna", reason="an extra: pip install 'spikefa[sweep]'")
    plan = Plan("lillicrap2016.fig4", SETTINGS, {}, RATES, trials=trials, sampler="random")
    calm, killed = (Sweep.begin(tmp_path / name, plan) for name in ("calm", "killed"))
    chance = random.Random(trials)
    alive = [start_worker(killed) for _ in range(workers)]
    for _ in range(kills):
        while not any(run.state == "running" for run in killed.runs()):
            assert any(each.poll() is None for each in alive)
            time.sleep(0.02)
        time.sleep(chance.uniform(0, 0.5))
        number = chance.randrange(workers)
        alive[number].kill()
        alive[number].wait()
        alive[number] = start_worker(killed)
    for each in alive:
        each.wait()
    work(killed, threads=1)
    work(calm, threads=1)
    assert [run.state for run in killed.runs()] == ["finished"] * trials
    assert errors(killed) == errors(calm)
    assert len(errors(calm)) == trials

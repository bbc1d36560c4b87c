"""The settings of the comparison of circuits."""

from dataclasses import dataclass

from spikefa.runs.options import option
from spikefa.runs.settings import DATA_DIR, DEVICE, Device, Repeated, dataset_option
from spikefa.utils.ranges import Batch, Count, CountOrZero, Epochs, Few, Replicas, Size


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """All settings on which the results depend."""

    circuits: list[str] | None = option(None, "lines of the table; default: all")
    repeats: Few = option(3, "runs of each circuit, with seeds 0, 1, 2 and so on")
    trial: CountOrZero | None = option(
        None, "number of the setting to try, of each circuit; default: what the search has found"
    )
    epochs: Epochs = option(3, "epochs of training")
    train_images: Count | None = option(None, "use only the first K training images")
    validation_images: CountOrZero = option(
        0, "test on the last K training images, not on the test set"
    )
    batch_size: Batch = option(100, "independent streams; updates are summed over them")
    hidden: Size = option(300, "neurons of each hidden population")
    hidden_layers: Few = option(3, "hidden populations")
    outputs: Size = option(200, "output neurons, an equal share for each class")
    dataset: str = dataset_option()
    data_dir: str | None = option(None, DATA_DIR)
    device: Device = option("auto", DEVICE)
    processes: Replicas = option(1, "runs side by side, one thread each; 1 on a GPU")

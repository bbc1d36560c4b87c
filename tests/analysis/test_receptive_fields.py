"""Receptive fields: the figure holds the weights of the checkpoint."""

import numpy as np
import pytest
import torch

from spikefa.analysis import receptive_fields, save_figure
from spikefa.errors import SpikefaError
from spikefa.simulation.checkpoint import Checkpoint, save_checkpoint


def checkpoint(tmp_path, weights):
    path = tmp_path / "checkpoint.pt"
    tensors = {
        "network.synapses.hidden1.bias": torch.zeros(1, weights.shape[1]),
        "network.synapses.hidden1.weight": weights,
        "network.synapses.output.weight": torch.ones(weights.shape[1], 2),
    }
    save_checkpoint(path, Checkpoint({}, {}, tensors, {}, 0, 0.0, []))
    return path


def test_receptive_fields_are_columns_of_the_first_weights(tmp_path):
    weights = torch.randn(12, 9, generator=torch.Generator().manual_seed(2))
    figure = receptive_fields(checkpoint(tmp_path, weights), units=3, shape=(3, 4))
    fields = {axes.get_label(): axes for axes in figure.axes if axes.get_label()[:5] == "unit/"}
    assert list(fields) == ["unit/0", "unit/4", "unit/8"]
    for name, axes in fields.items():
        (image,) = axes.images
        unit = int(name[5:])
        np.testing.assert_allclose(image.get_array(), weights[:, unit].reshape(3, 4))
        assert image.get_clim()[0] == -image.get_clim()[1]
    assert "3 of 9 units" in figure.get_suptitle()
    save_figure(figure, tmp_path / "x.png")


def test_fields_of_images_in_colours_stand_below_each_other(tmp_path):
    weights = torch.randn(12, 2, generator=torch.Generator().manual_seed(1))
    figure = receptive_fields(checkpoint(tmp_path, weights), shape=(2, 2))
    (image,) = figure.axes[0].images
    red, green, blue = np.split(np.asarray(image.get_array()), 3)
    for colour, drawn in enumerate((red, green, blue)):
        for row in range(2):
            for column in range(2):
                neuron = (colour * 2 + row) * 2 + column
                assert drawn[row, column] == pytest.approx(float(weights[neuron, 0]))


def test_all_zero_weights_are_drawn(tmp_path):
    figure = receptive_fields(checkpoint(tmp_path, torch.zeros(4, 2)))
    assert figure.axes[0].images[0].get_clim() == (-1, 1)
    assert "2 units" in figure.get_suptitle()


def test_weights_that_make_no_image(tmp_path):
    path = checkpoint(tmp_path, torch.zeros(12, 2))
    with pytest.raises(SpikefaError, match="12 inputs do not make a square"):
        receptive_fields(path)
    with pytest.raises(SpikefaError, match="12 inputs do not make an image of 2 x 5"):
        receptive_fields(path, shape=(2, 5))
    with pytest.raises(SpikefaError, match="no checkpoint"):
        receptive_fields(tmp_path / "absent.pt")

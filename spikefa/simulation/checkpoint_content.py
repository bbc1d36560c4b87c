"""Read the content of a checkpoint that may be damaged or malicious."""

import pickle
import pickletools
import re
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from spikefa.errors import SpikefaError, require
from spikefa.utils.archives import archive, check_kept_as_they_are
from spikefa.utils.plain_data import check_plain, values_in
from spikefa.utils.printable import one_line

NAMED = re.compile(r"collections OrderedDict|torch\._utils _rebuild_tensor_v2|torch \w+Storage")
"""What the pickle of a checkpoint names. torch would take more: sparse, nested and quantised
tensors, tensors without values, and functions that take gigabytes for a few bytes."""

_COULD_RUN = "it holds more than tensors and plain data and could run code: it was not opened"


def read_content(path: Path) -> Any:
    """Return the tensors and the plain data in a checkpoint; tensors are on the CPU.

    Nothing in the file is run. Its sizes are checked before anything is read, and the checksums of
    all parts, since torch itself would load flipped bits.

    Raises
    ------
    SpikefaError
        If it is not a checkpoint or is damaged.
    """
    with archive(path, "a checkpoint") as parts:
        size = path.stat().st_size
        check_kept_as_they_are(parts.infolist(), size)
        damaged = parts.testzip()
        require(damaged is None, f"wrong checksum in {one_line(damaged)}")
        pickles = [name for name in parts.namelist() if name.endswith(".pkl")]
        require(len(pickles) == 1, f"it has {len(pickles)} parts that end in .pkl")
        pickled = parts.read(pickles[0])
        _check_names(pickled)
        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            raise SpikefaError(_COULD_RUN) from error
        # Without repeated references a pickle holds fewer values than bytes.
        check_plain(content, (Tensor,), most=len(pickled))
        for value, _ in values_in(content):
            if isinstance(value, Tensor):
                _check_tensor(value, size)
        return content


def _check_names(pickled: bytes) -> None:
    """Refuse a pickle that names anything but dense tensors."""
    for opcode, argument, _ in pickletools.genops(pickled):
        if opcode.name == "GLOBAL":
            require(NAMED.fullmatch(str(argument)) is not None, _COULD_RUN)


def _check_tensor(tensor: Tensor, size: int) -> None:
    dense = tensor.layout == torch.strided and not tensor.is_quantized and not tensor.is_nested
    require(dense and tensor.device.type == "cpu", "it has a tensor that is not dense")
    held = tensor.numel() * tensor.element_size()
    require(held <= size, f"it has a tensor of {held:,} bytes, and {size:,} itself")

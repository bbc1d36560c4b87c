"""Weights alone in a file, to go on with other data, batch, seed or circuit.

The format is that of safetensors, which holds named arrays and text, and no code. Weights have
their names in `Network.tensors`, such as ``synapses.hidden1.weight`` and ``feedback.B1``.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from spikefa import __version__
from spikefa.errors import SpikefaError, require, require_there
from spikefa.network.network import Network
from spikefa.synapses import Synapses
from spikefa.utils.checking import ranged
from spikefa.utils.files import written_whole
from spikefa.utils.printable import one_line
from spikefa.utils.ranges import Seed

FORMAT, VERSION = "spikefa-weights", "1"
FORWARD, FEEDBACK = "synapses.", "feedback."
"""What the names of forward and feedback weights begin with."""
MOST_HEADER = 1 << 22
"""Bytes of names and shapes: those of a network take a hundred for each projection."""
KINDS = {
    torch.float32: "F32",
    torch.float64: "F64",
    torch.int8: "I8",
    torch.int16: "I16",
    torch.int32: "I32",
    torch.int64: "I64",
    torch.bool: "BOOL",
}
"""How the format calls the types of weights."""


def save_weights(network: Network, path: Path | str, *, overwrite: bool = False) -> None:
    """Write the forward weights, biases and feedback weights of a network to a file.

    Parameters
    ----------
    network : Network
        With replicas, all are written, ``[replicas, n_pre, n_post]``; give ``network.replica(0)``
        for one.
    path : path
        Such as ``weights.safetensors``.
    overwrite : bool, default False
        Whether to replace an existing file.

    Raises
    ------
    SpikefaError
        If the weights are not drawn yet, or are NaN or infinite; if the file exists or cannot be
        written; or if safetensors is not installed.
    """
    path, library = Path(path), _needed("safetensors.torch")
    network.require_whole("save_weights")
    require(
        overwrite or not path.exists(),
        f"{path} exists: move it, give another name, or overwrite=True",
    )
    require(
        any(each.weight.any() for each in network.synapses.values()),
        "all forward weights are 0: draw them first, network.initialise(seed)",
    )
    tensors = _own(network, FORWARD, FEEDBACK)
    _check_finite(tensors, "the network")
    about = {
        "format": FORMAT,
        "version": VERSION,
        "spikefa_version": __version__,
        "n_inputs": str(network.n_inputs),
        "populations": json.dumps({n: each.size for n, each in network.populations.items()}),
        "feedback": _circuit(network),
        "replicas": str(network.replicas or 0),
    }
    # Copies, since safetensors refuses tensors that share memory, as replicas do.
    plain = {name: each.detach().cpu().clone().contiguous() for name, each in tensors.items()}
    with written_whole(path, new=not overwrite) as temporary:
        library.save_file(plain, temporary, about)


@ranged
def load_weights(
    network: Network,
    path: Path | str,
    *,
    feedback: bool = True,
    seed: Seed | Sequence[Seed] = 0,
) -> None:
    """Set the weights of a network to those of a file, which `save_weights` wrote.

    Constraints hold afterwards, whatever the file has: free weights may go on with few bits. What
    constraints remember, such as the levels of `Bits`, may be missing in the file.

    Parameters
    ----------
    network : Network
        Its populations must have the names and sizes of the file. Nothing is changed if the file
        does not fit.
    path : path
    feedback : bool, default True
        Whether to take the feedback weights too, which takes the same circuit. If not, the forward
        weights are taken alone, and the circuit's are drawn from `seed`.
    seed : int or sequence of int, default 0
        With replicas: the seed of each, or the first of consecutive ones.

    Raises
    ------
    SpikefaError
        If the file is not such a file or is damaged; a name, shape or type differs; a number is NaN
        or infinite; or safetensors is not installed.
    """
    network.require_whole("load_weights")
    path = Path(path)
    _check_header(path)
    wanted = _own(network, FORWARD, *([FEEDBACK] if feedback else []))
    try:
        found = _read(path, network, wanted, feedback)
    except SpikefaError:
        raise
    except Exception as error:  # of the library, which has no class for all of them
        said = one_line(error)
        raise SpikefaError(f"{path} is no file of weights, or is damaged: {said}") from error
    _check_finite(found, path)
    network.initialise(seed)  # which draws what the file has not
    for name, values in found.items():
        wanted[name].copy_(values)
    for projection, names in _remembered(network).items():
        _constrain(network.projections[projection], found, names, f"{FORWARD}{projection}.weight")


def _constrain(
    synapses: Synapses, found: Mapping[str, Tensor], remembered: Mapping[str, Tensor], weight: str
) -> None:
    """Make constraints hold; if they held already, all is as in the file, random counters too."""
    if not synapses.held:
        return
    synapses.constrain()
    if torch.equal(synapses.weight, found[weight].to(synapses.weight)):
        for name, own in remembered.items():
            own.copy_(found.get(name, own))


def _read(
    path: Path, network: Network, wanted: Mapping[str, Tensor], feedback: bool
) -> dict[str, Tensor]:
    """Read the weights that are wanted, once all names, shapes and types are known to fit."""
    with _needed("safetensors").safe_open(path, "pt", device="cpu") as opened:
        _check_origin(path, opened.metadata() or {}, network, feedback)
        every = list(opened.keys())
        held = [name for name in every if feedback or name.startswith(FORWARD)]
        known = {name for names in _remembered(network).values() for name in names}
        wanted = {name: own for name, own in wanted.items() if name in held or name not in known}
        _check_names(path, wanted, held)
        for name, own in wanted.items():
            part = opened.get_slice(name)
            _check_kind(path, name, own, part.get_shape(), part.get_dtype())
        return {name: opened.get_tensor(name) for name in wanted}


def _own(network: Network, *beginnings: str) -> dict[str, Tensor]:
    return {name: each for name, each in network.tensors().items() if name.startswith(beginnings)}


def _remembered(network: Network) -> dict[str, dict[str, Tensor]]:
    """Return what the constraints of each projection remember, by its names in the file."""
    return {
        projection: {
            f"{FORWARD}{projection}.{name}": own
            for held in synapses.held
            for name, own in held.tensors().items()
        }
        for projection, synapses in network.projections.items()
    }


def _circuit(network: Network) -> str:
    cls = type(network.feedback)
    return f"{cls.__module__}.{cls.__qualname__}"


def _check_header(path: Path) -> None:
    """Refuse a file whose header claims more than it should, before anybody reads it."""
    require_there(path.is_file(), f"there is no file {path}: give a file of weights")
    try:
        with open(path, "rb") as file:
            length, size = int.from_bytes(file.read(8), "little"), path.stat().st_size
    except OSError as error:
        raise SpikefaError(f"cannot read {path}: {error.strerror or error}") from error
    require(
        2 <= length <= min(MOST_HEADER, size - 8),
        f"{path} is no file of weights: it has {size:,} bytes, and says that {length:,} of them "
        "are names",
    )


def _check_origin(path: Path, about: Mapping[str, str], network: Network, feedback: bool) -> None:
    require(
        about.get("format") == FORMAT,
        f"{path} holds tensors, but not of a network of spikefa: write them with save_weights",
    )
    require(
        about.get("version") == VERSION,
        f"{path} has version {one_line(about.get('version'))}, and this spikefa reads {VERSION}",
    )
    was, now = str(about.get("feedback")), _circuit(network)
    require(
        not feedback or was == now,
        f"{path} has the feedback weights of {one_line(was.rpartition('.')[2])}, and the network "
        f"{now.rpartition('.')[2]}: take the forward weights alone, feedback=False "
        "(--weights-feedback false)",
    )


def _check_names(path: Path, wanted: Iterable[str], held: Sequence[str]) -> None:
    """Refuse other names than those of the network."""
    for which, names in (("lacks", set(wanted) - set(held)), ("also has", set(held) - set(wanted))):
        require(
            not names,
            f"{path} {which} {one_line(', '.join(sorted(names)[:5]))}: make a network whose "
            "populations have the names of the file's",
        )


def _check_kind(path: Path, name: str, own: Tensor, shape: Sequence[int], kind: str) -> None:
    expected = KINDS.get(own.dtype, str(own.dtype))
    require(
        list(shape) == list(own.shape) and kind == expected,
        f"{path}: {name} is {kind} {list(shape)}, the network's {expected} {list(own.shape)}: make "
        "a network of the same sizes, type and number of replicas",
    )


def _check_finite(tensors: Mapping[str, Tensor], where: object) -> None:
    for name, each in tensors.items():
        finite = not each.is_floating_point() or bool(torch.isfinite(each).all())
        require(finite, f"{where} holds NaN or infinity in {name}: nothing can go on from that")


def _needed(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise SpikefaError(
            f"files of weights need safetensors, which cannot be imported ({error}): "
            "pip install 'spikefa[weights]'"
        ) from error

"""Without a GPU the kernels run in Triton's interpreter, which must be asked before the import."""

import os
from importlib import import_module
from importlib.util import find_spec

import pytest
import torch

CAPTURABLE = "adam nadam radam adamax rmsprop adadelta rprop".split()
"""Modules of torch.optim whose optimisers can count their steps on the device."""

if not torch.cuda.is_available():
    os.environ.setdefault("TRITON_INTERPRET", "1")


@pytest.fixture
def triton():
    """Skip what needs Triton where there is none."""
    if find_spec("triton") is None:
        pytest.skip("triton is not installed: pip install 'spikefa[fused]'")


@pytest.fixture(params=["tape", pytest.param("cuda", marks=pytest.mark.gpu)])
def captured(request, monkeypatch):
    """Let the graph backend capture CUDA graphs, or, on any machine, tapes in their place."""
    if request.param == "cuda":
        if not torch.cuda.is_available():
            pytest.skip("there is no CUDA device, which CUDA graphs need")
        return
    from spikefa.testing import Tape

    for room in ("backends.choice", "backends.support", "backends", "network.optimiser"):
        monkeypatch.setattr(f"spikefa.{room}.captures_on", lambda device: True)
    monkeypatch.setattr("spikefa.backends.capture.CudaCapture", Tape)
    for name in CAPTURABLE:  # which torch allows on GPUs alone
        module = import_module(f"torch.optim.{name}")
        monkeypatch.setattr(module, "_get_capturable_supported_devices", lambda *_, **__: ["cpu"])
    if find_spec("triton") is not None:
        _keep_kernels(monkeypatch)


def _keep_kernels(monkeypatch):
    """Let a tape keep the kernels too, which torch does not see; the interpreter looks at data."""
    from torch.utils._python_dispatch import _disable_current_modes, _get_current_dispatch_mode

    from spikefa.backends import launcher
    from spikefa.backends.fused_deferred import launcher as deferred
    from spikefa.testing import Tape

    def keeping(launch):
        def kept(self, *arguments, **constants):
            def start():
                with _disable_current_modes(), torch._C.DisableTorchFunction():
                    launch(self, *arguments, **constants)

            tape = _get_current_dispatch_mode()
            if isinstance(tape, Tape):
                tape.note(start)
            else:
                start()

        return kept

    monkeypatch.setattr(launcher.Launcher, "start", keeping(launcher.Launcher.start))
    monkeypatch.setattr(deferred.Launcher, "launch", keeping(deferred.Launcher.launch))

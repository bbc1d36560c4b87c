"""Without a GPU the kernels run in Triton's interpreter, which must be asked before the import."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent))  # for `pairs`
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

    monkeypatch.setattr("spikefa.backends.support._no_graph", lambda network: None)
    monkeypatch.setattr("spikefa.backends.capture.CudaCapture", Tape)

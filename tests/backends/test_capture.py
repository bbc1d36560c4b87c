"""The order in which a CUDA graph is captured, and a failed capture ended, with a fake CUDA."""

import gc
from contextlib import contextmanager

import pytest
import torch

from spikefa.backends.capture import CudaCapture, Room


class FakeCuda:
    """Notes what is asked of CUDA; after an illegal operation it behaves as CUDA does.

    A capture that is invalid has to be ended on its own stream. That reports an error, and leaves
    one that the next call reports; until then every capture that begins fails.
    """

    def __init__(self, monkeypatch, errors_left=1):
        self.calls, self.stream, self.capturing = [], "current", None
        self.invalid, self.left, self._errors_left = False, 0, errors_left
        for name in ("device", "synchronize", "empty_cache", "current_stream"):
            monkeypatch.setattr(torch.cuda, name, getattr(self, f"_{name}"))
        monkeypatch.setattr(torch.cuda, "stream", self._on)
        monkeypatch.setattr(torch.cuda, "CUDAGraph", lambda: Graph(self))

    def fail(self):
        """Do what no capture can hold, such as reading a tensor."""
        self.invalid = True
        raise RuntimeError("operation not permitted when stream is capturing")

    @contextmanager
    def _on(self, stream):
        before, self.stream = self.stream, stream.name
        try:
            yield
        finally:
            self.stream = before

    @contextmanager
    def _device(self, device):
        yield

    def _synchronize(self):
        assert not self.capturing, "waits for a device in a capture"
        self.calls.append("synchronise")
        if self.left:
            self.left -= 1
            raise RuntimeError("operation failed due to a previous error during capture")

    def _empty_cache(self):
        self.calls.append("empty cache")

    def _current_stream(self):
        return Stream(self, self.stream)


class Stream:
    def __init__(self, cuda, name):
        self.cuda, self.name = cuda, name

    def wait_stream(self, other):
        self.cuda.calls.append(f"{self.name} waits for {other.name}")


class Graph:
    def __init__(self, cuda):
        self.cuda = cuda

    def capture_begin(self, pool, capture_error_mode):
        cuda = self.cuda
        assert not cuda.left, "operation failed due to a previous error during capture"
        assert (cuda.capturing, pool, capture_error_mode) == (None, "pool", "thread_local")
        cuda.capturing = cuda.stream
        cuda.calls.append(f"begin on {cuda.stream}")

    def capture_end(self):
        cuda = self.cuda
        assert cuda.stream == cuda.capturing, "a capture must end on the stream it began on"
        cuda.capturing = None
        cuda.calls.append(f"end on {cuda.stream}")
        if cuda.invalid:
            cuda.invalid, cuda.left = False, cuda._errors_left
            raise RuntimeError("operation failed due to a previous error during capture")


def captures(cuda):
    room = Room("pool", Stream(cuda, "side"))
    return CudaCapture(torch.device("cuda"), room=room)


def test_work_is_done_once_and_then_captured_on_a_stream_of_its_own(monkeypatch):
    cuda = FakeCuda(monkeypatch)
    captures(cuda).record(lambda: cuda.calls.append(f"work on {cuda.stream}"))
    assert cuda.calls == [
        "side waits for current",
        "work on side",
        "current waits for side",
        "synchronise",
        "empty cache",
        "begin on side",
        "work on side",
        "end on side",
    ]
    assert cuda.stream == "current"


@pytest.mark.slow
@pytest.mark.parametrize("errors_left", [0, 1])
def test_a_failed_capture_does_not_spoil_the_next(monkeypatch, errors_left):
    cuda = FakeCuda(monkeypatch, errors_left)

    def work():
        if cuda.capturing:
            cuda.fail()

    with pytest.raises(RuntimeError, match="not permitted"):  # its own error, not that of the end
        captures(cuda).record(work)
    end = cuda.calls.index("end on side")
    assert cuda.calls[end:] == ["end on side", "synchronise", "synchronise"]
    assert cuda.stream == "current"
    captures(cuda).record(lambda: None)
    assert cuda.calls[-1] == "end on side"


def test_work_that_fails_on_the_host_ends_the_capture_too(monkeypatch):
    cuda = FakeCuda(monkeypatch)

    def work():
        if cuda.capturing:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        captures(cuda).record(work)
    assert cuda.capturing is None
    captures(cuda).record(lambda: None)


def test_a_capture_that_is_invalid_at_its_end_is_told_and_cleared(monkeypatch):
    """An operation that torch does not check, such as a kernel of one's own, fails there."""
    cuda = FakeCuda(monkeypatch)

    def work():
        cuda.invalid = bool(cuda.capturing)

    with pytest.raises(RuntimeError, match="previous error"):
        captures(cuda).record(work)
    captures(cuda).record(lambda: None)


def test_a_device_that_stays_broken_is_told(monkeypatch):
    cuda = FakeCuda(monkeypatch, errors_left=3)

    def work():
        if cuda.capturing:
            cuda.fail()

    with pytest.raises(RuntimeError, match="previous error"):
        captures(cuda).record(work)


def test_no_garbage_is_collected_while_a_capture_runs(monkeypatch):
    cuda, enabled = FakeCuda(monkeypatch), []
    captures(cuda).record(lambda: enabled.append(gc.isenabled()))
    assert enabled == [False, False]
    assert gc.isenabled()


@pytest.mark.gpu
def test_a_failed_capture_does_not_spoil_the_next_on_a_gpu():
    """Reading a tensor is illegal; afterwards graphs, generators and torch's own numbers work."""
    device = torch.device("cuda")
    source = torch.Generator(device).manual_seed(1)
    drawn = torch.zeros(5, device=device)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            CudaCapture(device, [source]).record(lambda: drawn.add_(1).sum().item())
        torch.cuda.synchronize()
        fresh = torch.Generator(device)
        fresh.set_state(source.get_state())
        capture = CudaCapture(device, [fresh])
        capture.record(lambda fresh=fresh: drawn.uniform_(generator=fresh))
        capture.replay()
        assert drawn.unique().numel() == 5
    assert torch.cuda.current_stream() == torch.cuda.default_stream()

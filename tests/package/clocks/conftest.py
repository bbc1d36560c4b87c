"""Recordings in which all variables have one clock, or a mixture of clocks, and the truth."""

import pytest

import spikefa as sf
from tests.helpers.clock_table import OWN, probes, record, truth, turns


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("clocks")


@pytest.fixture(scope="session")
def real(folder):
    return truth(folder / "truth.h5")


@pytest.fixture(scope="session")
def made(folder):
    """Return the path of a recording; it is made once."""

    def made(clocks, encoding="auto", name=None):
        path = folder / f"{name or clocks}-{encoding}.h5"
        if not path.exists():
            record(path, probes(clocks, encoding))
        return path

    return made


@pytest.fixture(scope="session")
def mixed(made):
    """The path of a recording in which each variable has another clock."""
    return made(turns(), name="mixed")


@pytest.fixture(params=OWN)
def clock(request):
    return request.param


@pytest.fixture(params=["packed", "events"])
def recording(made, clock, request):
    with sf.open(made(clock, request.param)) as recording:
        assert recording.encoding("hidden1") == recording.encoding("output") == request.param
        yield recording

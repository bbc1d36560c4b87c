"""Start processes as torchrun does, and wait for them."""

import socket
import subprocess
import sys
from pathlib import Path

from tests.helpers.processes import environment

START = "import sys; from tests.helpers.rank_cases import main; main(*sys.argv[1:])"


def start_ranks(ranks, *arguments, **options):
    """Start ``python *arguments`` once for each rank; return the processes."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    processes = []
    for rank in range(ranks):
        own = {
            "RANK": str(rank),
            "LOCAL_RANK": str(rank),
            "WORLD_SIZE": str(ranks),
            "LOCAL_WORLD_SIZE": str(ranks),
            "MASTER_ADDR": "localhost",
            "MASTER_PORT": str(port),
            "OMP_NUM_THREADS": "1",
        }
        command = [sys.executable, *map(str, arguments)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        processes.append(
            subprocess.Popen(command, env={**environment(), **own}, **pipes, **options)
        )
    return processes


def ended(processes, timeout=120):
    """Wait for all processes; return their exit codes, and what each has printed as errors."""
    said = [process.communicate(timeout=timeout)[1] for process in processes]
    return [process.returncode for process in processes], said


def run_cases(ranks, groups, cases, folder: Path):
    """Let ranks run cases of `tests.helpers.rank_cases`, which write what they find to a folder."""
    names = ",".join(cases)
    codes, said = ended(start_ranks(ranks, "-c", START, folder, groups, names))
    assert codes == [0] * ranks, "\n".join(said)

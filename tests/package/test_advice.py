"""Messages that advise: what they say is done literally, and the right thing comes out."""

import ast
import re

import pytest

from spikefa.errors import SpikefaError
from tests.helpers.advice import measures, networks, recordings, stimuli
from tests.helpers.advice.cases import CASES
from tests.helpers.sources import sources

FILES = (stimuli, networks, recordings, measures)
"""Their functions are the cases."""


@pytest.mark.parametrize("says", CASES)
def test_what_a_message_advises_is_right(says, tmp_path):
    steps = CASES[says](tmp_path)
    with pytest.raises(SpikefaError, match=re.escape(says)):
        next(steps)()
    assert next(steps, None) is None


VERBS = (
    "convert|scale|shift|remove|move|delete|call|wrap|use|make|leave|record|hold out|put|restore|"
    "repair|run|let|add|free|set|download|keep|say|lower|update|end|freeze|number|ask|train|"
    "compute|return|probe|take"
)
DOING = re.compile(rf"(?:: |; |, |\bor |\bthen )(?:{VERBS})\b[^:]*(?<! given)$")
"""A message whose end tells the user to do something, and not only what may be given."""

ELSEWHERE = {
    "tests/datasets": "datasets/",
    "tests/testing, with the rules that are wrong there": "network/checks.py",
    "tests/neurons/test_snntorch_neurons.py": "neurons/snntorch_neurons.py",
    "tests/plugins": "plugins/",
    "tests/runs and tests/cli": "runs/",
    "needs a GPU, a full disk or no memory": "backends/ utils/devices.py utils/files.py bench/",
    "tests/recording, with files that are damaged": "recording/format/ plan/stored_predicates.py",
    "tests/experiments": "experiments/",
    "tests/simulation/test_setters.py": "network/optimiser.py network/parts.py made_once.py",
    "tests/simulation/test_under_way.py": "simulation/under_way.py",
    "tests/simulation/test_resuming.py": "simulation/resuming.py simulation/guard.py",
    "tests/recording/write/test_locks.py": "recording/write/mending.py utils/locks.py",
    "tests/recording/export": "recording/export/sonata_report.py",
    "tests/network/test_weights.py": "network/weights.py",
    "tests/nir": "nir/",
    "tests/package/clocks": "analysis/triggered.py",
    "tests/models/test_widths.py": "models/lillicrap2016.py",
    "tests/runs/test_option_ranges.py": "simulation/curves.py",
    "tests/runs/sweeps": "cli/run_sweep.py cli/commands/sweep.py",
    "tests/distributed": "distributed/ network/division recording/plan/parts.py parts_file.py",
}
"""Messages that other tests follow, or that need what no test has, by file."""

FEW = (
    "such as 50",  # a case, whose text is two strings
    "compute the answer there",  # needs a second device
    "call bind first",  # of a predicate, by those who write recorders
    "let it end first",  # tests/recording/write/test_repair.py
    "take StochasticBinary, or Rate",  # tests/feedback/test_perturbation.py
    "use StochasticBinary, or Rate",  # tests/feedback/test_phaseless.py
    "use one of {}",  # tests/network/test_optimiser.py
    "add such probes",  # tests/analysis/test_figure4.py
    "let the run go on",  # as the case with these words
    "lower the learning rate",  # as the case with these words
    "or a version of spikefa",
    "leave spikes=True out",  # tests/simulation/test_predictions.py
    "leave count_costs out",  # tests/distributed/test_refusals.py
    "leave `low` and `high` out",  # tests/synapses/test_constrained.py
    "go on without",  # tests/simulation/test_switch.py
)


def template(node):
    """Return the text of a message with {} where something is put in; None if it is no text."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(p.value if isinstance(p, ast.Constant) else "{}" for p in node.values)
    if isinstance(node, ast.BinOp):
        return (template(node.left) or "{}") + (template(node.right) or "{}")
    return None


def advising():
    """Yield file and text of every message that tells the user to do something."""
    for source in sources():
        for node in ast.walk(source.tree):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in ("require", "require_there", "SpikefaError", "MissingFileError"):
                for text in filter(None, map(template, node.args)):
                    if DOING.search(text):
                        yield str(source.name), text


@pytest.mark.slow
def test_every_message_that_tells_to_do_something_is_followed():
    """A new one needs a case above, or a place in ELSEWHERE."""
    left = []
    for name, text in advising():
        known = any(part.strip() in text for part in FEW)
        known |= any(
            folder in f"{name}" for folders in ELSEWHERE.values() for folder in folders.split()
        )
        known |= any(says in text for says in CASES)
        known |= any(_fits(says, text) for says in CASES)
        if not known:
            left.append(f"{name}: {text}")
    assert left == []


def _fits(says, text):
    """Return whether a part of a message can come from a text with {} in it."""
    last = text.rpartition(": ")[2]
    pattern = ".*".join(map(re.escape, last.split("{}")))
    return re.search(pattern, says) is not None

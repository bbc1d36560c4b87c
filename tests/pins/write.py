"""Write digests.json: ``python -m tests.pins.write [COMMIT]`` in the repository's root.

Only where the numbers are meant to change. COMMIT is that of the code, by default the one that is
checked out.
"""

import json
import subprocess
import sys

from tests.pins.experiments import EXPERIMENTS
from tests.pins.fingerprints import FILE, compute, machine


def main() -> None:
    head = ["git", "rev-parse", "--short", "HEAD"]
    commit = sys.argv[1] if sys.argv[1:] else subprocess.check_output(head, text=True).strip()
    found = {name: compute(name) for name in EXPERIMENTS}
    lines = []
    for experiment, arrays in found.items():  # a line for each array, so that a diff can be read
        rows = ",\n".join(f"   {json.dumps(name)}: {json.dumps(arrays[name])}" for name in arrays)
        lines.append(f"  {json.dumps(experiment)}: {{\n{rows}\n  }}")
    made_with = json.dumps(machine() | {"commit": commit})
    body = ",\n".join(lines)
    FILE.write_text(f'{{\n "made_with": {made_with},\n "experiments": {{\n{body}\n }}\n}}\n')


if __name__ == "__main__":
    main()

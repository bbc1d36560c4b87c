"""``spikefa repair FILE``: make the recording of a killed run readable everywhere."""

import argparse

from spikefa.recording import open_recording, repair


def execute(given: argparse.Namespace) -> None:
    """Repair the recording and print its length and status."""
    repaired = repair(given.file, given.force)
    with open_recording(given.file, alone=True) as recording:
        state = "repaired" if repaired else "nothing to repair in"
        print(f"{state} {given.file}: {len(recording.steps)} steps, {recording.status}")

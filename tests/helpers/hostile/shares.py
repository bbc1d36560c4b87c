"""How many mutants of each kind are read in the long suite."""

SHARES = {
    "recording": 3000,
    "checkpoint": 1500,
    "config": 1000,
    "summary": 700,
    "metrics": 800,
    "result": 900,
    "repeats": 500,
    "idx": 600,
    "npz": 500,
    "rule": 500,
}
"""Ten thousand mutants by kind."""

"""Experiments that compare circuits on the same task with the same tuning; not from a paper."""

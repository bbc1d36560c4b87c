"""Experiments with inputs that change at every step; not from a paper."""

"""Benchmarks: the time of a step, relative to the machine's limits and to a plain loop.

It imports nothing, so that `spikefa.bench.gpu` can say which packages are missing.
"""

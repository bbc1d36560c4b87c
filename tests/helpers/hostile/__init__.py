"""Mutants of every kind of file that the program reads, and what reads them."""

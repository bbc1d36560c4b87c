"""Experiments of the paper on general feedback strategies: direct and indirect errors combined."""

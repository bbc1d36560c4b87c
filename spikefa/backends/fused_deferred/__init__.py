"""Kernels that keep what a presentation teaches beside the weights, and write them at its end.

See docs/deferred-backend.md, "The fused-deferred backend". `many` and `one` hold the kernels, for
many streams and for one; `backend` the backend that starts them. It needs Triton.
"""

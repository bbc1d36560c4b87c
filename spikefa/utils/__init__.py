"""Helpers that know nothing of networks: tensors, random streams, files, devices, replicas."""

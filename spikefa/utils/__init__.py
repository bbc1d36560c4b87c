"""What knows nothing of networks: tensors, random streams, files, devices, progress, replicas."""

"""What is recorded and when: probes, windows, triggers, and the clocks that they become."""

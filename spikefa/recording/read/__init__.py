"""Read a recording."""

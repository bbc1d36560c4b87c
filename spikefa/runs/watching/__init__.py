"""A live view of a recording that is being written."""

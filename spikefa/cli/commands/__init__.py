"""One module for each command; `execute` carries it out with the parsed arguments."""

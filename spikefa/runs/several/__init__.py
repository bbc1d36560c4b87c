"""More than one run: found, read, grouped, compared, and as data frames."""

"""The experiments of the papers: one file per figure or table, grouped by paper."""

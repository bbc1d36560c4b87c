"""The experiments: one file per figure or table of a paper, grouped by paper, and others."""

from spikefa.experiments import (
    bellec2020,
    chu2024,
    comparison,
    events,
    li2024,
    lillicrap2016,
    panjehpour2022,
    strategies,
)

__all__ = [
    "bellec2020",
    "chu2024",
    "comparison",
    "events",
    "li2024",
    "lillicrap2016",
    "panjehpour2022",
    "strategies",
]

"""The experiments of the papers: one file per figure or table, grouped by paper."""

from spikefa.experiments import (
    chu2024,
    comparison,
    li2024,
    lillicrap2016,
    panjehpour2022,
    strategies,
)

__all__ = ["chu2024", "comparison", "li2024", "lillicrap2016", "panjehpour2022", "strategies"]

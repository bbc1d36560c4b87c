"""How much a figure shows at most. A small file can claim much more than can be drawn."""

from spikefa.errors import require

MOST_CELLS = 20_000_000
"""Units times steps of one panel. More would need gigabytes and show nothing more."""

MOST_SWITCHES = 150
"""Lines at changes of the image are left out if there are more, since they would hide spikes."""

MOST_PANELS = 60
"""Panels below each other. More make a picture that is larger than programs open."""

MOST_LINES = 20
"""Lines of one panel. More cannot be told apart."""

MOST_SMALL_PANELS = 24
"""Panels beside and below each other, one for each unit."""


def check_cells(units: int, steps: int, what: str) -> None:
    """Refuse a raster of too many units and steps."""
    require(
        units * steps <= MOST_CELLS,
        f"{units:,} units of {what} in {steps:,} steps are too many for a figure: "
        "give fewer units or steps",
    )


def check_panels(count: int) -> None:
    """Refuse a figure of too many populations."""
    require(
        count <= MOST_PANELS,
        f"{count:,} populations are too many for a figure: draw at most {MOST_PANELS}",
    )


def check_lines(count: int, what: str) -> None:
    """Refuse a panel of too many lines."""
    require(
        count <= MOST_LINES,
        f"{count:,} {what} are too many lines for a figure: at most {MOST_LINES} can be told apart",
    )


def check_small_panels(count: int) -> None:
    """Refuse a figure of too many units."""
    require(
        count <= MOST_SMALL_PANELS,
        f"{count:,} units are too many for a figure with a panel for each: draw at most "
        f"{MOST_SMALL_PANELS}",
    )

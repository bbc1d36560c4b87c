"""Write `gallery.md`: every picture beside these pages, with the command that draws it.

Run ``python docs/gallery.py`` after a picture has been added or has gone; a test compares.
"""

from collections.abc import Iterator
from pathlib import Path

from spikefa.runs.studies.command import command
from spikefa.runs.studies.page import read_results
from spikefa.runs.studies.targets import TARGETS
from spikefa.runs.studies.wording import anchor, duration

DOCS = Path(__file__).parent
WIDTH = 340  # of a picture, two of which stand side by side

HEADING = """# Gallery

Every picture on this site, and the command that draws it. Written by `python docs/gallery.py`.
The time after a command is that of all its runs, on the hardware that [the results](results.md)
name.
"""
RASTER = "spikefa raster runs/demo --population hidden1,output --steps late"
OF_RUNS = {
    "figures/fig4.png": ("the spikes, fig4.png of every run", "spikefa figure runs/demo"),
    "figures/learning.png": ("errors by epoch", "spikefa figure runs/demo"),
    "figures/activity.gif": (
        "the activity, image by image",
        "spikefa animate last.h5 --steps last --images 3 --out activity.gif",
    ),
    "figures/rates.png": ("firing rates", "spikefa figure runs/demo"),
    "figures/alignment.png": ("alignment of W and B", "spikefa figure runs/demo"),
    "figures/receptive_fields.png": ("receptive fields", "spikefa figure runs/demo"),
    "figures/raster.png": ("the spikes of some populations", RASTER),
    "figures/comparison.png": ("six runs compared", "spikefa compare runs"),
    "benchmarks/scaling.png": ("cost against work", "spikefa bench scaling"),
}
"""What is on the pictures that belong to no result; `runs/demo` is what `make demo` writes."""
OF_PAGES = {
    "figures/classes.png": ("presentations sorted by class", "decoding.md#sorted-by-class"),
    "figures/paths.png": ("paths of a population", "decoding.md#paths-of-a-population"),
    "figures/psth.png": (
        "rates around an image",
        "decoding.md#rates-around-an-image-or-a-trigger",
    ),
    "figures/saccades.png": (
        "events of a digit that moves",
        "events.md#images-that-move-saccades",
    ),
}
"""What is on the pictures that a few lines of Python on a page draw, and where these stand."""
CIRCUITS = """## Circuits

`python -m spikefa.analysis.circuit_diagrams docs/figures/circuits` draws all of them. The page on
[error circuits](circuits.md) explains them.
"""

Entry = tuple[str, str, str]  # picture, what is on it, command


def of_runs() -> Iterator[Entry]:
    """Yield the pictures that belong to no result."""
    for path in sorted([*DOCS.glob("figures/*.*"), *DOCS.glob("benchmarks/*.png")]):
        picture = path.relative_to(DOCS).as_posix()
        if picture in OF_PAGES:
            what, place = OF_PAGES[picture]
            yield picture, what, f"<br>[its code]({place})"
        else:
            what, made = OF_RUNS[picture]
            yield picture, what, f"<br>`{made}`"


def of_results() -> Iterator[Entry]:
    """Yield the figures of the papers."""
    results = read_results(DOCS / "results")
    for target in TARGETS.values():
        if target.id in results:
            made = command(target, results[target.id]["settings"])
            for name in results[target.id]["figures"]:
                what = f"[{target.id}](results.md#{anchor(target)}): {target.what}"
                took = duration(results[target.id]["seconds"])
                yield f"results/{target.folder}/{name}", what, f"<br>`{made}`, {took}"


def of_circuits() -> Iterator[Entry]:
    """Yield the diagrams of circuits."""
    for path in sorted(DOCS.glob("figures/circuits/*.png")):
        yield path.relative_to(DOCS).as_posix(), path.stem.replace("_", " "), ""


def table(entries: Iterator[Entry]) -> list[str]:
    """Return a table with two pictures in a row."""
    cells = [
        f'<img src="{picture}" width="{WIDTH}" alt="{Path(picture).stem}"><br>{what}{made}'
        for picture, what, made in entries
    ]
    rows = [cells[at : at + 2] for at in range(0, len(cells), 2)]
    return ["| | |", "|---|---|", *(f"| {' | '.join([*row, ''][:2])} |" for row in rows), ""]


def page() -> str:
    """Return the page."""
    parts = [HEADING, "## What a run draws", "", *table(of_runs())]
    parts += ["## The papers' figures", "", *table(of_results())]
    parts += [CIRCUITS, *table(of_circuits())]
    return "\n".join(parts)


if __name__ == "__main__":
    (DOCS / "gallery.md").write_text(page(), encoding="utf-8")

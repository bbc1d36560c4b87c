"""Write figures and reports to files, for the drawing commands."""

from collections.abc import Sequence
from pathlib import Path

from spikefa.analysis.animation import animate, check_animation
from spikefa.analysis.class_raster_figure import class_raster_figure
from spikefa.analysis.raster_figure import raster_figure
from spikefa.analysis.saving import check_suffix, save_figure
from spikefa.errors import SpikefaError, require_there
from spikefa.recording import open_recording
from spikefa.runs.directory import RunDirectory
from spikefa.runs.figures import run_figures
from spikefa.runs.report import report_page, write_page
from spikefa.utils import notices


def draw_raster(
    path: Path,
    populations: Sequence[str] | None = None,
    units: str = "all",
    steps: str | None = None,
    out: Path | None = None,
    force: bool = False,
    by_class: bool = False,
) -> Path:
    """Draw the raster of a recording, write it to a file and return the path.

    Parameters
    ----------
    path : Path
        A recording, or the directory of a run with a recording.
    populations, units, steps
        As in `spikefa.analysis.raster_figure`.
    out : Path, optional
        File to write; the suffix selects the format. By default ``figures/raster.png`` in a run
        directory, or ``<recording>-raster.png`` next to a recording.
    force : bool, default False
        Replace `out` if it exists.
    by_class : bool, default False
        Draw presentations side by side, sorted by class, see
        `spikefa.analysis.class_raster_figure`.

    Raises
    ------
    SpikefaError
        If the recording does not exist or lacks the requested data, or if `out` exists.
    """
    name = "raster-by-class.png" if by_class else "raster.png"
    recording, default = _recording(path, name)
    out = out or default
    check_suffix(out)
    refuse_existing(out, force)
    with open_recording(recording) as opened:
        draw = class_raster_figure if by_class else raster_figure
        figure = draw(opened, populations, units, steps)
    if out == default:
        out.parent.mkdir(exist_ok=True)
    save_figure(figure, out)
    return out


def draw_animation(
    path: Path,
    populations: Sequence[str] | None = None,
    units: str = "all",
    steps: str | None = None,
    images: int = 6,
    steps_per_second: int = 5,
    out: Path | None = None,
    force: bool = False,
) -> Path:
    """Write an animation of a recording to a file and return the path.

    Parameters
    ----------
    path : Path
        A recording, or the directory of a run with a recording.
    populations, units, steps, images, steps_per_second
        As in `spikefa.analysis.animate`.
    out : Path, optional
        File to write, ``.gif`` or ``.mp4``. By default ``figures/animation.gif`` in a run
        directory, or ``<recording>-animation.gif`` next to a recording.
    force : bool, default False
        Replace `out` if it exists.

    Raises
    ------
    SpikefaError
        If the recording does not exist or lacks the requested data, or if `out` exists.
    """
    recording, default = _recording(path, "animation.gif")
    out = out or default
    check_animation(out)
    refuse_existing(out, force)
    if out == default:
        out.parent.mkdir(exist_ok=True)
    with open_recording(recording) as opened:
        animate(opened, out, populations, units, steps, images, steps_per_second)
    return out


def _recording(path: Path, name: str) -> tuple[Path, Path]:
    """Return the path of the recording at `path` and the default path of a picture of it."""
    if path.is_dir():
        run = RunDirectory.open(path)
        require_there(run.recording.is_file(), f"the run in {path} has no {run.recording.name}")
        return run.recording, run.figures / name
    return path, path.with_name(f"{path.stem}-{name}")


def refuse_existing(path: Path, force: bool) -> None:
    """Refuse to write `path` if it exists, unless `force` is given."""
    if path.exists() and not force:
        raise SpikefaError(f"{path} exists: give another name with --out, or --force to replace it")


def draw_figures(run: RunDirectory) -> list[Path]:
    """Draw all figures for which a run has the files, into its folder ``figures``.

    Existing figures are replaced. A figure that cannot be drawn, such as figure 4 from a recording
    without spikes, is left out with a warning.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    SpikefaError
        If a file cannot be written.
    """
    run.figures.mkdir(exist_ok=True)
    written = []
    for figure in run_figures(run):
        try:
            drawing = figure.draw()
        except SpikefaError as error:
            notices.warn(f"{figure.name} is left out: {error}", stacklevel=2)
            continue
        written.append(run.figures / f"{figure.name}.png")
        save_figure(drawing, written[-1])
    return written


def draw_report(directory: Path, out: Path | None = None, force: bool = False) -> Path:
    """Write the report of a run and return its path.

    Parameters
    ----------
    directory : Path
        The directory of the run.
    out : Path, optional
        By default ``report.html`` in the directory, which is replaced if it exists.
    force : bool, default False
        Replace the file given as `out` if it exists.

    Raises
    ------
    SpikefaError
        If the directory holds no run, one of its files is damaged, or `out` exists or cannot be
        written.
    """
    run = RunDirectory.open(directory)
    if out is not None:
        refuse_existing(out, force)
    target = out or directory / "report.html"
    write_page(report_page(run), target)
    return target

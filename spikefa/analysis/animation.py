"""Animations of activity while a few images are shown, as GIF or MP4."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from subprocess import CalledProcessError

from matplotlib.animation import FFMpegWriter
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from spikefa.analysis.film import Film, make_cast
from spikefa.analysis.limits import check_cells
from spikefa.analysis.panels import Excerpt
from spikefa.analysis.selection import select_populations, select_steps, select_units
from spikefa.errors import SpikefaError, require
from spikefa.recording import Recording, Window
from spikefa.utils.files import written_whole
from spikefa.utils.indices import Selection
from spikefa.utils.numbers import whole_number
from spikefa.utils.progress import Bar, progress_bar
from spikefa.utils.showing import Progress

DPI = 110
MOST_FRAMES = 1000
MOST_POPULATIONS = 8
FASTEST = 50
"""Frames in a second: programs that show GIFs do not keep up with more."""


def animate(
    recording: Recording,
    path: str | Path,
    populations: Sequence[str] | None = None,
    units: str | int | Selection = "all",
    steps: str | slice | None = None,
    images: int = 6,
    steps_per_second: int = 5,
    progress: bool | Progress = "auto",
) -> None:
    """Write an animation of the activity while images are shown, completely or not at all.

    Each step is a frame: the image, the units of each population as cells, dark where they spike,
    and the spikes of each class of outputs since the image came, of which the guess is the most.
    Output units are in a row for each class; their spikes are orange if they are of the class
    shown. A population that was not read at a step is grey.

    Parameters
    ----------
    recording : Recording
    path : path-like
        ``.gif``, or ``.mp4`` where ffmpeg is installed. An existing file is replaced.
    populations : sequence of str, optional
        By default all of which spikes were recorded.
    units : str, int or selection, default "all"
        All recorded units; or how many of each population, evenly spaced; or which, see
        `Recording`.
    steps : str or slice, optional
        The label of a window, absolute steps, or ``"all"``, as in `raster_figure`.
    images : int, default 6
        At most so many images of these steps, the first ones.
    steps_per_second : int, default 5
    progress : {"auto", "bar", "log", "none"} or bool, default "auto"
        How progress is shown, as in `Simulation`.

    Raises
    ------
    SpikefaError
        If something was not recorded, there is too much to show, ffmpeg is missing, or the file
        cannot be written.
    """
    path = Path(path)
    write = _writer(path)
    pace = whole_number(steps_per_second, "steps_per_second", 1, FASTEST)
    film = _film(recording, populations, units, steps, whole_number(images, "images", 1))
    with (
        written_whole(path) as temporary,
        progress_bar("frames", len(film.steps), progress) as bar,
    ):
        write(film, temporary, pace, bar)


def check_animation(path: Path) -> None:
    """Refuse a name that stands for no format of an animation, or one that needs ffmpeg."""
    _writer(path)


def _film(
    recording: Recording,
    populations: Sequence[str] | None,
    units: str | int | Selection,
    steps: str | slice | None,
    images: int,
) -> Film:
    """Return the frames of the first images in some steps."""
    names = select_populations(recording, populations)
    require(
        len(names) <= MOST_POPULATIONS,
        f"{len(names)} populations are too many for an animation: choose at most "
        f"{MOST_POPULATIONS}",
    )
    window = select_steps(recording, steps, names)
    stream = recording.stream_of(*((name, "spikes") for name in names))
    whole = Excerpt(recording, window, stream)
    shown = whole.presentations()[:images]
    excerpt = Excerpt(recording, Window(window.label, window.start, shown[-1][1]), stream)
    chosen = [select_units(recording, name, units) for name in names]
    length = excerpt.window.stop - excerpt.window.start
    for name, each in zip(names, chosen, strict=True):
        check_cells(len(each), length, name)
    film = Film(excerpt, [make_cast(excerpt, *each) for each in zip(names, chosen, strict=True)])
    require(
        len(film.steps) <= MOST_FRAMES,
        f"{len(film.steps):,} steps are too many for an animation: give fewer images or steps, at "
        f"most {MOST_FRAMES:,} steps",
    )
    return film


def _writer(path: Path) -> Callable[[Film, Path, int, Bar], None]:
    """Return the function that writes what the suffix of `path` stands for."""
    suffix = path.suffix.lower()
    if suffix == ".mp4":
        require(
            FFMpegWriter.isAvailable(),
            f"{path.name} needs ffmpeg, which is not installed here: end the name in .gif, or "
            "install ffmpeg",
        )
        return _write_mp4
    require(suffix == ".gif", f"cannot write {path.name!r}: end the name in .gif or .mp4")
    return _write_gif


def _write_gif(film: Film, path: Path, pace: int, bar: Bar) -> None:
    frames = _frames(film, bar)
    (first,) = islice(frames, 1)
    first.save(
        path,
        format="GIF",
        save_all=True,
        append_images=frames,
        duration=round(1000 / pace),
        loop=0,
    )


def _frames(film: Film, bar: Bar) -> Iterator[Image.Image]:
    """Yield the frames as images of at most 64 colours."""
    film.figure.set_dpi(DPI)
    canvas = FigureCanvasAgg(film.figure)
    for step in film.steps:
        film.show(step)
        canvas.draw()
        frame = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba())
        yield frame.convert("RGB").quantize(64, dither=Image.Dither.NONE)
        bar.advance(1)


def _write_mp4(film: Film, path: Path, pace: int, bar: Bar) -> None:
    writer = FFMpegWriter(fps=pace, codec="h264")
    try:
        with writer.saving(film.figure, str(path), DPI):
            for step in film.steps:
                film.show(step)
                writer.grab_frame()
                bar.advance(1)
    except CalledProcessError as error:
        raise SpikefaError(f"ffmpeg could not write the animation: {error}") from error

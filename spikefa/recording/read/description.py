"""Describe a recording on one screen."""

from spikefa.recording.plan.channels import Channel
from spikefa.recording.plan.windows import OPEN_END
from spikefa.recording.read.recording import Recording

SHORT = ("seed", "device", "backend", "created_utc", "spikefa_version", "git_commit")
"""Parts of the provenance that share a line; the command has its own line."""

_STATUS = {
    "open": "open (being written, or left so by a process that was killed)",
    "closed": "closed",
    "failed": "failed (it ends early)",
    "repaired": "repaired",
}
RECENT = 1000
"""Steps over which rates are computed, so that a long recording does not take longer."""

MOST_WINDOWS, MOST_PROBES = 9, 24
"""Maximal lines of each; if there are more, the first and the last ones are shown."""

_COLUMNS = "{:14} {:>7}  {:14} {:>7} {:>6} {:>6} {:>9} {:>7}  {:7} {:>8}"
_HEAD = (
    *("population", "neurons", "variable", "units", "stream", "every", "rows"),
    *("rate *", "kept as", "bytes"),
)


def describe(recording: Recording) -> str:
    """Return what `recording` holds and where it comes from, in a few lines of text."""
    version = recording.provenance["spikefa_schema"]
    lines = [
        f"{recording.path.name}: spikefa-recording {version}, {_STATUS[recording.status]}, "
        f"{len(recording.steps):,}{_planned(recording)} steps, "
        f"{readable_size(recording.path.stat().st_size)}",
        "",
        *_windows(recording),
        "",
        *_probes(recording),
        "",
        _pressure(recording),
        *_origin(recording),
    ]
    return "\n".join(lines)


def _planned(recording: Recording) -> str:
    """Return how many steps are planned; nothing if the run decides."""
    clock = recording.layout.clocks[0]
    if clock.is_open_ended or any(window.stop >= OPEN_END for window in clock.windows):
        return ""
    return f" of {clock.planned_rows:,}"


def readable_size(count: float) -> str:
    """Return a number of bytes in a readable form, such as ``"1.2 MB"``."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def _windows(recording: Recording) -> list[str]:
    """Return a line per window; only the first and the last ones if there are many."""
    clocks = recording.layout.clocks
    known: dict[object, int] = {}  # clocks that differ in `every` alone have the same windows
    for number, clock in enumerate(clocks):
        known.setdefault((clock.windows, clock.recurring), number)
    lines = [line for number in known.values() for line in _windows_of(recording, number)]
    lines += [
        f"{each.label:14} trigger, {each.before:,} steps before to {each.after:,} after, "
        f"fired {len(recording.firings(each.label)):,} times"
        for each in recording.triggers
    ]
    return ["window", *_abridged(lines, MOST_WINDOWS, "windows")]


def _windows_of(recording: Recording, number: int) -> list[str]:
    """Return a line per window of one clock."""
    clock, lines = recording.layout.clocks[number], []
    channels = recording.layout.channels_of(number) if number else ()
    population = channels[0].population if channels else None
    variable = channels[0].variable if channels else ""
    for window in clock.windows:
        rows = recording.rows(window.label, number)
        held = rows.stop - rows.start
        images = len(recording.presentations(population, variable, window.label))
        span = f"{window.start:,} on"
        if window.stop < OPEN_END:
            span = f"{window.start:,} to {window.stop - 1:,}"
        lines.append(f"{window.label:14} steps {span}, {held:,} recorded, {images:,} images")
    return lines + [
        f"{each.label:14} {each.length:,} steps in every {each.period:,} from {each.start:,} on, "
        f"{len(each.windows(recording.clock_steps[number])):,} times so far"
        for each in clock.recurring
    ]


def _probes(recording: Recording) -> list[str]:
    """Return a line per population and variable; the rates are of the last steps recorded."""
    lines = []
    for population in recording.populations.values():
        channels = [c for c in recording.layout.channels if c.population == population.name]
        for channel in channels:
            lines.append(_line(population.size, channel, recording))
        if not channels:
            lines.append(f"{population.name:14} {population.size:>7,}  nothing")
    return [
        "  " + _COLUMNS.format(*_HEAD),
        *_abridged(lines, MOST_PROBES, "probes"),
        f"  * spikes per neuron and step, in the last {RECENT:,} steps",
    ]


def _line(neurons: int, channel: Channel, recording: Recording) -> str:
    rows = len(recording.clock_steps[channel.clock])
    if channel.variable == "spikes":
        rate, kept = _rate(recording, channel), str(recording.encoding(channel.population))
        size, _ = recording.spike_bytes(channel.population)
    else:
        rate, kept = "", "float32"
        size = 4 * rows * len(channel.units) * max(1, channel.batch)
    return _COLUMNS.format(
        channel.population,
        f"{neurons:,}",
        channel.variable,
        f"{len(channel.units):,}",
        "all" if channel.batch else channel.stream,
        recording.layout.clocks[channel.clock].every,
        f"{rows:,}",
        rate,
        kept,
        readable_size(size),
    )


def _rate(recording: Recording, channel: Channel) -> str:
    """Return the rate of the recorded neurons, of the first stream if there are several."""
    recent = recording.clock_steps[channel.clock][-RECENT:]
    if not len(recent):
        return ""
    blocks = recording.event_blocks(channel.population, steps=slice(int(recent[0]), None))
    spikes = sum(len(step) for step, _ in blocks)
    percent = 100 * spikes / (len(recent) * len(channel.units))
    return f"{percent:.1f} %" if percent >= 1 or not spikes else f"{percent:.2g} %"


def _pressure(recording: Recording) -> str:
    blocks, seconds = recording.backpressure
    if not blocks:
        return "the simulation never waited for the disk"
    return f"the simulation waited for the disk {blocks:,} times, {seconds:.1f} s in all"


def _origin(recording: Recording) -> list[str]:
    """Return where the recording comes from."""
    held = recording.provenance
    command = [f"command {held['command']}"] if "command" in held else []
    short = [f"{name} {held[name]}" for name in SHORT if name in held]
    lines = [", ".join(short[:4]), ", ".join(short[4:])]
    return [*command, *filter(None, lines)]


def _abridged(lines: list[str], most: int, what: str) -> list[str]:
    """Return `lines`; only the first and the last ones if there are more than `most`."""
    if len(lines) > most:
        half = (most - 1) // 2
        lines = [*lines[:half], f"... {len(lines) - 2 * half} more {what} ...", *lines[-half:]]
    return [f"  {line}" for line in lines]

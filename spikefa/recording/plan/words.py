"""Windows in words, for command lines: ``figure,every:100,wrong``."""

from spikefa.errors import SpikefaError
from spikefa.recording.plan.image_windows import Always, EveryImage
from spikefa.recording.plan.ready_made import ClassShown, WrongGuess
from spikefa.recording.plan.sorting import When
from spikefa.recording.plan.triggers import Trigger
from spikefa.recording.plan.windows import figure_windows
from spikefa.utils.suggesting import did_you_mean

WORDS = ("figure", "always", "every", "class", "wrong")


def parse_windows(text: str, total_steps: int, steps_per_image: int) -> list[When]:
    """Return the windows that `text` asks for.

    Parameters
    ----------
    text : str
        Words, separated by commas: ``figure``, the early, middle and late windows of figure 4;
        ``always``; ``every:K``, every K-th image; ``class:C``, each image of class C with the
        images before and after it; ``wrong``, the same for each image with a wrong guess.
    total_steps, steps_per_image : int
        Of the run.

    Raises
    ------
    SpikefaError
        If a word is none of these.
    """
    found: list[When] = []
    for word in text.split(","):
        name, _, number = word.strip().partition(":")
        if name == "figure" and not number:
            found += figure_windows(total_steps, steps_per_image)
        else:
            found.append(_parse_word(word.strip(), name, number, steps_per_image))
    return found


def _parse_word(word: str, name: str, number: str, steps: int) -> When:
    if word == "always":
        return Always()
    if word == "wrong":  # it fires in the last step of the image
        return Trigger(WrongGuess(), before=2 * steps - 1, after=steps)
    if name == "every" and number.isdecimal():
        return EveryImage(int(number), label=f"every {number}")
    if name == "class" and number.isdecimal():  # it fires in the first step of the image
        return Trigger(ClassShown(int(number)), before=steps, after=2 * steps - 1)
    raise SpikefaError(
        f"to record {word!r}{did_you_mean(name, WORDS)}: give figure, always, every:K, class:C or "
        "wrong, several with commas"
    )

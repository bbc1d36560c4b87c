"""Text from a file, made safe to print: no control characters, no reversed lines."""

MARK = "\ufffd"
"""What stands for a character that is not printed."""


def printable(text: object, keep: str = "") -> str:
    """Return text with `MARK` for every character that could steer a terminal or a page.

    These are control characters, such as those that begin an escape sequence, format characters,
    such as those that reverse the direction of writing, unpaired surrogates, and line and paragraph
    separators.

    Parameters
    ----------
    text : object
        Anything; its `str` is taken.
    keep : str, optional
        Characters to keep nevertheless, such as a line feed.
    """
    found = str(text)
    if found.isprintable():
        return found
    return "".join(each if each.isprintable() or each in keep else MARK for each in found)


def one_line(text: object, most: int = 200) -> str:
    """Return text in one printable line of at most `most` characters, for a message."""
    return printable(" ".join(str(text).split()))[:most]

"""Read JSON that may be damaged or malicious."""

import json
from typing import Any

from spikefa.errors import SpikefaError
from spikefa.utils.plain_data import check_plain
from spikefa.utils.printable import one_line


def parse_json(text: str, what: object) -> Any:
    """Return the value that a JSON text stands for.

    Parameters
    ----------
    text : str
    what : object
        Where the text is from, for the message.

    Raises
    ------
    SpikefaError
        If it is not JSON, is nested too deeply, or has a number of thousands of digits.
    """
    try:
        found = json.loads(text)
        check_plain(found)
        return found
    except SpikefaError as error:
        raise SpikefaError(f"{what} is damaged: {error}") from error
    except RecursionError:
        raise SpikefaError(f"{what} is damaged: it is nested too deeply") from None
    except (ValueError, TypeError) as error:
        raise SpikefaError(f"{what} is damaged: {one_line(error)}") from error


def parse_mapping(text: str, what: object) -> dict[str, Any]:
    """Return the mapping that a JSON text stands for.

    Raises
    ------
    SpikefaError
        If `parse_json` does, or it is not a mapping.
    """
    found = parse_json(text, what)
    if not isinstance(found, dict):
        raise SpikefaError(f"{what} is damaged: it holds a {type(found).__name__}, not a mapping")
    return found

"""Read YAML that may be damaged or malicious."""

from typing import Any

import yaml

from spikefa.errors import SpikefaError, require
from spikefa.utils.plain_data import check_plain
from spikefa.utils.printable import one_line

MOST_YAML = 1 << 16
"""Bytes of a configuration. The largest that spikefa writes has 3 kB; a megabyte takes a minute."""


class _PlainLoader(yaml.SafeLoader):
    """Reads plain data. Aliases are refused: ten lines of them unfold to gigabytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse an alias, and compose any other node."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("it has an alias (*), which no configuration of spikefa needs")
        return super().compose_node(parent, index)


def parse_yaml(text: str, what: object) -> Any:
    """Return the plain data that a YAML text stands for.

    Parameters
    ----------
    text : str
    what : object
        Where the text is from, for the message.

    Raises
    ------
    SpikefaError
        If it is not YAML, is too large or nested too deeply, or has aliases or tags.
    """
    require(len(text) <= MOST_YAML, f"{what} is no configuration: it has {len(text):,} characters")
    try:
        found = yaml.load(text, _PlainLoader)
        check_plain(found)
        return found
    except SpikefaError as error:
        raise SpikefaError(f"{what} is damaged: {error}") from error
    except RecursionError:
        raise SpikefaError(f"{what} is damaged: it is nested too deeply") from None
    except Exception as error:  # a tag can call any text a date or a number
        raise SpikefaError(f"{what} is damaged: {one_line(error)}") from error


def parse_named(text: str, what: object) -> dict[str, Any]:
    """Return the mapping of names to values that a YAML text stands for.

    Raises
    ------
    SpikefaError
        If `parse_yaml` does, or it is not such a mapping.
    """
    found = parse_yaml(text, what)
    names = isinstance(found, dict) and all(isinstance(name, str) for name in found)
    require(names, f"{what} is damaged: it holds no settings")
    return dict(found)

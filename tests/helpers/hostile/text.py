"""Changes of the structure of JSON, YAML and tables."""

import copy
import csv
import io
import itertools
import json
import random
from collections.abc import Callable
from typing import Any

import yaml

from tests.helpers.hostile.bytes import damaged

BIDI = "\u202egnp.\u2066"
ESCAPE = "\x1b[2J\x1b]0;owned\x07"
ODD: list[Any] = [
    *(None, True, -1, 0, 1, 2**31, 2**63, 2**64, 10**400, 1e308, -1e308, 1e400, float("nan")),
    *("", "1", "nan", "x" * 100_000, ESCAPE, BIDI, "$\\frac{1}$", "<script>", "../../etc/passwd"),
    *("/etc/passwd", "a\nb", "\ud800", "own.function", "evil.py:X", "\0", "é"),
    *([], {}, [[]], {"": {}}, [0] * 1000, {"class": "evil.X"}, [None], {"a": "b"}),
]
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
    for old, new in itertools.pairwise("abcdefghi")
)


def deep(chance: random.Random) -> Any:
    """Return lists within lists."""
    value: Any = chance.choice(ODD)
    for _ in range(chance.choice([10, 49, 51, 300, 900])):
        value = [value] if chance.random() < 0.5 else {"k": value}
    return value


def change(chance: random.Random, value: Any) -> Any:
    """Return plain data with something odd somewhere."""
    changed = copy.deepcopy(value)
    for _ in range(chance.choice([1, 1, 2, 5])):
        changed = _change(chance, changed)
    return changed


def _change(chance: random.Random, value: Any) -> Any:
    if isinstance(value, dict) and value and chance.random() < 0.9:
        key = chance.choice(list(value))
        kind = chance.randrange(6)
        if kind == 0:
            del value[key]
        elif kind == 1:
            value[str(chance.choice(ODD))[:50]] = value.pop(key)
        else:
            value[key] = _change(chance, value[key])
        return value
    if isinstance(value, list) and value and chance.random() < 0.8:
        at = chance.randrange(len(value))
        value[at] = _change(chance, value[at])
        small = len(value) < 100 and all(isinstance(each, int | float) for each in value)
        return value * chance.choice([1, 1, 1, 2, 1000] if small else [1])
    return deep(chance) if chance.random() < 0.1 else copy.deepcopy(chance.choice(ODD))


def mutate_json(chance: random.Random, content: bytes, seal: Callable | None = None) -> bytes:
    """Return JSON with other bytes or another structure; `seal` makes its checksum right."""
    kind = chance.randrange(10)
    if kind < 2:
        return damaged(chance, content, 300)
    if kind == 2:
        marks = chance.choice([b"[", b'{"a":', b"9", b"-", b'"', b"[[[],", b'"\\u'])
        return (marks * chance.choice([5000, 100_000]))[:900_000]
    changed = change(chance, json.loads(content))
    if seal is not None and isinstance(changed, dict) and chance.random() < 0.8:
        seal(changed)
    text = json.dumps(changed)
    return text.encode("utf-8", "surrogatepass")


def mutate_yaml(chance: random.Random, content: bytes) -> bytes:
    """Return YAML with other bytes or another structure."""
    heading, _, body = content.partition(b"\n")
    kind = chance.randrange(10)
    if kind < 2:
        return damaged(chance, content, 300)
    if kind == 2:
        return heading + b"\n" + BOMB.encode()
    if kind == 3:
        marks = chance.choice([b"[", b"{a: ", b"- ", b"9", b"? ", b"&a ", b"!!int ", b'"'])
        many = chance.choice([5000, 60_000, 900_000]) // len(marks)
        return heading + b"\na: " + marks * many
    if kind == 4:
        tags = ["!!python/object/apply:os.system [id]", "!!python/name:os.system", "!!set {a, b}"]
        tags += ["!!timestamp x", "!!int x", "!!binary x", "*a", "&a [*a]", "!!omap [a: 1]", "!x y"]
        tags += ["!!float x", "1:99:99", "0x" + "f" * 5000, "9" * 5000, "!!bool x", "<<: 3"]
        return content + f"\nzz: {chance.choice(tags)}\n".encode()
    changed = change(chance, yaml.safe_load(body))
    try:
        text = yaml.safe_dump(changed, sort_keys=False, allow_unicode=chance.random() < 0.5)
    except RecursionError:  # JSON is YAML too
        text = json.dumps(changed)
    return heading + b"\n" + text.encode("utf-8", "surrogatepass")


def mutate_csv(chance: random.Random, content: bytes) -> bytes:
    """Return a table with other bytes or other cells."""
    kind = chance.randrange(10)
    if kind < 2:
        return damaged(chance, content, 300)
    rows = list(csv.reader(io.StringIO(content.decode())))
    if kind == 2:
        many = chance.choice([50_000, 100_000])
        return ("".join(f"{n}," for n in range(many)) + "z\n" + "1\n" * many).encode()[:900_000]
    if kind == 3:
        return content + chance.choice([b'"' + b"x" * 800_000, b"1\n" * 400_000, b"\0" * 1000])
    for _ in range(chance.choice([1, 1, 3, 20])):
        row = chance.choice(rows)
        value = chance.choice([*ODD, "1e300", "-inf", "9" * 5000])
        if row and chance.random() < 0.9:
            row[chance.randrange(len(row))] = str(value)
        else:
            row.append(str(value))
    rows = rows * chance.choice([1, 1, 1, 1, 500])
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8", "surrogatepass")

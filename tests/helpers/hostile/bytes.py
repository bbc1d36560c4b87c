"""Changes of bytes, which leave hardly any file valid."""

import random

SIZES = [1, 2, 4, 8, 64, 512]


def damage(chance: random.Random, content: bytearray, head: int = 12000) -> None:
    """Change some bytes, half of the time among the first `head`, where the structure is."""
    end = max(1, min(len(content), head if chance.random() < 0.5 else len(content)))
    at, length = chance.randrange(end), chance.choice(SIZES)
    kind = chance.randrange(8)
    if kind < 3:
        content[at : at + 1] = bytes([content[at] ^ 1 << chance.randrange(8) if content else 0])
    elif kind == 3:
        content[at : at + length] = bytes([chance.choice([0, 255])]) * length
    elif kind == 4:
        content[at : at + length] = chance.randbytes(length)
    elif kind == 5:  # a piece of the file in a wrong place
        source = chance.randrange(max(1, len(content)))
        content[at : at + length] = content[source : source + length]
    elif kind == 6 and chance.random() < 0.2:
        del content[at:]
        content.extend(b"\0" * chance.choice([0, 0, 1000]))
        content.extend(b"\0")
    else:
        content[at:at] = chance.randbytes(chance.choice([0, 1, 8]))


def damaged(chance: random.Random, content: bytes, head: int = 12000) -> bytes:
    """Return the content with some damage."""
    changed = bytearray(content)
    for _ in range(chance.choice([1, 1, 4, 32])):
        damage(chance, changed, head)
    return bytes(changed)

"""A small folder of photographs, and what Pillow itself makes of one."""

import numpy as np
from PIL import Image, ImageOps

SIZE = 6


def write_folder(root, train=7, val=5, test=4, classes=("ant", "bee")):
    """Write photographs of several sizes and forms: in colours, grey, with a palette, as JPEG."""
    random = np.random.default_rng(7)
    for split, count in (("train", train), ("val", val), ("test", test)):
        for name in classes:
            for number in range(count if name == classes[0] else count - 1):
                folder = root / split / name
                folder.mkdir(parents=True, exist_ok=True)
                height, width = random.integers(SIZE, 3 * SIZE, 2)
                pixels = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
                picture = Image.fromarray(pixels)
                if number % 4 == 1:
                    picture = picture.convert("L")
                elif number % 4 == 2:
                    picture = picture.convert("P")
                picture.save(folder / f"{number}.{'jpg' if number % 4 == 3 else 'png'}")
    return root


def files_of(root, split):
    """Return the photographs of a split with the numbers of their classes, in order."""
    classes = sorted(each.name for each in (root / "train").iterdir())
    return [
        (file, number)
        for number, name in enumerate(classes)
        for file in sorted((root / split / name).glob("*.*"))
    ]


def plainly_read(file, size=SIZE, grey=False):
    """Return the pixels of a photograph, [3, size, size] or [size, size]."""
    with Image.open(file) as picture:
        whole = picture.convert("L" if grey else "RGB")
    scaled = ImageOps.fit(whole, (size, size), Image.Resampling.BILINEAR)
    pixels = np.array(scaled)
    return pixels if grey else np.stack([pixels[:, :, colour] for colour in range(3)])

"""What torchvision, Pillow and timm make of small pictures with given parameters, for packages/data/test/augmentation-golden.test.ts.

Run: python scripts/golden/data_augmentations.py [--check]
Both sides make the pictures by one formula (`noise`, `waves`), so the fixture holds outputs only.
"""

import io
import json
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
import torch
from data_pictures import encode, noise, waves
from PIL import Image
from timm.data.random_erasing import RandomErasing
from torchvision.transforms import InterpolationMode, v2
from torchvision.transforms.v2 import functional as F

FIXTURE = Path(__file__).parents[2] / "packages/data/test/fixtures/augmentations.json"


def tensor(picture):
    return torch.from_numpy(picture).permute(2, 0, 1).contiguous()


def array(picture):
    return picture.permute(1, 2, 0).numpy()


def perspectives():
    picture = tensor(waves(14, 11))
    starts = [[0, 0], [10, 0], [10, 13], [0, 13]]
    for index, ends in enumerate([[[2, 1], [9, 3], [8, 12], [0, 10]], [[3, 4], [10, 0], [7, 13], [1, 9]]]):
        for mode in (InterpolationMode.NEAREST, InterpolationMode.BILINEAR):
            # With a colour, torchvision weighs pixels on the border twice (by the sample and by its mask): black has none.
            fill = [10.0, 20.0, 30.0] if mode is InterpolationMode.NEAREST else None
            yield f"perspective {index} {mode.value}", array(F.perspective(picture, starts, ends, mode, fill=fill))


def elastics():
    """The moves of v2.ElasticTransform, whose noise is made by a formula on both sides."""
    for height, width, alpha, sigma in [(20, 20, 30.0, 1.5), (18, 24, 60.0, 2.0)]:
        planes = []
        for axis, size in enumerate((height, width)):
            values = noise(height, width)[:, :, axis].astype(np.float32) / 127.5 - 1
            plane = torch.from_numpy(values)[None, None]
            kernel = int(8 * sigma + 1) | 1
            blurred = F.gaussian_blur(plane, [kernel, kernel], [sigma, sigma])
            planes.append(blurred * alpha / size)
        displacement = torch.cat(planes, 1).permute(0, 2, 3, 1)
        picture = tensor(waves(height, width))
        for mode in (InterpolationMode.NEAREST, InterpolationMode.BILINEAR):
            moved = F.elastic(picture, displacement, interpolation=mode, fill=None)
            yield f"elastic {height}x{width} {alpha} {sigma} {mode.value}", array(moved)


def jpegs():
    for height, width in [(16, 16), (13, 19), (9, 3), (1, 1), (33, 20)]:
        for quality in (5, 50, 90, 100):
            picture = waves(height, width) if quality != 90 else noise(height, width)
            file = io.BytesIO()
            Image.fromarray(picture).save(file, "JPEG", quality=quality)
            yield f"jpeg {height}x{width} {quality}", np.asarray(Image.open(file).convert("RGB"))


def mixes():
    """v2.AugMix' sum of pictures, and its strengths of posterize at each step."""
    pictures = [waves(6, 5), noise(6, 5), 255 - waves(6, 5)]
    shares = [0.3, 0.45, 0.25]
    total = sum(torch.from_numpy(p).float() * s for p, s in zip(pictures, shares))
    yield "mix", total.to(torch.uint8).numpy()
    space = v2.AugMix._AUGMENTATION_SPACE["Posterize"][0](10, 0, 0)
    yield "posterize steps", np.asarray(space, np.uint8).reshape(1, 10, 1)


def tones():
    image = Image.fromarray(noise(9, 8))
    from PIL import ImageOps

    yield "posterize 3", np.asarray(ImageOps.posterize(image, 3))
    yield "solarize 128", np.asarray(ImageOps.solarize(image, 128))
    yield "equalize", np.asarray(ImageOps.equalize(Image.fromarray(waves(36, 24) // 2)))
    yield "autoContrast", np.asarray(ImageOps.autocontrast(Image.fromarray(noise(9, 8) // 3 + 40)))


def erasings():
    """Means and deviations over many draws of what timm's RandomErasing fills with, in normalized values, times 100 and 128 added."""
    # timm draws sizes and places with Python's own generator.
    random.seed(0)
    torch.manual_seed(0)
    for mode in ("const", "rand", "pixel"):
        erase = RandomErasing(probability=1, min_area=0.2, max_area=0.3, mode=mode, device="cpu")
        filled, spreads = [], []
        for _ in range(400):
            picture = torch.full((3, 24, 24), 99.0)
            erase(picture)
            inside = picture[0][picture[0] != 99.0]
            filled.append(inside.numpy())
            spreads.append(float(inside.std()))
        values = np.concatenate(filled)
        facts = [values.mean(), values.std(), float(np.mean(spreads))]
        yield f"erasing {mode}", np.clip(np.round(np.array(facts) * 100 + 128), 0, 255).astype(np.uint8).reshape(1, 3, 1)


def main():
    parts = (perspectives, elastics, jpegs, mixes, tones, erasings)
    cases = {name: encode(values) for part in parts for name, values in part()}
    text = json.dumps(cases, separators=(",", ":")) + "\n"
    if "--check" in sys.argv:
        if FIXTURE.read_text() != text:
            sys.exit(f"{FIXTURE} is not what the libraries give today")
        print(f"{FIXTURE.name}: {len(cases)} cases as committed")
    else:
        FIXTURE.write_text(text)
        print(f"{FIXTURE.name}: {len(cases)} cases, {len(text)} bytes")


if __name__ == "__main__":
    main()

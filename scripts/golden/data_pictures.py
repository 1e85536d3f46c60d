"""What Pillow, TensorFlow, Keras and torchvision make of two small pictures, for packages/data/test/golden.test.ts.

Run: python scripts/golden/data_pictures.py [--check]
Both sides make the pictures by one formula (`noise`, `waves`), so the fixture holds outputs only.
"""

import base64
import json
import math
import os
import sys
import types
from pathlib import Path

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

try:
    import torch
except ImportError:
    print("skipped: no PyTorch, which torchvision's transforms need")
    sys.exit(0)

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

# On import torchvision describes the shapes of its compiled operators. Where that extension does not load (a build for
# another torch), leaving the description out lets the transforms, which are plain torch, be imported.
sys.modules.setdefault("torchvision._meta_registrations", types.ModuleType("torchvision._meta_registrations"))

from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as F

FIXTURE = Path(__file__).parents[2] / "packages/data/test/fixtures/pictures.json"


def noise(height, width):
    """The high bytes of a linear congruential generator (Numerical Recipes' constants)."""
    values, state = [], 1
    for _ in range(height * width * 3):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append(state >> 24)
    return np.array(values, np.uint8).reshape(height, width, 3)


def waves(height, width):
    y, x, c = np.meshgrid(range(height), range(width), range(3), indexing="ij")
    return ((x * 9 + y * 7 + c * 60) % 256).astype(np.uint8)


def resizes():
    picture = noise(16, 12)
    image = Image.fromarray(picture)
    for height, width in [(7, 5), (19, 17), (16, 5), (3, 12)]:
        name = f"{height}x{width}"
        yield f"antialias {name}", np.asarray(image.resize((width, height), Image.BILINEAR))
        if (height, width) in [(7, 5), (19, 17)]:
            yield f"bicubic {name}", np.asarray(image.resize((width, height), Image.BICUBIC))
        yield f"nearest {name}", np.asarray(image.resize((width, height), Image.NEAREST))
        bilinear = tf.image.resize(picture, (height, width)).numpy()
        yield f"bilinear {name}", bilinear
        yield f"area {name}", tf.image.resize(picture, (height, width), method="area").numpy()
        cropped = keras.preprocessing.image.smart_resize(picture.astype("float32"), (height, width))
        yield f"crop {name}", np.asarray(cropped)
    # Larger along one axis, smaller along the other.
    for method in (Image.Resampling.LANCZOS, Image.Resampling.HAMMING, Image.Resampling.BOX):
        yield f"{method.name.lower()} 19x5", np.asarray(image.resize((5, 19), method))


def resize_crops():
    for height, width, size, fraction in [(16, 12, 7, 0.875), (16, 12, 9, 0.6), (13, 18, 8, 1.0), (13, 18, 6, 0.875)]:
        image = Image.fromarray(noise(height, width))
        resized = F.resize(image, math.floor(size / fraction), InterpolationMode.BILINEAR)
        yield f"resizeCrop {height}x{width} {size} {fraction}", np.asarray(F.center_crop(resized, size))


def colors():
    picture = torch.from_numpy(noise(9, 8)).permute(2, 0, 1).contiguous()
    changes = {}
    for factor in (0.0, 0.3, 1.0, 1.7):
        changes[f"brightness {factor}"] = F.adjust_brightness(picture, factor)
        changes[f"contrast {factor}"] = F.adjust_contrast(picture, factor)
        changes[f"saturation {factor}"] = F.adjust_saturation(picture, factor)
        changes[f"sharpness {factor}"] = F.adjust_sharpness(picture, factor)
    for turns in (-0.5, -0.13, 0.0, 0.25, 0.4):
        changes[f"hue {turns}"] = F.adjust_hue(picture, turns)
    for bits in (1, 4, 8):
        changes[f"posterize {bits}"] = F.posterize(picture, bits)
    for threshold in (0, 100, 255):
        changes[f"solarize {threshold}"] = F.solarize(picture, threshold)
    changes["grey"] = F.rgb_to_grayscale(picture, 3)
    dull = picture // 3 + 40
    changes["autoContrast"] = F.autocontrast(dull)
    large = torch.from_numpy(waves(36, 24)).permute(2, 0, 1).contiguous() // 2
    changes["equalize"] = F.equalize(large)
    for size, sigma in ((3, 0.5), (5, 1.3)):
        changes[f"blur {size} {sigma}"] = F.gaussian_blur(picture, size, sigma)
    for name, tensor in changes.items():
        yield name, tensor.permute(1, 2, 0).numpy()


def affines():
    picture = torch.from_numpy(waves(14, 11)).permute(2, 0, 1).contiguous()
    cases = [
        (30.0, [0, 0], 1.0, [0.0, 0.0]),
        (-77.0, [2, -3], 1.3, [11.0, 0.0]),
        (0.0, [0, 0], 0.6, [-20.0, 15.0]),
        (180.0, [1, 0], 1.0, [0.0, 0.0]),
    ]
    for index, (angle, shift, scale, shear) in enumerate(cases):
        for mode in (InterpolationMode.NEAREST, InterpolationMode.BILINEAR):
            # With a colour, torchvision weighs pixels on the border twice (by the sample and by its mask): black has none.
            fill = [10.0, 20.0, 30.0] if mode is InterpolationMode.NEAREST else None
            moved = F.affine(picture, angle, shift, scale, shear, mode, fill=fill)
            yield f"affine {index} {mode.value}", moved.permute(1, 2, 0).numpy()


def encode(array):
    array = np.ascontiguousarray(array)
    kind = "float32" if array.dtype.kind == "f" else "uint8"
    data = base64.b64encode(array.astype("<f4" if kind == "float32" else "u1").tobytes()).decode()
    return {"shape": list(array.shape), "kind": kind, "data": data}


def main():
    cases = {name: encode(array) for part in (resizes, resize_crops, colors, affines) for name, array in part()}
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

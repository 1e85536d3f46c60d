"""What Keras' folder readers yield in other channels, sizes, labels and parts, for packages/data/test/keras-channels.test.ts.

Run: python scripts/golden/data_keras_channels.py [--check]
Both sides make the files by one formula (`picture`); the fixture holds each case's options, as Keras has them, and what came: labels, and the
values of the first picture of each batch.
"""

import json
import os
import sys
import tempfile
import warnings
from pathlib import Path

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
warnings.filterwarnings("ignore")

try:
    import scipy  # noqa: F401  (Keras' affine changes are SciPy's)
except ImportError:
    print("skipped: no SciPy, which Keras' affine changes need")
    sys.exit(0)

import keras
import numpy as np
from keras.src.legacy.preprocessing.image import ImageDataGenerator
from PIL import Image

FIXTURE = Path(__file__).parents[2] / "packages/data/test/fixtures/keras-channels.json"
# Height, width and channels of each file.
FILES = {
    "set/a/0.png": (5, 7, 4), "set/a/1.png": (9, 4, 1), "set/a/2.png": (6, 6, 3), "set/b/0.png": (8, 11, 4), "set/b/inner/1.png": (4, 3, 4),
    "set/b/z.png": (3, 12, 3), "beside/0.png": (5, 5, 4),
}  # fmt: skip
LINK = ("set/a/link", "beside")

GENERATOR_CASES = {
    **{f"{mode} {method}": ({}, {"color_mode": mode, "interpolation": method}) for mode, method in [
        ("rgb", "lanczos"), ("rgb", "hamming"), ("rgb", "box"), ("grayscale", "nearest"), ("grayscale", "bicubic"), ("rgba", "nearest"),
        ("rgba", "bilinear"), ("rgba", "lanczos"),
    ]},
    "grayscale changed": ({"rotation_range": 30, "zoom_range": 0.3, "channel_shift_range": 20, "brightness_range": [0.5, 1.5], "horizontal_flip": True}, {"color_mode": "grayscale"}),
    "rgba changed": ({"rotation_range": 30, "zoom_range": 0.3, "channel_shift_range": 20, "brightness_range": [0.5, 1.5], "horizontal_flip": True}, {"color_mode": "rgba"}),
    "whole proportion": ({}, {"keep_aspect_ratio": True, "interpolation": "bicubic"}),
    "rgba whole proportion": ({}, {"keep_aspect_ratio": True, "interpolation": "bilinear", "color_mode": "rgba"}),
    "binary": ({}, {"class_mode": "binary"}),
    "sparse": ({}, {"class_mode": "sparse", "classes": ["b", "a"]}),
    "no labels": ({}, {"class_mode": None}),
    "links": ({}, {"follow_links": True, "batch_size": 1, "class_mode": "sparse"}),
    "training": ({"validation_split": 0.4}, {"subset": "training", "batch_size": 1}),
    "validation": ({"validation_split": 0.4}, {"subset": "validation", "batch_size": 1}),
}  # fmt: skip

DATASET_CASES = {
    **{method: {"interpolation": method} for method in ("bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic")},
    "larger": {"interpolation": "bicubic", "image_size": [13, 5]},
    "cropped": {"interpolation": "area", "crop_to_aspect_ratio": True},
    "padded": {"interpolation": "mitchellcubic", "pad_to_aspect_ratio": True},
    "grayscale": {"color_mode": "grayscale"},
    "rgba": {"color_mode": "rgba", "interpolation": "bicubic"},
    "binary": {"label_mode": "binary"},
    "int": {"label_mode": "int", "class_names": ["b", "a"]},
    "no label mode": {"label_mode": None, "seed": 3},
    "no labels": {"labels": None, "seed": 3},
    "links": {"label_mode": "int", "follow_links": True, "batch_size": 1},
}  # fmt: skip


def picture(number, height, width, channels):
    y, x, c = np.meshgrid(range(height), range(width), range(channels), indexing="ij")
    return ((x * 37 + y * 53 + c * 71 + number * 29 + x * y * 11) % 256).astype(np.uint8)


def write_files(directory):
    for number, (name, shape) in enumerate(FILES.items()):
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = picture(number, *shape)
        Image.fromarray(pixels[..., 0] if shape[2] == 1 else pixels).save(path)
    (directory / LINK[0]).symlink_to(directory / LINK[1], target_is_directory=True)


def described(batches):
    answer = []
    for batch in batches:
        images, labels = batch if isinstance(batch, tuple) else (batch, np.zeros((len(batch), 0)))
        # float32 values as the shortest decimals that give them again.
        first = [float(str(value)) for value in np.asarray(images)[0].reshape(-1)]
        answer.append({"shape": list(images.shape), "labels": np.asarray(labels).reshape(-1).tolist(), "first": first})
    return answer


def main():
    result = {"generator": {}, "dataset": {}}
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        write_files(directory)
        for case, (generator, flow) in GENERATOR_CASES.items():
            flow = {"target_size": [4, 5], "batch_size": 3, "seed": 5, **flow}
            iterator = ImageDataGenerator(**generator).flow_from_directory(directory / "set", **flow)
            batches = described(next(iterator) for _ in range(len(iterator)))
            result["generator"][case] = {"options": {**generator, **flow}, "batches": batches}
        for case, options in DATASET_CASES.items():
            options = {"image_size": [4, 5], "batch_size": 3, "shuffle": "seed" in options, **options}
            dataset = keras.utils.image_dataset_from_directory(directory / "set", verbose=False, **options)
            result["dataset"][case] = {"options": options, "batches": described(dataset.as_numpy_iterator())}
    text = json.dumps(result, separators=(",", ":")) + "\n"
    if "--check" in sys.argv:
        if FIXTURE.read_text() != text:
            sys.exit(f"{FIXTURE} is not what Keras gives today")
        print(f"{FIXTURE.name}: as committed")
    else:
        FIXTURE.write_text(text)
        print(f"{FIXTURE.name}: {len(text)} bytes")


if __name__ == "__main__":
    main()

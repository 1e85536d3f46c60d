"""What Keras' ImageDataGenerator yields, for packages/data/test/keras-image-batches.test.ts.

Run: python scripts/golden/data_keras_generator.py [--check]
Both sides make the pictures by one formula (`picture`), so the fixture holds outputs only: order, and values rounded to 1e-4.
"""

import json
import os
import sys
import tempfile
import warnings
from pathlib import Path

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
warnings.filterwarnings("ignore")

try:
    import scipy  # noqa: F401  (Keras' affine changes are SciPy's)
except ImportError:
    print("skipped: no SciPy, which Keras' affine changes need")
    sys.exit(0)

from keras.src.legacy.preprocessing.image import ImageDataGenerator
import numpy as np
from PIL import Image

FIXTURE = Path(__file__).parents[2] / "packages/data/test/fixtures/keras-image-data-generator.json"
COUNTS = {"a": 4, "b": 3}
HEIGHT, WIDTH = 7, 6

# Names as Keras has them; the test turns them into ours.
CASES = {
    "plain": {},
    "flips": {"horizontal_flip": True, "vertical_flip": True, "rescale": 1 / 255},
    "rotation nearest": {"rotation_range": 60},
    "rotation constant": {"rotation_range": 60, "fill_mode": "constant", "cval": 9.5},
    "rotation reflect": {"rotation_range": 180, "fill_mode": "reflect"},
    "rotation wrap": {"rotation_range": 60, "fill_mode": "wrap"},
    "shift shares": {"width_shift_range": 0.4, "height_shift_range": 0.3, "fill_mode": "reflect"},
    "shift pixels": {"width_shift_range": 3, "height_shift_range": 2},
    "shift half pixels": {"width_shift_range": 1.5, "fill_mode": "wrap"},
    "shift choices": {"width_shift_range": [1, 2.5], "height_shift_range": [0.1, 0.4]},
    "shear": {"shear_range": 40},
    "zoom": {"zoom_range": 0.5, "fill_mode": "reflect"},
    "zoom range": {"zoom_range": [0.3, 2.5], "fill_mode": "wrap"},
    "channel shift": {"channel_shift_range": 80},
    "brightness": {"brightness_range": [0.2, 1.8]},
    "samplewise": {"samplewise_center": True, "samplewise_std_normalization": True},
    "everything": {
        "rotation_range": 20, "width_shift_range": 0.1, "height_shift_range": 0.1, "shear_range": 10, "zoom_range": 0.2,
        "horizontal_flip": True, "vertical_flip": True, "channel_shift_range": 20, "brightness_range": [0.5, 1.5],
        "rescale": 1 / 255,
    },
}  # fmt: skip


# Of generators that are fit to all seven pictures first.
FITTED = {
    "plain": {"featurewise_center": True, "featurewise_std_normalization": True, "rescale": 1 / 255},
    "augmented": {"featurewise_center": True, "featurewise_std_normalization": True, "rotation_range": 40, "zoom_range": 0.3},
    "whitened": {"zca_whitening": True, "zca_epsilon": 0.1, "rescale": 1 / 255},
}


def picture(label, number):
    y, x, c = np.meshgrid(range(HEIGHT), range(WIDTH), range(3), indexing="ij")
    return ((x * 37 + y * 53 + c * 71 + label * 90 + number * 17 + x * y * 11) % 256).astype(np.uint8)


def write_folder(directory):
    for label, (name, count) in enumerate(COUNTS.items()):
        (directory / name).mkdir()
        for number in range(count):
            Image.fromarray(picture(label, number)).save(directory / name / f"{number}.png")


def run(directory, settings, shuffle, size, batches):
    generator = ImageDataGenerator(**settings)
    flow = generator.flow_from_directory(directory, size, batch_size=3, seed=11, shuffle=shuffle)
    out = []
    for _ in range(batches):
        images, labels = next(flow)
        out.append((images, labels.argmax(axis=1).tolist()))
    return out


def main():
    result = {}
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        write_folder(directory)
        for case, settings in CASES.items():
            # The first batch, whose generator has drawn the order, and the second.
            batches = run(directory, settings, True, (HEIGHT, WIDTH), 2)
            # 3 of the 6 pictures, to keep the fixture small.
            images = np.concatenate([images for images, _ in batches])[[0, 3, 5]]
            result[case] = np.round(images.astype("float64"), 4).reshape(-1).tolist()
        for case, settings in FITTED.items():
            generator = ImageDataGenerator(**settings)
            pictures = [picture(label, number) for label, count in enumerate(COUNTS.values()) for number in range(count)]
            generator.fit(np.stack(pictures).astype("float32"), augment=case == "augmented", rounds=2, seed=3)
            deviation = getattr(generator, "std", None)
            flow = generator.flow_from_directory(directory, (HEIGHT, WIDTH), interpolation="nearest", batch_size=3, shuffle=False)
            result[f"fit {case}"] = {
                "mean": np.round(generator.mean.astype("float64").reshape(-1), 4).tolist(),
                "deviation": None if deviation is None else np.round(deviation.astype("float64").reshape(-1), 4).tolist(),
                # A generator that changes pictures would draw these changes anew. Two digits: singular vectors differ between processors.
                "first": None if case == "augmented" else np.round(next(flow)[0][0].astype("float64"), 2).reshape(-1).tolist(),
            }
        # Seven pictures in batches of three, three epochs, nearest to another size: labels and a checksum a batch.
        batches = run(directory, {}, True, (5, 8), 9)
        result["order"] = [{"labels": labels, "sum": float(images.sum())} for images, labels in batches]
    split = ImageDataGenerator(validation_split=0.4)
    with tempfile.TemporaryDirectory() as name:
        write_folder(Path(name))
        for subset in ("training", "validation"):
            result[subset] = split.flow_from_directory(name, subset=subset).filenames
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

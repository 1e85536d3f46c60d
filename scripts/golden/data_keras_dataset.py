"""What Keras' image_dataset_from_directory yields, for packages/data/test/image-dataset-from-directory.test.ts.

Run: python scripts/golden/data_keras_dataset.py [--check]
Both sides make the pictures by one formula (`picture`), so the fixture holds outputs only: labels batch by batch over two epochs, and the
values of the first picture of each batch.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
from PIL import Image

FIXTURE = Path(__file__).parents[2] / "packages/data/test/fixtures/keras-image-dataset.json"
# A folder within a class comes after the class's own files, as os.walk has it.
FILES = ["a/0.png", "a/10.png", "a/2.png", "a/z.png", "a/inner/1.png", "b/0.png", "b/1.png", "c/0.png", "c/1.png", "c/2.png"]
HEIGHT, WIDTH = 5, 7

CASES = {
    "order": {"labels": list(range(len(FILES))), "batch_size": 1, "seed": 7, "image_size": [3, 4]},
    "inferred": {"label_mode": "int", "batch_size": 3, "seed": 123, "image_size": [4, 3]},
    "larger": {"label_mode": "int", "batch_size": 4, "shuffle": False, "image_size": [8, 9]},
    "nearest": {"label_mode": "int", "batch_size": 4, "shuffle": False, "image_size": [3, 11], "interpolation": "nearest"},
    "cropped": {"label_mode": "int", "batch_size": 4, "shuffle": False, "image_size": [4, 4], "crop_to_aspect_ratio": True},
    "padded": {"label_mode": "int", "batch_size": 4, "shuffle": False, "image_size": [6, 4], "pad_to_aspect_ratio": True},
    "training": {"batch_size": 2, "seed": 5, "image_size": [2, 2], "validation_split": 0.35, "subset": "training"},
    "validation": {"batch_size": 2, "seed": 5, "image_size": [2, 2], "validation_split": 0.35, "subset": "validation"},
    "both": {"batch_size": 2, "seed": 5, "image_size": [2, 2], "validation_split": 0.35, "subset": "both"},
    "two classes": {"class_names": ["c", "a"], "batch_size": 5, "seed": 9, "image_size": [2, 3]},
}  # fmt: skip


def picture(number):
    y, x, c = np.meshgrid(range(HEIGHT), range(WIDTH), range(3), indexing="ij")
    return ((x * 37 + y * 53 + c * 71 + number * 29 + x * y * 11) % 256).astype(np.uint8)


def epochs_of(dataset):
    epochs = []
    for _ in range(2):
        batches = []
        for images, labels in dataset:
            # float32 values as the shortest decimals that give them again.
            first = [float(str(value)) for value in images.numpy()[0].reshape(-1)]
            batches.append({"labels": labels.numpy().tolist(), "first": first})
        epochs.append(batches)
    return epochs


def main():
    result = {}
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        for number, file in enumerate(FILES):
            (directory / file).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture(number)).save(directory / file)
        for case, settings in CASES.items():
            answer = keras.utils.image_dataset_from_directory(directory, verbose=False, **settings)
            parts = answer if isinstance(answer, list) else [answer]
            result[case] = [epochs_of(part) for part in parts]
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

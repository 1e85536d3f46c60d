"""Trains a ResNet-20 with Keras, for the test that the zoo's losses are the same.

Usage: resnet20_losses.py job.json with {"prefix": path, "steps": number, "batch": number, "rates": [number, ...]}: saves the untrained network as
prefix.keras, the pictures as float32 in prefix.pictures, and gives {"labels": [...], "runs": [{"losses": [...], "nudged": [...]}, ...]}, a run for each
learning rate. The nudged losses are Keras' own after the kernels were changed by one rounding.
"""

import json
import sys

import keras
import numpy as np
from keras import layers

job = json.load(open(sys.argv[1]))
steps, batch = job["steps"], job["batch"]
keras.utils.set_random_seed(1)

CLASSES = 10
random = np.random.default_rng(1)
labels = random.integers(0, CLASSES, steps * batch)
patterns = random.normal(size=(CLASSES, 32, 32, 3))
pictures = (patterns[labels] + 0.5 * random.normal(size=(steps * batch, 32, 32, 3))).astype("float32")


def convolution(x, filters, size=3, stride=1):
    return layers.Conv2D(
        filters, size, stride, padding="same", use_bias=False, kernel_initializer="he_normal"
    )(x)


def block(x, filters, stride):
    branch = layers.ReLU()(layers.BatchNormalization()(convolution(x, filters, stride=stride)))
    branch = layers.BatchNormalization()(convolution(branch, filters))
    if stride > 1:
        x = layers.BatchNormalization()(convolution(x, filters, 1, stride))
    return layers.ReLU()(layers.Add()([branch, x]))


image = keras.Input((32, 32, 3))
x = layers.ReLU()(layers.BatchNormalization()(convolution(image, 16)))
for filters in (16, 32, 64):
    for index in range(3):
        x = block(x, filters, 2 if index == 0 and filters > 16 else 1)
output = layers.Dense(CLASSES, activation="softmax")(layers.GlobalAveragePooling2D()(x))
model = keras.Model(image, output)

model.save(job["prefix"] + ".keras")
pictures.tofile(job["prefix"] + ".pictures")
targets = np.eye(CLASSES, dtype="float32")[labels]
first = model.get_weights()


def train(rate, nudge):
    model.set_weights([nudge(values) if values.ndim == 4 else values for values in first])
    model.compile(keras.optimizers.SGD(rate, momentum=0.9), "categorical_crossentropy")
    losses = []
    for step in range(steps):
        rows = slice(step * batch, (step + 1) * batch)
        # Keras' own is the mean since the epoch's begin.
        model.reset_metrics()
        losses.append(float(model.train_on_batch(pictures[rows], targets[rows])))
    return losses


runs = [
    {
        "losses": train(rate, lambda values: values),
        "nudged": train(rate, lambda values: np.nextafter(values, np.float32(np.inf))),
    }
    for rate in job["rates"]
]
print(json.dumps({"labels": labels.tolist(), "runs": runs}))

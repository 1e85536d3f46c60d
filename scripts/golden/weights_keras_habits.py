"""Keras files as people have them, small, and the outputs that their models have, for @zoo/weights.

    python scripts/golden/weights_keras_habits.py            write packages/weights/test/fixtures/habits-*
    python scripts/golden/weights_keras_habits.py --check    recompute the outputs and compare with what is there

Weights follow the formula of weights_files.py; the picture is its own.
"""

import json
import os
import sys
import zipfile

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import h5py
import keras
import numpy as np
from keras import layers, ops

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "packages", "weights", "test", "fixtures")
SHAPE = (6, 5, 3)


def picture(batch=2, shape=SHAPE):
    """Whole numbers from 0 to 255. [batch, *shape]"""
    count = batch * int(np.prod(shape))
    return (np.arange(count) * 37 % 256).astype("float32").reshape(batch, *shape)


def fill(model):
    for i, weight in enumerate(model.weights):
        if weight.path.split("/")[-1] in ("kernel", "bias", "gamma", "beta"):
            values = 0.3 * np.sin(np.arange(int(np.prod(weight.shape))) + 1 + 100 * i)
            weight.assign(values.reshape(weight.shape).astype("float32"))
    return model


def head(x):
    return layers.Dense(2, name="dense")(layers.GlobalAveragePooling2D(name="pool")(layers.Conv2D(2, 3, name="conv")(x)))


def caffe():
    """The tutorials' way to preprocess within the model."""
    pixels = keras.Input(SHAPE)
    return keras.Model(pixels, head(keras.applications.resnet50.preprocess_input(pixels)))


def torch_mode():
    pixels = keras.Input(SHAPE)
    return keras.Model(pixels, head(keras.applications.imagenet_utils.preprocess_input(pixels, mode="torch")))


def arithmetic():
    pixels = keras.Input(SHAPE)
    scaled = pixels / 127.5 - 1
    a = layers.Conv2D(3, 3, padding="same", name="a")(scaled)
    b = layers.Conv2D(3, 1, name="b")(1 - scaled)
    x = ops.maximum(a * b - a / 2.0 + b**2.0, 0.3) + ops.minimum(a, b) + ops.abs(a) + (-b) + ops.square(a)
    x = x + ops.sqrt(ops.abs(b)) + ops.exp(a * 0.1) + ops.relu(a) + ops.sigmoid(b) + ops.tanh(a) + ops.silu(b)
    x = ops.concatenate([x, scaled], axis=-1)[:, 1:-1, ::2, ::-1]
    return keras.Model(pixels, layers.Dense(2, name="dense")(ops.mean(x, axis=(1, 2))))


def preprocessing_layers():
    pixels = keras.Input(SHAPE)
    adapted = layers.Normalization(name="adapted")
    adapted.adapt(picture())
    x = layers.RandomFlip()(layers.Identity()(adapted(pixels)))
    x = layers.RandomZoom(0.1)(layers.RandomRotation(0.1)(x))
    x = layers.RandomContrast(0.1)(layers.GaussianNoise(0.1)(x))
    x = layers.Normalization(mean=[0.1, 0.2, 0.3], variance=[4.0, 5.0, 6.0])(x)
    return keras.Model(pixels, head(layers.Normalization(axis=None, mean=0.5, variance=2.0, invert=True)(x)))


def named():
    pixels = keras.Input(SHAPE, name="pixels")
    extra = keras.Input((4,), name="extra")
    joined = layers.Concatenate(name="joined")([head(pixels), extra])
    return keras.Model({"pixels": pixels, "extra": extra}, layers.Dense(2, name="last")(joined))


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.conv = layers.Conv2D(2, 3)
        self.norm = layers.BatchNormalization()
        self.blocks = [layers.Dense(3), layers.Dense(2)]

    def call(self, x):
        x = keras.ops.mean(self.norm(self.conv(x)), axis=(1, 2))
        for block in self.blocks:
            x = block(x)
        return x


def subclassed():
    model = Subclassed()
    model(picture())
    return model


MODELS = {
    "caffe": caffe,
    "torch-mode": torch_mode,
    "arithmetic": arithmetic,
    "preprocessing": preprocessing_layers,
    "named": named,
    "subclassed": subclassed,
}


def answer(name, model):
    inputs = {"pixels": picture(), "extra": picture(2, (4,)) / 255} if name == "named" else picture()
    return model.predict(inputs, verbose=0).ravel().tolist()


def write_windows(source, target):
    """The same archive as Keras before 3.1 wrote it on Windows: groups whose names are paths with backslashes."""
    with zipfile.ZipFile(source) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    with open(target + ".h5", "wb") as file:
        file.write(files["model.weights.h5"])
    with h5py.File(target + ".h5", "a") as file:
        for child in list(file["layers"]):
            if "layers" in file["layers"][child]:
                for inner in list(file["layers"][child]["layers"]):
                    file.move(f"layers/{child}/layers/{inner}", f"layers\\{child}\\layers\\{inner}")
                del file["layers"][child]["layers"]
            file.move(f"layers/{child}", f"layers\\{child}")
        del file["layers"]
        for group in file.values():
            # Names came later than paths with slashes.
            if "vars" in group and "name" in group["vars"].attrs:
                del group["vars"].attrs["name"]
    with open(target + ".h5", "rb") as file:
        files["model.weights.h5"] = file.read()
    os.remove(target + ".h5")
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def windows():
    inner = keras.Sequential([keras.Input((6, 5, 2)), layers.Conv2D(2, 3, name="inner_conv")], name="inner")
    pixels = keras.Input(SHAPE)
    x = inner(layers.Conv2D(2, 1, name="first")(pixels))
    return keras.Model(pixels, layers.Dense(2, name="dense")(layers.GlobalAveragePooling2D()(x)))


def main():
    path = os.path.join(FIXTURES, "habits-outputs.json")
    models = {name: fill(build()) for name, build in {**MODELS, "windows": windows}.items()}
    outputs = {name: answer(name, model) for name, model in models.items()}
    if "--check" in sys.argv:
        known = json.load(open(path))
        difference = max(np.abs(np.array(outputs[name]) - np.array(known[name])).max() for name in outputs)
        print(f"largest difference {difference}")
        sys.exit(0 if difference < 1e-4 else 1)
    for name, model in models.items():
        file = os.path.join(FIXTURES, f"habits-{name}")
        if name == "subclassed":
            model.save_weights(file + ".weights.h5")
        elif name == "windows":
            model.save(file + "-plain.keras")
            write_windows(file + "-plain.keras", file + ".keras")
            os.remove(file + "-plain.keras")
        else:
            model.save(file + ".keras")
    models["arithmetic"].save(os.path.join(FIXTURES, "habits-arithmetic.h5"))
    with open(os.path.join(FIXTURES, "habits-arithmetic.json"), "w") as file:
        file.write(models["arithmetic"].to_json())
    with open(path, "w") as file:
        json.dump(outputs, file)
        file.write("\n")


if __name__ == "__main__":
    main()

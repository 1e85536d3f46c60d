"""A small net as Keras 2.13 saves it, whose `.keras` and `.weights.h5` are laid out as no later version's are, for @zoo/weights.

    PYTHONPATH=<keras 2.13> python scripts/golden/weights_keras_2_13.py

Writes packages/weights/test/fixtures/keras-2.13.*; with --check compares the outputs. With another Keras it says so and does nothing.
Made with the source of keras-team/keras at v2.13.1 on TensorFlow 2.21, which lacks one hook of it; the protocol buffers were generated
with protoc 3.21.
"""

import json
import pathlib
import sys

import numpy as np
import tensorflow.compat.v2 as tf

if not hasattr(tf.__internal__, "register_load_context_function"):
    tf.__internal__.register_load_context_function = lambda function: None

import keras
from keras import layers

try:
    from keras.saving import saving_lib
except ImportError:
    print(f"no Keras 2.13 but {keras.__version__}: its files stay as they are")
    sys.exit()

FIXTURES = pathlib.Path(__file__).parents[2] / "packages/weights/test/fixtures"


def formula(shape, phase):
    return np.sin(1.7 * np.arange(np.prod(shape)) + phase).reshape(shape).astype("float32")


def build():
    x = pixels = keras.Input((4, 4, 2), name="x")
    convolve = lambda name: layers.Conv2D(2, 1, name=name)
    x = layers.BatchNormalization(name="bn")(convolve("b")(x))
    x = layers.ReLU(name="relu_b")(x)
    x = layers.ReLU(name="relu_a")(convolve("a")(x))
    # All of one shape, so that nothing but their names tells the kernels apart.
    x = keras.Sequential([keras.Input((4, 4, 2)), convolve("inner_b"), convolve("inner_a")], name="inner")(x)
    model = keras.Model(pixels, layers.Dense(2, name="dense")(layers.Flatten(name="flat")(x)), name="old")
    for i, weight in enumerate(model.weights):
        values = formula(tuple(weight.shape), i)
        weight.assign(values**2 + 0.5 if "variance" in weight.name else values)
    return model


saving_lib.keras.__version__ = "2.13.1"
model = build()
outputs = model.predict(formula((1, 4, 4, 2), 0.5), verbose=0).ravel()
file = FIXTURES / "keras-2.13-outputs.json"
if "--check" in sys.argv:
    np.testing.assert_allclose(outputs, json.loads(file.read_text()), rtol=1e-5, atol=1e-6)
    sys.exit()
model.save(str(FIXTURES / "keras-2.13.keras"))
model.save_weights(str(FIXTURES / "keras-2.13.weights.h5"))
file.write_text(json.dumps(outputs.tolist()) + "\n")

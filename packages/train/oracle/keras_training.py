"""Trains a small net with Keras, for the tests of optimizer states that go from Keras to the zoo and back.

Usage: keras_training.py job.json, where the job is one of
{"optimizer": {"class_name": ..., "config": {...}}, "prefix": path}   trains 3 updates, saves prefix.keras, .h5 and .weights.h5,
                                                                      and gives the weights after 2 more updates, each
{"load": [path, ...], "like": path.keras}                             loads each, makes one more update, gives the weights
The batch and the weights' first values are sines, as in keras-optimizer.test.ts.
"""

import json
import sys
import warnings

import h5py
import keras
import numpy as np
from keras import layers
from keras.src.legacy.saving import legacy_h5_format

job = json.load(open(sys.argv[1]))
# What Keras can't restore it only warns of.
warnings.simplefilter("error", UserWarning)


def formula(shape, phase):
    return np.sin(1.7 * np.arange(np.prod(shape)) + phase).reshape(shape).astype("float32")


X = formula((4, 6, 6, 3), 0.5)
Y = np.eye(3, dtype="float32")[[0, 1, 2, 1]]


def build():
    pixels = keras.Input((6, 6, 3), name="pixels")
    inner = keras.Sequential(
        [keras.Input((6, 6, 4)), layers.Conv2D(4, 3, padding="same", use_bias=False, name="inner_conv")], name="inner"
    )
    x = layers.Conv2D(4, 3, padding="same", use_bias=False, name="conv")(pixels)
    x = layers.BatchNormalization(name="bn")(x)
    x = layers.ReLU(name="relu")(x)
    x = layers.Add(name="add")([x, layers.BatchNormalization(name="inner_bn")(inner(x))])
    x = layers.Conv2D(4, 1, trainable=False, name="frozen")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    model = keras.Model(pixels, layers.Dense(3, activation="softmax", name="classes")(x), name="small")
    for i, weight in enumerate(model.weights):
        if weight.path.endswith("kernel"):
            weight.assign(0.4 * formula(weight.shape, i))
    return model


def weights(model):
    return {weight.path: weight.numpy().ravel().tolist() for weight in model.weights}


def restore_legacy(model, path):
    """What load_model does for a legacy file, with its slip mended: Keras 3.15 builds the optimizer for no weights at all."""
    optimizer = model.optimizer.__class__.from_config(model.optimizer.get_config())
    optimizer.build(model.trainable_variables)
    with h5py.File(path) as file:
        optimizer.set_weights([value[()] for value in legacy_h5_format.load_optimizer_weights_from_hdf5_group(file)])
    model.compile(optimizer, model.loss)


def update(model):
    model.train_on_batch(X, Y)
    return weights(model)


def load(path):
    if path.endswith(".weights.h5"):
        model = keras.models.load_model(job["like"])
        for variable in [*model.weights, *model.optimizer.variables]:
            variable.assign(np.zeros(variable.shape, variable.dtype))
        model.load_weights(path)
    else:
        model = keras.models.load_model(path)
        if path.endswith(".h5"):
            restore_legacy(model, path)
    return model


if "load" in job:
    models = [load(path) for path in job["load"]]
    print(json.dumps([{"weights": update(model), "iterations": int(model.optimizer.iterations)} for model in models]))
else:
    model = build()
    model.compile(keras.optimizers.deserialize(job["optimizer"]), "categorical_crossentropy")
    for _ in range(3):
        update(model)
    # In this order: saving a .h5 makes Keras forget the optimizer in a later .keras.
    model.save(job["prefix"] + ".keras")
    model.save_weights(job["prefix"] + ".weights.h5")
    model.save(job["prefix"] + ".h5")
    print(json.dumps([update(model), update(model)]))

"""Models of one layer each, for the layers that TensorFlow.js has: saved by Keras, with an input and the output that it gives.

Usage: every_layer.py job.json, where the job is {"folder": path}. Prints {name: {"inputs": [...], "shapes": [...], "output": [...]}}.
"""

import json
import sys

import keras
import numpy as np
from keras import layers

folder = json.load(open(sys.argv[1]))["folder"]
keras.utils.set_random_seed(1)

VOLUME, PICTURE, LINE, ROW = (6, 6, 6, 2), (8, 8, 3), (7, 4), (6,)
# By the names that TensorFlow.js has; Keras 3 lacks ThresholdedReLU and makes recurrent cells part of their layer.
CASES = {
    "Activation": (PICTURE, lambda: layers.Activation("tanh")),
    "ELU": (PICTURE, lambda: layers.ELU()),
    "LeakyReLU": (PICTURE, lambda: layers.LeakyReLU(0.2)),
    "PReLU": (PICTURE, lambda: layers.PReLU("uniform", shared_axes=[1, 2])),
    "ReLU": (PICTURE, lambda: layers.ReLU(0.4)),
    "Softmax": (PICTURE, lambda: layers.Softmax(axis=-1)),
    "Conv1D": (LINE, lambda: layers.Conv1D(5, 3, padding="same", dilation_rate=2)),
    "Conv2D": (PICTURE, lambda: layers.Conv2D(5, (3, 2), strides=(2, 2), padding="same", activation="relu")),
    "Conv3D": (VOLUME, lambda: layers.Conv3D(3, 2)),
    "Conv2DTranspose": (PICTURE, lambda: layers.Conv2DTranspose(4, 3, strides=2, padding="same")),
    "Conv3DTranspose": (VOLUME, lambda: layers.Conv3DTranspose(3, 2, strides=2)),
    "SeparableConv2D": (PICTURE, lambda: layers.SeparableConv2D(4, 3, depth_multiplier=2)),
    "DepthwiseConv2D": (PICTURE, lambda: layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same")),
    "Cropping2D": (PICTURE, lambda: layers.Cropping2D(((1, 2), (0, 3)))),
    "UpSampling2D": (PICTURE, lambda: layers.UpSampling2D((2, 3))),
    "ZeroPadding2D": (PICTURE, lambda: layers.ZeroPadding2D(((1, 2), (0, 3)))),
    "Dense": (LINE, lambda: layers.Dense(5, activation="gelu")),
    "Dropout": (ROW, lambda: layers.Dropout(0.4)),
    "SpatialDropout1D": (LINE, lambda: layers.SpatialDropout1D(0.4)),
    "GaussianNoise": (ROW, lambda: layers.GaussianNoise(0.4)),
    "GaussianDropout": (ROW, lambda: layers.GaussianDropout(0.4)),
    "AlphaDropout": (ROW, lambda: layers.AlphaDropout(0.4)),
    "Flatten": (PICTURE, lambda: layers.Flatten()),
    "RepeatVector": (ROW, lambda: layers.RepeatVector(3)),
    "Reshape": (ROW, lambda: layers.Reshape((3, -1))),
    "Permute": (LINE, lambda: layers.Permute((2, 1))),
    "Masking": (LINE, lambda: layers.Masking(0.5)),
    "Embedding": (ROW, lambda: layers.Embedding(9, 4)),
    "BatchNormalization": (PICTURE, lambda: layers.BatchNormalization(scale=False)),
    "LayerNormalization": (LINE, lambda: layers.LayerNormalization(epsilon=1e-2)),
    "AveragePooling1D": (LINE, lambda: layers.AveragePooling1D(2, padding="same")),
    "AveragePooling2D": (PICTURE, lambda: layers.AveragePooling2D(3, strides=2, padding="same")),
    "AveragePooling3D": (VOLUME, lambda: layers.AveragePooling3D(2)),
    "MaxPooling1D": (LINE, lambda: layers.MaxPooling1D(3, strides=1)),
    "MaxPooling2D": (PICTURE, lambda: layers.MaxPooling2D((3, 2), padding="same")),
    "MaxPooling3D": (VOLUME, lambda: layers.MaxPooling3D(2)),
    "GlobalAveragePooling1D": (LINE, lambda: layers.GlobalAveragePooling1D()),
    "GlobalAveragePooling2D": (PICTURE, lambda: layers.GlobalAveragePooling2D()),
    "GlobalMaxPooling1D": (LINE, lambda: layers.GlobalMaxPooling1D()),
    "GlobalMaxPooling2D": (PICTURE, lambda: layers.GlobalMaxPooling2D()),
    "SimpleRNN": (LINE, lambda: layers.SimpleRNN(3, return_sequences=True)),
    "GRU": (LINE, lambda: layers.GRU(3, reset_after=False)),
    "LSTM": (LINE, lambda: layers.LSTM(3, go_backwards=True)),
    "ConvLSTM2D": ((4, 6, 6, 2), lambda: layers.ConvLSTM2D(3, 3, padding="same")),
    "Bidirectional": (LINE, lambda: layers.Bidirectional(layers.LSTM(3))),
    "TimeDistributed": (LINE, lambda: layers.TimeDistributed(layers.Dense(2))),
    "RNN": (LINE, lambda: layers.RNN(layers.SimpleRNNCell(3))),
    "StackedRNNCells": (LINE, lambda: layers.RNN([layers.SimpleRNNCell(3), layers.SimpleRNNCell(2)])),
    "Rescaling": (PICTURE, lambda: layers.Rescaling(0.5, offset=-0.1)),
}
MERGES = {
    "Add": layers.Add,
    "Multiply": layers.Multiply,
    "Average": layers.Average,
    "Maximum": layers.Maximum,
    "Minimum": layers.Minimum,
    "Concatenate": lambda: layers.Concatenate(axis=1),
    "Dot": lambda: layers.Dot(axes=1),
}


def build(name):
    if name in MERGES:
        inputs = [keras.Input(LINE), keras.Input(LINE)]
        return keras.Model(inputs, MERGES[name]()(inputs))
    shape, make = CASES[name]
    first = keras.Input(shape)
    return keras.Model(first, make()(first))


answers = {}
for name in [*CASES, *MERGES]:
    model = build(name)
    model.set_weights([np.random.uniform(0.1, 0.9, weight.shape) for weight in model.get_weights()])
    inputs = [np.random.uniform(-1, 1, (2, *x.shape[1:])).astype("float32") for x in model.inputs]
    if name == "Embedding":
        inputs = [np.random.randint(0, 9, (2, 6)).astype("float32")]
    model.save(f"{folder}/{name}.keras")
    model.save(f"{folder}/{name}.h5")
    output = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
    answers[name] = {
        "shapes": [x.shape for x in inputs],
        "inputs": [x.ravel().tolist() for x in inputs],
        "output": output.ravel().tolist(),
    }
print(json.dumps(answers))

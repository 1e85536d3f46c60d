"""Small models of layers that TensorFlow.js computes otherwise or lacks, and what Keras makes of them, for @zoo/weights.

    python scripts/golden/weights_layers.py            write packages/weights/test/fixtures/layer-outputs.json
    python scripts/golden/weights_layers.py --check    recompute and compare with what is there

Value k of weight i is 0.3 * sin(k + 1 + 100 * i), variances are 1 + its square; value k of the input is sin(k), times 100 for whole
numbers. TensorFlow computes; torch does where TensorFlow's processor kernels can't (`TORCH`).
"""

import json
import os
import subprocess
import sys

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
from keras import layers

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURE = os.path.join(HERE, "..", "..", "packages", "weights", "test", "fixtures", "layer-outputs.json")

PICTURE, FIRST, LINE, VOLUME = (4, 5, 2), (2, 4, 5), (5, 3), (3, 2, 4, 2)


def channels_first(x):
    x = layers.Conv2D(3, 3, padding="same", data_format="channels_first")(x)
    x = layers.BatchNormalization(axis=1)(x)
    return layers.MaxPooling2D(2, data_format="channels_first")(x)


CASES = {
    "UpSampling2D bilinear": (PICTURE, lambda x: layers.UpSampling2D((2, 3), interpolation="bilinear")(x)),
    "UpSampling2D bicubic": (PICTURE, lambda x: layers.UpSampling2D(2, interpolation="bicubic")(x)),
    "DepthwiseConv2D dilated": (PICTURE, lambda x: layers.DepthwiseConv2D(3, padding="same", dilation_rate=2)(x)),
    "GroupNormalization": ((4, 5, 6), lambda x: layers.GroupNormalization(3)(x)),
    "GroupNormalization per channel": (PICTURE, lambda x: layers.GroupNormalization(-1, epsilon=1e-5, center=False)(x)),
    "BatchNormalization axis 1": (PICTURE, lambda x: layers.BatchNormalization(axis=1)(x)),
    "network with channels first": (FIRST, channels_first),
    "Conv2DTranspose output_padding": (PICTURE, lambda x: layers.Conv2DTranspose(3, 3, 2, "same", output_padding=0)(x)),
    "Conv2DTranspose dilated": (PICTURE, lambda x: layers.Conv2DTranspose(3, 3, padding="same", dilation_rate=2)(x)),
    "Conv3DTranspose": (VOLUME, lambda x: layers.Conv3DTranspose(2, 3, 2, "same")(x)),
    "PReLU shared_axes": (PICTURE, lambda x: layers.PReLU(shared_axes=[2, 3])(x)),
    "Softmax axis": (PICTURE, lambda x: layers.Softmax(axis=1)(x)),
    "Softmax axes": (PICTURE, lambda x: layers.Softmax(axis=[1, 2])(x)),
    "Resizing": (PICTURE, lambda x: layers.Resizing(6, 3)(x)),
    "Resizing nearest": (PICTURE, lambda x: layers.Resizing(6, 3, interpolation="nearest")(x)),
    "Resizing antialias": (PICTURE, lambda x: layers.Resizing(2, 3, antialias=True)(x)),
    "Resizing crop_to_aspect_ratio": (PICTURE, lambda x: layers.Resizing(3, 3, crop_to_aspect_ratio=True)(x)),
    "Resizing pad_to_aspect_ratio": (PICTURE, lambda x: layers.Resizing(3, 6, pad_to_aspect_ratio=True, fill_value=0.5)(x)),
    "CenterCrop": (PICTURE, lambda x: layers.CenterCrop(3, 2)(x)),
    "CenterCrop of a smaller picture": (PICTURE, lambda x: layers.CenterCrop(6, 6)(x)),
    "ReLU with slope and maximum": (PICTURE, lambda x: layers.ReLU(0.5, 0.2, 0.1)(x)),
    "ELU alpha": (PICTURE, lambda x: layers.ELU(0.4)(x)),
    "Conv1D causal": (LINE, lambda x: layers.Conv1D(2, 3, padding="causal", dilation_rate=2)(x)),
    "Conv2D groups": (PICTURE, lambda x: layers.Conv2D(4, 3, groups=2)(x)),
    "GlobalAveragePooling2D keepdims": (PICTURE, lambda x: layers.GlobalAveragePooling2D(keepdims=True)(x)),
    "Concatenate axis -2": (PICTURE, lambda x: layers.Concatenate(axis=-2)([x, x])),
    "GRU reset_after": (LINE, lambda x: layers.GRU(3)(x)),
    "hard_silu": (LINE, lambda x: layers.Activation("hard_silu")(x)),
    "hard_sigmoid": (LINE, lambda x: layers.Dense(2, activation="hard_sigmoid")(x)),
    "input of uint8": (PICTURE, lambda x: layers.Rescaling(1 / 255)(x), "uint8"),
    "input of float64": (PICTURE, lambda x: layers.Conv2D(2, 3)(x), "float64"),
}
TORCH = ["network with channels first", "Conv2DTranspose dilated"]


def formula(shape, i, variance):
    values = 0.3 * np.sin(np.arange(int(np.prod(shape)), dtype="float64") + 1 + 100 * i)
    return (1 + values**2 if variance else values).reshape(shape).astype("float32")


def answer(name):
    shape, make, *dtype = CASES[name]
    keras.backend.clear_session()
    inputs = keras.Input(shape, dtype=(dtype or ["float32"])[0], name="x")
    model = keras.Model(inputs, make(inputs))
    weights = [weight for weight in model.weights if "seed" not in weight.path]
    for i, weight in enumerate(weights):
        weight.assign(formula(weight.shape, i, "variance" in weight.path))
    x = np.sin(np.arange(int(np.prod(shape)), dtype="float64")).reshape(1, *shape)
    x = np.abs(100 * x).astype("uint8") if dtype == ["uint8"] else x.astype("float32")
    y = keras.ops.convert_to_numpy(model(x, training=False))
    layered = {layer.name: [list(weight.shape) for weight in layer.weights if "seed" not in weight.path] for layer in model.layers}
    return {
        "model": json.loads(model.to_json()),
        "weights": {layer: shapes for layer, shapes in layered.items() if shapes},
        "names": [weight.path.split("/")[-1] for weight in weights],
        "input": {"shape": list(x.shape), "isWhole": x.dtype == np.uint8},
        "output": {"shape": list(y.shape), "values": [float(f"{value:.6g}") for value in y.ravel()]},
    }


def stripped(value):
    """A configuration without what the loader ignores: it makes up most of the fixture."""
    if isinstance(value, list):
        return [stripped(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    ignored = ("build_config", "registered_name", "module", "compile_config", "date_saved", "seed")
    return {key: stripped(inner) for key, inner in value.items() if key not in ignored and inner is not None}


def main():
    if os.environ["KERAS_BACKEND"] == "torch":
        print(json.dumps({name: answer(name) for name in TORCH}))
        return
    environment = {**os.environ, "KERAS_BACKEND": "torch"}
    torch = subprocess.run([sys.executable, __file__], env=environment, check=True, capture_output=True, text=True)
    torch = json.loads(torch.stdout.strip().split("\n")[-1])
    answers = {name: stripped(torch.get(name) or answer(name)) for name in CASES}
    if "--check" not in sys.argv:
        with open(FIXTURE, "w") as file:
            file.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v, separators=(',', ':'))}" for k, v in answers.items()) + "\n}\n")
        return
    kept = json.load(open(FIXTURE))
    assert list(kept) == list(answers), "other cases: write the fixture again"
    for name in CASES:
        ours, theirs = kept[name]["output"], answers[name]["output"]
        assert ours["shape"] == theirs["shape"] and np.allclose(ours["values"], theirs["values"], atol=2e-6), name
    print(f"{len(CASES)} models as in the fixture")


main()

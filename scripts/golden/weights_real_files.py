"""Outputs of the small Keras files in shared/data/keras that came without any, for @zoo/weights.

    python scripts/golden/weights_real_files.py [folder]            writes packages/weights/test/fixtures/real-files-outputs.json
    python scripts/golden/weights_real_files.py [folder] --check    recomputes and compares

The folder is keras in $ZOO_REAL_DATA or in ../shared/data beside the repository unless named; where there is none, this says so and does
nothing.

Files of Keras 2 on TensorFlow are run by Keras 3 itself. Keras 1, and Keras on Theano, can't be installed any more: their files are run
by the definitions below, in numpy and scipy, from what their source says (tags 1.2.2 and 2.1.3 of keras-team/keras): Theano's conv2d is a
convolution, TensorFlow's a correlation; `running_std` holds the variance; the axes of all these files are in TensorFlow's order. The same
definitions are held against Keras 3 on the files of both kinds of layers that it reads.
"""

import json
import os
import pathlib
import sys
import zipfile

# TensorFlow has no convolution with channels first on a CPU.
os.environ.setdefault("KERAS_BACKEND", "torch")
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import h5py
import numpy as np
from keras.src.legacy.saving import legacy_h5_format, saving_utils
from scipy import signal

from _real_data import REAL_DATA

FIXTURE = pathlib.Path(__file__).parents[2] / "packages/weights/test/fixtures/real-files-outputs.json"
EXAMPLES = 2
KEPT = 40
BY_KERAS = [
    "dl4j/batchNormError.h5",
    "dl4j/batchNormError2.h5",
    "dl4j/cnn2d_103.h5",
    "dl4j/cnn2d_114.h5",
    "dl4j/cnn2d_67.h5",
    "dl4j/cnn2d_77.h5",
    "dl4j/conv2d_tensorflow_2.h5",
    "dl4j/dense_tensorflow_2.h5",
    "dl4j/sepconv2d_tensorflow_2.h5",
    "dl4j/cnn2d_46.h5",
    "dl4j/simpleconv2d_model.hdf5",
    "face/gender_mini_XCEPTION.21-0.95.hdf5",
    "nuclear-fusion/resnet_weights.h5",
]
BY_DEFINITION = [
    "dl4j/batch_to_conv2d_tensorflow_1.h5",
    "dl4j/batch_to_conv2d_theano_1.h5",
    "dl4j/conv2d_reshape_tensorflow_1.h5",
    "dl4j/conv2d_tensorflow_1.h5",
    "dl4j/conv2d_theano_1.h5",
    "dl4j/conv2d_theano_2.h5",
    "dl4j/dense_tensorflow_1.h5",
    "dl4j/dense_theano_1.h5",
]
CHECKED = ["dl4j/conv2d_tensorflow_2.h5", "dl4j/dense_tensorflow_2.h5"]


def pixels(shape):
    return np.sin(np.arange(np.prod(shape), dtype="float64")).reshape(shape)


def convolve(x, kernel, is_theano):
    """x [batch, height, width, in] by kernel [height, width, in, out], where they overlap wholly."""
    apply = signal.convolve2d if is_theano else signal.correlate2d
    channels, filters = kernel.shape[2:]
    maps = [
        [sum(apply(image[..., i], kernel[..., i, o], mode="valid") for i in range(channels)) for o in range(filters)] for image in x
    ]
    return np.array(maps).transpose(0, 2, 3, 1)


def run_by_definition(path):
    with h5py.File(path) as file:
        config = json.loads(file.attrs["model_config"])["config"]
        is_theano = "theano" in path.name
        weights = file["model_weights"]
        x = None
        for layer in config:
            kind, fields = layer["class_name"], layer["config"]
            x = pixels((EXAMPLES, *fields["batch_input_shape"][1:])) if x is None else x
            group = weights[fields["name"]]
            values = [group[name][()].astype("float64") for name in group.attrs["weight_names"]]
            if kind in ("Convolution2D", "Conv2D"):
                assert fields.get("dim_ordering", "tf") == "tf" and fields.get("data_format", "channels_last") == "channels_last"
                x = convolve(x, values[0], is_theano) + values[1]
            elif kind == "Dense":
                x = x @ values[0] + values[1]
            elif kind == "BatchNormalization":
                gamma, beta, mean, variance = values
                assert fields["mode"] == 0 and fields["axis"] == -1
                x = (x - mean) / np.sqrt(variance + fields["epsilon"]) * gamma + beta
            elif kind == "Reshape":
                x = x.reshape(EXAMPLES, *fields["target_shape"])
            elif kind == "Flatten":
                x = x.reshape(EXAMPLES, -1)
            else:
                raise ValueError(kind)
            assert fields.get("activation", "linear") == "linear"
    return x


def without_old_keys(class_name, fields):
    """What Keras 3 takes of a layer's configuration: old initializers, keys without a value and some others it takes for mistakes."""
    if class_name == "SpatialDropout2D":
        return {key: fields[key] for key in ("name", "rate")}
    kept = {key: value for key, value in fields.items() if value is not None and not key.endswith("_initializer")}
    if class_name == "BatchNormalization" and isinstance(kept["axis"], list):
        kept["axis"] = kept["axis"][0]
    return kept


def run_by_keras(path):
    with h5py.File(path) as file:
        config = json.loads(file.attrs["model_config"]) if "model_config" in file.attrs else architecture_beside(path)
    layers = config["config"] if isinstance(config["config"], list) else config["config"]["layers"]
    if layers[0]["class_name"] != "InputLayer":
        # Keras 3 misreads the input's shape on a layer of a sequential model.
        shape = layers[0]["config"].pop("batch_input_shape")
        layers.insert(0, {"class_name": "InputLayer", "config": {"batch_input_shape": shape, "name": "input"}})
    for layer in layers:
        layer["config"] = without_old_keys(layer["class_name"], layer["config"])
    if isinstance(config["config"], list):
        config["config"] = {"name": "sequential", "layers": layers}
    model = saving_utils.model_from_config(config)
    with h5py.File(path) as file:
        legacy_h5_format.load_weights_from_hdf5_group(file.get("model_weights", file), model)
    return model.predict(pixels((EXAMPLES, *model.input_shape[1:])).astype("float32"), verbose=0)


def architecture_beside(path):
    """That of resnet.keras for resnet_weights.h5: Keras 3 does not read the .keras of Keras 2."""
    with zipfile.ZipFile(path.with_name(path.name.replace("_weights.h5", ".keras"))) as archive:
        return json.loads(archive.read("config.json"))


def summary(outputs):
    """Evenly spaced values: a file's worth of them would be 50 kB."""
    flat = np.asarray(outputs, "float64").ravel()
    step = max(1, flat.size // KEPT)
    return {"shape": list(outputs.shape), "step": step, "values": [float(f"{value:.8g}") for value in flat[::step]]}


def main():
    named = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    folder = pathlib.Path(named[0]) if named else REAL_DATA / "keras"
    if not folder.exists():
        print(f"no {folder}: nothing to compute")
        return
    for name in CHECKED:
        np.testing.assert_allclose(run_by_definition(folder / name), run_by_keras(folder / name), rtol=1e-5, atol=1e-5)
    outputs = {name: summary(run_by_keras(folder / name)) for name in BY_KERAS}
    outputs |= {name: summary(run_by_definition(folder / name)) for name in BY_DEFINITION}
    if "--check" not in sys.argv:
        FIXTURE.write_text(json.dumps(outputs) + "\n")
        return
    stored = json.loads(FIXTURE.read_text())
    for name, expected in outputs.items():
        assert stored[name]["shape"] == expected["shape"], name
        np.testing.assert_allclose(stored[name]["values"], expected["values"], rtol=1e-5, atol=1e-6, err_msg=name)


main()

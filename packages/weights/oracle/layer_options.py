"""Every option of every Keras layer, varied: models of one layer, what Keras makes of them, and what it makes of what we saved.

The options are the keys of each layer's own `get_config`, so that a new one is asked for without anybody listing it. Each is given
every value that fits its name or, where no name is known, its type; what Keras itself refuses is left out. Two further rounds draw
values for all options of a layer at once, by a fixed seed.

Usage: layer_options.py job.json, where the job is one of
  {"step": "write", "folder": path, "classes": [names]}: writes `<case>.keras` and `<case>.h5`; prints {"cases": {...}, "unvaried": {...}}
  {"step": "read", "folder": path, "cases": {name: {...}}}: reads `<case>-back.keras`, `<case>-back.h5`; prints {name: fault}

Outputs are TensorFlow's; torch gives them where TensorFlow has no kernel on the processor, channels first for example.
"""

import json
import logging
import os
import random
import subprocess
import sys

job = json.load(open(sys.argv[1]))
os.environ["KERAS_BACKEND"] = "tensorflow" if job["step"] == "compute" else "torch"
logging.disable(logging.WARNING)

import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import layers  # noqa: E402

folder = job["folder"]
ROW, LINE, PICTURE, VOLUME = (6,), (7, 4), (9, 8, 6), (5, 6, 4, 2)

# What a layer needs to exist, and what it reads: the input's shape without the batch, or a list of such.
REQUIRED = {
    "Activation": (PICTURE, {"activation": "tanh"}),
    "Bidirectional": (LINE, {"layer": lambda: layers.LSTM(3, return_sequences=True)}),
    "CenterCrop": (PICTURE, {"height": 4, "width": 5}),
    "Conv1D": (LINE, {"filters": 4, "kernel_size": 3}),
    "Conv2D": (PICTURE, {"filters": 4, "kernel_size": 3}),
    "Conv3D": (VOLUME, {"filters": 4, "kernel_size": 2}),
    "Conv2DTranspose": (PICTURE, {"filters": 4, "kernel_size": 3}),
    "Conv3DTranspose": (VOLUME, {"filters": 4, "kernel_size": 3}),
    "ConvLSTM2D": ((3, 6, 5, 2), {"filters": 3, "kernel_size": 3}),
    "Dense": (LINE, {"units": 4}),
    "Dot": ([LINE, LINE], {"axes": 1}),
    "DepthwiseConv2D": (PICTURE, {"kernel_size": 3}),
    "Dropout": (LINE, {"rate": 0.4}),
    "AlphaDropout": (LINE, {"rate": 0.4}),
    "GaussianDropout": (LINE, {"rate": 0.4}),
    "GaussianNoise": (LINE, {"stddev": 0.4}),
    "SpatialDropout1D": (LINE, {"rate": 0.4}),
    "SpatialDropout2D": (PICTURE, {"rate": 0.4}),
    "Embedding": (ROW, {"input_dim": 9, "output_dim": 4}),
    "AveragePooling1D": (LINE, {"pool_size": 2}),
    "AveragePooling2D": (PICTURE, {"pool_size": 2}),
    "AveragePooling3D": (VOLUME, {"pool_size": 2}),
    "GRU": (LINE, {"units": 3}),
    "LSTM": (LINE, {"units": 3}),
    "SimpleRNN": (LINE, {"units": 3}),
    "GroupNormalization": (PICTURE, {"groups": 3}),
    "Permute": (LINE, {"dims": (2, 1)}),
    "RNN": (LINE, {"cell": lambda: layers.SimpleRNNCell(3)}),
    "RepeatVector": (ROW, {"n": 3}),
    "Rescaling": (PICTURE, {"scale": 0.5}),
    "Reshape": (ROW, {"target_shape": (3, 2)}),
    "Resizing": (PICTURE, {"height": 5, "width": 12}),
    "SeparableConv2D": (PICTURE, {"filters": 4, "kernel_size": 3}),
    "TimeDistributed": ((3, *PICTURE), {"layer": lambda: layers.Conv2D(2, 3)}),
}
MERGES = ["Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract"]
for _name in MERGES:
    REQUIRED[_name] = ([PICTURE, PICTURE], {})
for _name in ["MaxPooling", "GlobalAveragePooling", "GlobalMaxPooling"]:
    for _rank, _shape in [("1D", LINE), ("2D", PICTURE), ("3D", VOLUME)]:
        REQUIRED[_name + _rank] = (_shape, {})

FUNCTIONS = sorted(
    name
    for name, value in vars(keras.activations).items()
    if callable(value) and not name.startswith("_") and name not in ("get", "serialize", "deserialize")
)
INITIALIZERS = ["zeros", "he_normal", "random_normal"]
REGULARIZERS = [None, "l1", "l2", keras.regularizers.L1L2(0.1, 0.2), keras.regularizers.OrthogonalRegularizer()]
CONSTRAINTS = [
    None,
    "non_neg",
    keras.constraints.MaxNorm(1.5, axis=[0]),
    keras.constraints.UnitNorm(axis=1),
    keras.constraints.MinMaxNorm(0.2, 1.5, 0.5, axis=0),
]
AXES = [-1, -2, 1, 2, 3, [1], [1, 2], [2, 3], [-1, -2]]
PAIRS = [1, 2, 3, (1, 2), (2, 1), (2, 3), (1, 2, 2)]
VALUES = {
    "activation": FUNCTIONS,
    "recurrent_activation": FUNCTIONS,
    "alpha": [0.3, 1.7],
    "axes": [-1, 1, 2, (1, 2), (2, 1)],
    "axis": AXES,
    "batch_shape": [],
    "cropping": [0, 1, 2, (1, 2), ((1, 2), (0, 3)), ((0, 1), (1, 0))],
    "data_format": ["channels_last", "channels_first"],
    "dilation_rate": PAIRS,
    "dims": [(1, 2), (2, 1)],
    "dtype": ["float32", "float64", "bfloat16", "mixed_float16"],
    "fill_value": [0.0, 0.7],
    "groups": [1, 2, 3, 6, -1],
    "height": [3, 5, 9, 12],
    "implementation": [1, 2],
    "input_dim": [9, 12],
    "interpolation": ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area"],
    "kernel_size": PAIRS,
    "max_value": [None, 0.4, 6.0],
    "merge_mode": ["sum", "mul", "ave", "concat"],
    "negative_slope": [0.0, 0.2],
    "noise_shape": [None, (None, 1, 4), (2, 7, 1)],
    "offset": [0.0, -0.3, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]],
    "output_padding": [None, 0, 1, (0, 1)],
    "padding": ["valid", "same", "causal", 0, 1, 2, (1, 2), ((1, 2), (0, 3))],
    "pool_size": PAIRS,
    "scale": [True, False, 0.5, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]],
    "shared_axes": [None, [1], [2], [3], [1, 2], [2, 3], [1, 3], [1, 2, 3]],
    "size": PAIRS,
    "strides": [None, *PAIRS],
    "target_shape": [(2, 3), (-1,), (3, -1), (1, 2, 3)],
    "threshold": [0.0, 0.3, -0.3],
    "width": [4, 5, 8, 13],
}
# They say who a layer is, or how Keras gets at its values, and never what these are; nested layers have their own rounds.
NEUTRAL = {"name", "trainable", "seed", "cell", "layer", "backward_layer", "num_batch_dims", "quantization_config", "fill_mode", "synchronized"}


OTHER_WORDS = {"dtype", "seed", "name", "module", "registered_name", "build_config", "trainable", "quantization_config", "unroll"}


def values_of(class_name, key, default):
    if key in NEUTRAL:
        return []
    if key.endswith("activation") and class_name != "Activation":
        return [None, "relu", "softmax", "gelu", "hard_sigmoid"]
    if key.endswith("initializer"):
        return INITIALIZERS
    if key.endswith("regularizer"):
        return REGULARIZERS
    if key.endswith("constraint"):
        return CONSTRAINTS
    if key in VALUES:
        return VALUES[key]
    if isinstance(default, bool):
        return [True, False]
    if isinstance(default, int):
        return [default, 1, 2, 3, 5]
    if isinstance(default, float):
        return [default, 0.05, 0.3, 0.8]
    return [None, True, 1, 2, 0.3]


def written(value):
    return str(value.get_config()) if hasattr(value, "get_config") else str(value)


def make(class_name, options):
    made = {key: value() if callable(value) and key in ("cell", "layer") else value for key, value in options.items()}
    return getattr(layers, class_name)(**made)


def shapes_for(class_name, options):
    shape = REQUIRED.get(class_name, (PICTURE, {}))[0]
    return shape if isinstance(shape, list) else [shape]


def model_of(class_name, options):
    batch = 2 if options.get("stateful") else None
    inputs = [keras.Input(shape, batch_size=batch) for shape in shapes_for(class_name, options)]
    layer = make(class_name, options)
    outputs = layer(inputs if len(inputs) > 1 else inputs[0])
    return keras.Model(inputs, outputs)


def fill(model, draw):
    for weight in model.weights:
        if "seed" in weight.path:
            continue
        low = 0.4 if "variance" in weight.path else -0.9
        weight.assign(draw.uniform(low, 0.9, weight.shape))


def inputs_of(model, class_name, draw):
    shapes = [(2, *x.shape[1:]) for x in model.inputs]
    if class_name == "Embedding":
        return [draw.integers(0, 9, shape).astype("float32") for shape in shapes]
    return [draw.uniform(-1, 1, shape).astype("float32") for shape in shapes]


def outputs_of(model, inputs):
    result = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    result = result if isinstance(result, (list, tuple)) else [result]
    return [keras.ops.convert_to_numpy(keras.ops.cast(x, "float32")) for x in result]


def save_case(cases, class_name, option, options):
    """Adds a case, unless Keras can't make it; says whether it did."""
    name = f"{class_name}-{len(cases)}"
    draw = np.random.default_rng(len(cases))
    try:
        model = model_of(class_name, options)
        fill(model, draw)
        inputs = inputs_of(model, class_name, draw)
        outputs = outputs_of(model, inputs)
        model.save(f"{folder}/{name}.keras")
        model.save(f"{folder}/{name}.h5")
    except Exception:  # What Keras refuses is no case.
        return False
    cases[name] = {
        "class": class_name,
        "layer": model.layers[-1].name,
        "option": option,
        "options": {key: written(value) for key, value in options.items()},
        "inputs": [x.ravel().tolist() for x in inputs],
        "inputShapes": [list(x.shape) for x in inputs],
        "outputs": [x.ravel().tolist() for x in outputs],
        "outputShapes": [list(x.shape) for x in outputs],
    }
    return True


def write():
    cases, unvaried = {}, {}
    for class_name in job["classes"]:
        if not hasattr(layers, class_name):
            continue
        required = dict(REQUIRED.get(class_name, (PICTURE, {}))[1])
        if not save_case(cases, class_name, None, required):
            unvaried[class_name] = ["everything"]
            continue
        config = make(class_name, required).get_config()
        for key, default in config.items():
            values = [value for value in values_of(class_name, key, default) if written(value) != written(default)]
            # Not all(): every value is to be written.
            saved = [save_case(cases, class_name, key, {**required, key: value}) for value in values]
            if not any(saved) and key not in NEUTRAL:
                unvaried.setdefault(class_name, []).append(key)
        draw = random.Random(class_name)
        for _ in range(job.get("rounds", 8)):
            drawn = {key: draw.choice(values_of(class_name, key, default) or [default]) for key, default in config.items()}
            kept = {key: value for key, value in drawn.items() if key not in NEUTRAL and draw.random() < 0.35}
            kept.pop("dtype", None)
            save_case(cases, class_name, "several", {**required, **kept})
    path = f"{folder}/compute.json"
    json.dump({"step": "compute", "folder": folder, "cases": cases}, open(path, "w"))
    subprocess.run([sys.executable, __file__, path], check=True, stdout=subprocess.DEVNULL)
    print(json.dumps({"cases": json.load(open(path + ".out")), "unvaried": unvaried}))


def compute():
    cases = job["cases"]
    for name, case in cases.items():
        inputs = [np.array(x, "float32").reshape(shape) for x, shape in zip(case["inputs"], case["inputShapes"])]
        try:
            model = keras.models.load_model(f"{folder}/{name}.keras", compile=False)
            outputs = outputs_of(model, inputs)
        except Exception:  # No kernel on the processor: torch's values stay.
            continue
        # TensorFlow adds this layer's bias along another axis on the processor.
        if case["class"] == "SeparableConv2D" and "channels_first" in case["options"].values():
            continue
        case["outputs"] = [x.ravel().tolist() for x in outputs]
        case["outputShapes"] = [list(x.shape) for x in outputs]
    json.dump(cases, open(sys.argv[1] + ".out", "w"))


def plain(value, rank, key=""):
    """A configuration without what says the same in other words: who wrote it, seeds and precisions, axes counted from the end,
    initializers and regularizers by another of their names, 1 for 1.0."""
    if isinstance(value, dict):
        if key.endswith(("initializer", "regularizer")) and "class_name" in value:
            value = same_words(value)
        kept = {inner: plain(each, rank, inner) for inner, each in value.items() if inner not in OTHER_WORDS}
        return dict(sorted(kept.items(), key=lambda item: item[0]))
    if isinstance(value, (list, tuple)):
        # A list of one axis and the axis are the same.
        return plain(value[0], rank, key) if key == "axis" and len(value) == 1 else [plain(inner, rank, key) for inner in value]
    if key == "target_shape" and value is None:
        return -1.0
    if key == "axis" and isinstance(value, int) and value < 0:
        return float(value + rank)
    return round(float(value), 6) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


SCALED = {name: getattr(keras.initializers, name) for name in ("GlorotUniform", "GlorotNormal", "HeNormal", "HeUniform", "LecunNormal", "LecunUniform")}


def same_words(value):
    name, config = value["class_name"], value["config"]
    if name in SCALED:
        made = SCALED[name]()
        return {"class_name": "VarianceScaling", "config": {"scale": made.scale, "mode": made.mode, "distribution": made.distribution}}
    if name == "VarianceScaling":
        return {"class_name": name, "config": {key: config[key] for key in ("scale", "mode", "distribution")}}
    if name in ("L1", "L2"):
        return {"class_name": "L1L2", "config": {"l1": 0.0, "l2": 0.0, **config}}
    return value


def read():
    faults = {}
    for name, case in job["cases"].items():
        inputs = [np.array(x, "float32").reshape(shape) for x, shape in zip(case["inputs"], case["inputShapes"])]
        for ending in (".keras", ".h5"):
            if not os.path.exists(f"{folder}/{name}-back{ending}"):
                continue
            try:
                first = keras.models.load_model(f"{folder}/{name}.keras", compile=False)
                back = keras.models.load_model(f"{folder}/{name}-back{ending}", compile=False)
                wanted, outputs = outputs_of(first, inputs), outputs_of(back, inputs)
                # In 16 bits Keras rounds on the way, and we keep a layer's type nowhere.
                tolerance = 0.1 if "16" in case["options"].get("dtype", "") else 2e-5
                if not all(a.shape == b.shape and np.allclose(a, b, atol=tolerance) for a, b in zip(wanted, outputs)):
                    faults[name + ending] = "computes other values"
                    continue
                was, now = first.layers[-1].get_config(), back.layers[-1].get_config()
                rank = len(case["inputShapes"][0])
                was, now = plain(was, rank), plain(now, rank)
                other = [key for key in was if written(was[key]) != written(now.get(key))]
                # TensorFlow.js makes this one of the depthwise initializer.
                if case["class"] == "SeparableConv2D" and "pointwise_initializer" in other:
                    other.remove("pointwise_initializer")
                # They say nothing without `renorm`, which is refused.
                other = [key for key in other if not key.startswith("renorm_")]
                if other:
                    faults[name + ending] = "; ".join(f"{key} {written(was[key])} became {written(now.get(key))}" for key in other)
            except Exception as error:
                faults[name + ending] = str(error)[:300]
    print(json.dumps(faults))


{"write": write, "compute": compute, "read": read}[job["step"]]()

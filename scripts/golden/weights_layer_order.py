"""One small residual network as several programs write it, what Keras' files of it list, and its outputs, for @zoo/weights.

    python scripts/golden/weights_layer_order.py            write packages/weights/test/fixtures/layer-order.json
    python scripts/golden/weights_layer_order.py --check    write the files again and compare with what is there

Keras lists layers by depth, those of one depth by a walk from the output that takes the inputs of `add` in turn, and numbers those
without a name as they are made. In the first block the branch's last convolution and the shortcut's have one shape, as in
ResNet-50: which is which follows from the names, from the numbers or from the architecture, or from nothing.

A file is kept as what it lists: layers, the names, shapes and numbers of their weights. The values follow a formula, whose number i
is the weight's: value k is 0.5 * sin(k + 1 + 100 * i); variances are 1 + its square, scales 1 + it.
"""

import json
import os
import sys
import tempfile

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import h5py
import keras
import numpy as np
from keras import layers
from keras.src.legacy.saving import legacy_h5_format

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURE = os.path.join(HERE, "..", "..", "packages", "weights", "test", "fixtures", "layer-order.json")

# What each program does: which way around a block it makes first, which it lists first in `add`, and whether it names its layers.
PROGRAMS = {
    # The blog post's.
    "post": {"first": "shortcut", "add": "branch"},
    # As keras.applications, without its names.
    "applications": {"first": "shortcut", "add": "shortcut"},
    # The deeplearning.ai course's before 2020, with names, and since, without.
    "course": {"first": "branch", "add": "branch", "named": True},
    "numbered": {"first": "branch", "add": "branch"},
    # Nobody's: the shortcut is made between the branch's layers. Its numbers and order could be those of `numbered`.
    "between": {"first": "between", "add": "shortcut"},
}


def build(first, add, named=False):
    """The model, and its layers with weights by role: `2a_branch1` is the first block's shortcut."""
    keras.backend.clear_session()
    roles = {}

    def unit(x, role, filters, size, strides=1):
        prefix = role.split("_")[0]
        stem = role == "1"
        conv_name = ("conv1" if stem else "res" + role) if named else None
        norm_name = ("bn_conv1" if stem else "bn" + role) if named else None
        conv = layers.Conv2D(filters, size, strides=strides, padding="same", name=conv_name)
        norm = layers.BatchNormalization(name=norm_name)
        roles[role + " conv"], roles[role + " norm"] = conv, norm
        return norm(conv(x))

    def block(x, name, width, filters, strides, projects):
        shortcut = x
        if projects and first == "shortcut":
            shortcut = unit(x, name + "_branch1", filters, 1, strides)
        y = layers.Activation("relu")(unit(x, name + "_branch2a", width, 1, strides))
        y = layers.Activation("relu")(unit(y, name + "_branch2b", width, 3))
        if projects and first == "between":
            shortcut = unit(x, name + "_branch1", filters, 1, strides)
        y = unit(y, name + "_branch2c", filters, 1)
        if projects and first == "branch":
            shortcut = unit(x, name + "_branch1", filters, 1, strides)
        return layers.Activation("relu")(layers.add([y, shortcut] if add == "branch" else [shortcut, y]))

    pixels = keras.Input((8, 8, 3))
    x = layers.Activation("relu")(unit(pixels, "1", 4, 3))
    x = block(x, "2a", 4, 8, 1, True)
    x = block(x, "2b", 4, 8, 1, False)
    x = block(x, "3a", 4, 12, 2, True)
    x = layers.GlobalAveragePooling2D()(x)
    roles["head"] = layers.Dense(3, activation="softmax", name="fc3" if named else None)
    model = keras.Model(pixels, roles["head"](x))
    fill(roles)
    return model


def fill(roles):
    """Gives every weight the values of its number, which goes by the roles of the layers, whatever the program."""
    i = 0
    for role in sorted(roles):
        for weight in roles[role].weights:
            weight.formula_number = i
            values = 0.5 * np.sin(np.arange(int(np.prod(weight.shape)), dtype="float64") + 1 + 100 * i)
            if "variance" in weight.path:
                values = 1 + values**2
            elif "gamma" in weight.path:
                values = 1 + values
            weight.assign(values.reshape(weight.shape).astype("float32"))
            i += 1


def picture():
    return np.sin(np.arange(2 * 8 * 8 * 3, dtype="float64")).reshape(2, 8, 8, 3).astype("float32")


def legacy_listing(model, path):
    """The layers of a legacy file in their order, each with its weights: name below the layer's, shape, number."""
    with h5py.File(path, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, model)
    numbers = {weight.path: weight.formula_number for weight in model.weights}
    with h5py.File(path) as file:
        return [
            [
                name,
                [
                    [each.removeprefix(name + "/"), list(file[name][each].shape), numbers[each]]
                    for each in file[name].attrs["weight_names"]
                ],
            ]
            for name in file.attrs["layer_names"]
        ]


def weights_h5_listing(model, path):
    """The groups of a `.weights.h5`, each with the name of its layer and its weights: name, shape, number."""
    model.save_weights(path)
    listing = []
    with h5py.File(path) as file:
        for group in sorted(file["layers"]):
            variables = file["layers"][group]["vars"]
            name = variables.attrs["name"]
            weights = model.get_layer(name).weights
            found = [[key, list(variables[key].shape), weights[int(key)].formula_number] for key in sorted(variables)]
            listing.append([group, name, found])
    return listing


def connections(architecture):
    """Of an architecture what says which layer reads which."""
    config = architecture["config"]
    config["layers"] = [
        {key: layer[key] for key in ("class_name", "name", "inbound_nodes")} for layer in config["layers"]
    ]
    return architecture


def recompute():
    files = {}
    outputs = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, program in PROGRAMS.items():
            model = build(**program)
            files[name] = {"legacy": legacy_listing(model, os.path.join(folder, "model.h5"))}
            if name in ("post", "numbered"):
                files[name]["weights"] = weights_h5_listing(model, os.path.join(folder, "model.weights.h5"))
            if name == "numbered":
                files[name]["config"] = connections(json.loads(model.to_json()))
            outputs[name] = model.predict(picture(), verbose=0).ravel().tolist()
    return {"files": files, "outputs": outputs}


def main():
    found = recompute()
    if "--check" not in sys.argv:
        with open(FIXTURE, "w") as file:
            json.dump(found, file, separators=(",", ":"))
            file.write("\n")
        return
    with open(FIXTURE) as file:
        expected = json.load(file)
    first = np.array(found["outputs"]["post"])
    worst = max(np.abs(np.array(found["outputs"][name]) - np.array(expected["outputs"][name])).max() for name in PROGRAMS)
    # One network, whichever program builds it.
    apart = max(np.abs(np.array(values) - first).max() for values in found["outputs"].values())
    same = found["files"] == expected["files"]
    print(f"largest difference: {worst:.2e}; between programs: {apart:.2e}; listings {'equal' if same else 'differ'}")
    sys.exit(0 if worst < 1e-6 and apart < 1e-6 and same else 1)


main()

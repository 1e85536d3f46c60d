"""Small files that hold an optimizer's state, as Keras 3 and tf.keras 2 write them, and the state by slot and weight, for @zoo/weights.

    python scripts/golden/weights_optimizers.py            writes packages/weights/test/fixtures/optimizer-*
    python scripts/golden/weights_optimizers.py --check    trains again and compares the state with what is there

The files of Keras 2 are made where `import tf_keras` works, and kept else.
"""

import json
import os
import sys
import tempfile

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURES = os.path.join(HERE, "..", "..", "packages", "weights", "test", "fixtures")
EXPECTED = os.path.join(FIXTURES, "optimizer-states.json")


def formula(shape, phase):
    return np.sin(1.7 * np.arange(np.prod(shape)) + phase).reshape(shape).astype("float32")


def train(library, optimizer):
    """Two updates of a net whose weights share one shape, so that their order is all that tells them apart."""
    layers = library.layers
    model = library.Sequential(
        [
            library.Input((2,), name="x"),
            layers.Dense(2, name="b"),
            layers.Dense(2, name="frozen", trainable=False),
            layers.Dense(2, name="a", activation="softmax"),
        ],
        name="small",
    )
    for i, weight in enumerate(model.weights):
        weight.assign(formula(tuple(weight.shape), i))
    model.compile(optimizer, "categorical_crossentropy")
    for _ in range(2):
        model.train_on_batch(formula((4, 2), 0.5), np.eye(2, dtype="float32")[[0, 1, 1, 0]])
    return model


def state(model, iterations, slots):
    """The slots' values by the names that @zoo/weights gives them."""
    names = ["b/kernel", "b/bias", "a/kernel", "a/bias"]
    return {
        "iterations": int(iterations),
        "slots": {
            f"{slot}/{name}": np.array(value).ravel().tolist() for slot, values in slots.items() for name, value in zip(names, values)
        },
    }


def adam_state(model):
    optimizer = model.optimizer
    return state(model, optimizer.iterations.numpy(), {"momentum": optimizer._momentums, "velocity": optimizer._velocities})


def legacy_state(model, slots):
    optimizer = model.optimizer
    values = {ours: [optimizer.get_slot(weight, theirs) for weight in model.trainable_weights] for ours, theirs in slots.items()}
    return state(model, optimizer.iterations.numpy(), values)


def main(folder):
    stored = json.load(open(EXPECTED)) if os.path.exists(EXPECTED) else {}
    expected = dict(stored)
    path = lambda name: os.path.join(folder, name)

    model = train(keras, keras.optimizers.Adam(0.25, beta_1=0.5))
    # In this order: saving a .h5 makes Keras forget the optimizer in a later .keras.
    model.save(path("optimizer-3.keras"))
    model.save_weights(path("optimizer-3.weights.h5"))
    model.save(path("optimizer-3.h5"))
    for ending in [".keras", ".weights.h5", ".h5"]:
        expected["optimizer-3" + ending] = adam_state(model)

    try:
        import tf_keras
    except ImportError:
        print("no tf_keras: the files of Keras 2 stay as they are")
    else:

        def adam(**config):
            config = {"learning_rate": 0.25, "beta_1": 0.5, **config}
            return tf_keras.optimizers.deserialize({"class_name": "Adam", "config": config})

        model = train(tf_keras, adam(is_legacy_optimizer=False))
        for name in ["optimizer-2.h5", "optimizer-2.keras"]:
            model.save(path(name))
            expected[name] = adam_state(model)
        model = train(tf_keras, adam())
        model.save(path("optimizer-2-legacy.h5"))
        expected["optimizer-2-legacy.h5"] = legacy_state(model, {"momentum": "m", "velocity": "v"})
    if folder != FIXTURES:
        compare(stored, expected, "optimizer-states.json")
        return
    with open(EXPECTED, "w") as file:
        json.dump(expected, file)
        file.write("\n")


def compare(stored, computed, where):
    if isinstance(computed, dict):
        assert isinstance(stored, dict) and stored.keys() == computed.keys(), where
        for key, value in computed.items():
            compare(stored[key], value, f"{where}: {key}")
    else:
        np.testing.assert_allclose(computed, stored, rtol=1e-5, atol=1e-7, err_msg=where)


if "--check" in sys.argv:
    with tempfile.TemporaryDirectory() as temporary:
        main(temporary)
else:
    main(FIXTURES)

"""Outputs of keras.applications' ResNets, and of the blog post's and the course's nets written in Keras, on formula-filled weights."""

import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
from keras import layers

from resnet_formula import main, picture, summarize, weight

APPLICATIONS = {
    "resnet50": keras.applications.ResNet50,
    "resnet101": keras.applications.ResNet101,
    "resnet152": keras.applications.ResNet152,
    "resnet50v2": keras.applications.ResNet50V2,
    "resnet101v2": keras.applications.ResNet101V2,
    "resnet152v2": keras.applications.ResNet152V2,
}

# Small and odd for the ordinary suite; 224 and odd for the oracle lane.
SMALL = (37, 45)
ODD = (193, 225)
FULL = (224, 224)


def fill(model):
    for layer in model.layers:
        layer.set_weights([weight(layer.name, w.name.split("/")[-1].split(":")[0], w.shape) for w in layer.weights])
    return model


def run(model, size):
    return summarize(fill(model)(picture(*size), training=False))


def application(name, build):
    """One application without a top, its poolings, and with a top, at all sizes; Keras' own layers throughout."""
    records = {}
    base = fill(build(weights=None, include_top=False))
    pools = {"avg": layers.GlobalAveragePooling2D(), "max": layers.GlobalMaxPooling2D()}
    for label, size in (("small", SMALL), ("odd", ODD), ("full", FULL)):
        features = base(picture(*size), training=False)
        records[f"{name} {label} notop none"] = summarize(features)
        for pooling, layer in pools.items():
            records[f"{name} {label} notop {pooling}"] = summarize(layer(features))
    top = fill(build(weights=None))
    records[f"{name} full top"] = summarize(top(picture(*FULL), training=False))
    for label, size in (("small", SMALL), ("odd", ODD)):
        average = pools["avg"](base(picture(*size), training=False))
        records[f"{name} {label} top"] = summarize(top.get_layer("predictions")(average))
    return records


def blog_block(x, filters, stride, projects, name, use_bias):
    """OlafenwaMoses/IdenProf, idenprof.py: resnet_module and resnet_first_block_first_module."""

    def convolve(y, count, kernel, step, suffix):
        y = layers.Conv2D(count, kernel, strides=step, padding="same", use_bias=use_bias, name=f"{name}_{suffix}_conv")(y)
        return layers.BatchNormalization(name=f"{name}_{suffix}_bn")(y)

    shortcut = convolve(x, 4 * filters, 1, stride, 0) if projects else x
    y = layers.ReLU()(convolve(x, filters, 1, stride, 1))
    y = layers.ReLU()(convolve(y, filters, 3, 1, 2))
    return layers.ReLU()(layers.Add()([convolve(y, 4 * filters, 1, 1, 3), shortcut]))


def blog_resnet50(size, stem_padding, classes, use_bias=True, pool_padding="valid"):
    """The blog post's net ('same' stem) and the course's (padded stem): both pool without padding, epsilon 1e-3.

    Without bias and with a padded pool it is the TensorFlow 1 class (xiaohu2015/DeepLearning_tutorials, CNNs/ResNet50.py).
    """
    inputs = keras.Input((*size, 3))
    x = layers.ZeroPadding2D(3)(inputs) if stem_padding == "explicit" else inputs
    padding = "valid" if stem_padding == "explicit" else "same"
    x = layers.Conv2D(64, 7, strides=2, padding=padding, use_bias=use_bias, name="conv1_conv")(x)
    x = layers.ReLU()(layers.BatchNormalization(name="conv1_bn")(x))
    x = layers.MaxPooling2D(3, strides=2, padding=pool_padding)(x)
    for stage, (filters, blocks) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3))):
        for block in range(blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            x = blog_block(x, filters, stride, block == 0, f"conv{stage + 2}_block{block + 1}", use_bias)
    x = layers.Dense(classes, activation="softmax", name="predictions")(layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, x)


def mxnet_resnet18(size):
    """qubvel/classification_models, models/resnet.py: MXNet's pre-activation net; names as ours."""

    def normalized(y, name, scale=True):
        return layers.BatchNormalization(epsilon=2e-5, scale=scale, name=name)(y)

    def convolve(y, count, kernel, step, name):
        y = layers.ZeroPadding2D(kernel // 2)(y)
        return layers.Conv2D(count, kernel, strides=step, use_bias=False, name=name)(y)

    inputs = keras.Input((*size, 3))
    x = convolve(normalized(inputs, "data_bn", False), 64, 7, 2, "conv1_conv")
    x = layers.ReLU()(normalized(x, "conv1_bn"))
    x = layers.MaxPooling2D(3, strides=2)(layers.ZeroPadding2D(1)(x))
    for stage, filters in enumerate((64, 128, 256, 512)):
        for block in range(2):
            name = f"conv{stage + 2}_block{block + 1}"
            stride = 2 if stage > 0 and block == 0 else 1
            activated = layers.ReLU()(normalized(x, f"{name}_preact_bn"))
            shortcut = convolve(activated, filters, 1, stride, f"{name}_0_conv") if block == 0 else x
            y = convolve(activated, filters, 3, stride, f"{name}_1_conv")
            y = layers.ReLU()(normalized(y, f"{name}_1_bn"))
            x = layers.Add()([convolve(y, filters, 3, 1, f"{name}_2_conv"), shortcut])
    x = layers.ReLU()(normalized(x, "post_bn"))
    x = layers.Dense(1000, activation="softmax", name="predictions")(layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, x)


def compute():
    records = {}
    for name, build in APPLICATIONS.items():
        records |= application(name, build)
        keras.backend.clear_session()
    records["idenprof small top"] = run(blog_resnet50(SMALL, "same", 10), SMALL)
    records["idenprof full top"] = run(blog_resnet50(FULL, "same", 10), FULL)
    for label, size in (("small", SMALL), ("full", FULL)):
        records[f"tf1 {label} top"] = run(blog_resnet50(size, "same", 1000, use_bias=False, pool_padding="same"), size)
    records["deeplearningAi small top"] = run(blog_resnet50((64, 64), "explicit", 6), (64, 64))
    records["preactivation_resnet18 small top"] = run(mxnet_resnet18(SMALL), SMALL)
    records["preactivation_resnet18 full top"] = run(mxnet_resnet18(FULL), FULL)
    return records


if __name__ == "__main__":
    main("resnet-keras", compute)

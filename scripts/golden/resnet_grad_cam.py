"""Grad-CAM (Selvaraju et al. 2017, equations 1 and 2) of keras.applications' ResNets by Keras and TensorFlow, on formula-filled weights."""

import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow as tf
from keras import layers

from resnet_formula import main, picture, summarize
from resnet_keras import fill

SIZE = (61, 45)
CLASSES = 10

# The last feature map, one of another stage, and maps that have a second path around them to the outputs.
LAYERS = {
    "resnet50": ("conv5_block3_out", "conv3_block4_out", "conv4_block2_1_relu", "conv4_block1_0_bn"),
    "resnet50v2": ("post_relu", "conv4_block3_out"),
}


def network(name):
    base = getattr(keras.applications, {"resnet50": "ResNet50", "resnet50v2": "ResNet50V2"}[name])(
        weights=None, include_top=False, input_shape=(*SIZE, 3), pooling="avg"
    )
    scores = layers.Dense(CLASSES, name="predictions")(base.output)
    return fill(keras.Model(base.input, scores))


def grad_cam(model, layer, index):
    both = keras.Model(model.input, [model.get_layer(layer).output, model.output])
    with tf.GradientTape() as tape:
        feature_map, scores = both(picture(*SIZE), training=False)
        score = scores[:, index]
    weights = tf.reduce_mean(tape.gradient(score, feature_map), axis=(1, 2), keepdims=True)
    heat = tf.nn.relu(tf.reduce_sum(weights * feature_map, axis=-1, keepdims=True))
    resized = tf.image.resize(heat, SIZE)
    return (resized / tf.maximum(tf.reduce_max(resized), 1e-12))[0, :, :, 0]


def compute():
    records = {}
    for name, names in LAYERS.items():
        model = network(name)
        for layer in names:
            # The first class that anything speaks for.
            index = next(index for index in range(CLASSES) if tf.reduce_max(grad_cam(model, layer, index)) > 0)
            records[f"{name} {layer} {index}"] = summarize(grad_cam(model, layer, index))
    return records


if __name__ == "__main__":
    main("resnet-grad-cam", compute)

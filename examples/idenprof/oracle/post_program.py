"""The blog post's program in Keras, at a small size, and the deeplearning.ai course's network, for the flow test beside it.

Usage: post_program.py job.json, where the job is {"step": "write" | "read", "folder": path, "imageSize": number}.

`write` makes pictures of ten professions, trains the post's program on them for one epoch from weights that it saves first, and answers with
what it prints, the loss of its first step, and what run_inference makes of a picture; and the same of the course's network. `read` loads into
both networks the weights that the zoo wrote, and answers with what they then make of the picture.

Network, schedule and inference are idenprof.py's (https://github.com/OlafenwaMoses/IdenProf, MIT); blocks of the course as its exercise has them.
"""

import contextlib
import io
import json
import os
import sys

import h5py
import keras
import numpy as np
from keras import layers
from keras.layers import Activation, BatchNormalization, Conv2D, Dense, GlobalAveragePooling2D, Input, MaxPooling2D, ZeroPadding2D, add
from keras.models import Model
from keras.src.legacy.preprocessing.image import ImageDataGenerator
from keras.src.legacy.saving import legacy_h5_format
from PIL import Image

CLASSES = ["chef", "doctor", "engineer", "farmer", "firefighter", "judge", "mechanic", "pilot", "police", "waiter"]
BATCH = 8


def resnet_module(input, channel_depth, strided_pool=False, first=False):
    residual_input = input
    stride = 2 if strided_pool else 1
    if strided_pool or first:
        residual_input = Conv2D(channel_depth, kernel_size=1, strides=stride, padding="same", kernel_initializer="he_normal")(residual_input)
        residual_input = BatchNormalization()(residual_input)
    input = Conv2D(int(channel_depth / 4), kernel_size=1, strides=stride, padding="same", kernel_initializer="he_normal")(input)
    input = BatchNormalization()(input)
    input = Activation("relu")(input)
    input = Conv2D(int(channel_depth / 4), kernel_size=3, strides=1, padding="same", kernel_initializer="he_normal")(input)
    input = BatchNormalization()(input)
    input = Activation("relu")(input)
    input = Conv2D(channel_depth, kernel_size=1, strides=1, padding="same", kernel_initializer="he_normal")(input)
    input = BatchNormalization()(input)
    input = add([input, residual_input])
    return Activation("relu")(input)


def post_network(size):
    input_object = Input(shape=(size, size, 3))
    output = Conv2D(64, kernel_size=7, strides=2, padding="same", kernel_initializer="he_normal")(input_object)
    output = BatchNormalization()(output)
    output = Activation("relu")(output)
    output = MaxPooling2D(pool_size=(3, 3), strides=(2, 2))(output)
    for i, (depth, count) in enumerate(zip([256, 512, 1024, 2048], [3, 4, 6, 3])):
        for j in range(count):
            output = resnet_module(output, depth, strided_pool=i > 0 and j == 0, first=i == 0 and j == 0)
    output = GlobalAveragePooling2D()(output)
    output = Dense(10)(output)
    return Model(inputs=input_object, outputs=Activation("softmax")(output))


def course_network():
    """ResNet50 of the course's exercise: identity_block and convolutional_block, 64 x 64 pixels, 6 classes."""

    def block(x, filters, stage, letter, strides):
        conv, norm = f"res{stage}{letter}_branch", f"bn{stage}{letter}_branch"
        shortcut = x
        for part, (count, size, stride) in zip("abc", zip(filters, [1, 3, 1], [strides or 1, 1, 1])):
            x = Conv2D(count, size, strides=stride, padding="same" if size == 3 else "valid", name=f"{conv}2{part}")(x)
            x = BatchNormalization(axis=3, name=f"{norm}2{part}")(x)
            if part != "c":
                x = Activation("relu")(x)
        if strides is not None:
            shortcut = Conv2D(filters[2], 1, strides=strides, padding="valid", name=f"{conv}1")(shortcut)
            shortcut = BatchNormalization(axis=3, name=f"{norm}1")(shortcut)
        return Activation("relu")(layers.Add()([x, shortcut]))

    pixels = Input((64, 64, 3))
    x = ZeroPadding2D((3, 3))(pixels)
    x = Conv2D(64, 7, strides=2, name="conv1")(x)
    x = BatchNormalization(axis=3, name="bn_conv1")(x)
    x = MaxPooling2D((3, 3), strides=(2, 2))(Activation("relu")(x))
    for stage, (width, count) in enumerate(zip([64, 128, 256, 512], [3, 4, 6, 3]), start=2):
        for i in range(count):
            strides = None if i > 0 else 1 if stage == 2 else 2
            x = block(x, [width, width, 4 * width], stage, chr(ord("a") + i), strides)
    x = GlobalAveragePooling2D(name="avg_pool")(x)
    return Model(pixels, Dense(6, activation="softmax", name="fc6")(x))


def randomize(model):
    random = np.random.default_rng(0)
    for layer in model.layers:
        weights = layer.get_weights()
        if isinstance(layer, BatchNormalization):
            gamma, beta, mean, variance = weights
            weights = [
                random.uniform(0.5, 1, gamma.shape),
                random.normal(0, 0.1, beta.shape),
                random.normal(0, 0.2, mean.shape),
                random.uniform(0.5, 1.5, variance.shape),
            ]
        elif isinstance(layer, (Conv2D, Dense)):
            weights = [weights[0], random.normal(0, 0.05, weights[1].shape)]
        if weights:
            layer.set_weights(weights)
    return model


def save_weights(model, path):
    """What `save_weights('x.h5')` wrote, which Keras 3 no longer offers under that name."""
    with h5py.File(path, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, model)


def lr_schedule(epoch):
    lr = 1e-3
    if epoch > 180:
        lr *= 1e-4
    elif epoch > 160:
        lr *= 1e-3
    elif epoch > 120:
        lr *= 1e-2
    elif epoch > 80:
        lr *= 1e-1
    print("Learning rate: ", lr)
    return lr


def write_pictures(folder, size):
    random = np.random.default_rng(1)
    for side, count in (("train", 2), ("test", 1)):
        for name in CLASSES:
            os.makedirs(f"{folder}/data/{side}/{name}", exist_ok=True)
            for i in range(count):
                # Noise that is smoothed by enlarging it; another size than the network's, so that it is resized.
                small = random.integers(0, 256, (6, 6, 3), dtype=np.uint8)
                Image.fromarray(small).resize((size + 7, size + 3)).save(f"{folder}/data/{side}/{name}/{i}.png")
    with open(f"{folder}/idenprof_model_class.json", "w") as file:
        json.dump({str(i): name for i, name in reversed(list(enumerate(CLASSES)))}, file)


def load_picture(folder, size):
    picture = keras.utils.load_img(f"{folder}/data/test/police/0.png", target_size=(size, size))
    return np.expand_dims(keras.utils.img_to_array(picture), axis=0) * np.float32(1.0 / 255)


def predict(model, folder, size):
    """`model.predict`, which compiles a graph first, for minutes on a busy machine."""
    return np.array(model(load_picture(folder, size), training=False))


def run_inference(model, folder, size):
    """The lines of the post's run_inference, and all probabilities."""
    prediction = predict(model, folder, size)
    top = prediction[0].argsort()[-5:][::-1]
    return [[CLASSES[i], float(prediction[0][i]) * 100] for i in top], prediction.ravel().tolist()


def write(folder, size):
    write_pictures(folder, size)
    post = randomize(post_network(size))
    save_weights(post, f"{folder}/post.h5")
    lines, probabilities = run_inference(post, folder, size)
    course = randomize(course_network())
    save_weights(course, f"{folder}/course.h5")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        flow = {"target_size": (size, size), "batch_size": BATCH, "class_mode": "categorical", "seed": 0}
        augmented = ImageDataGenerator(rescale=1.0 / 255, horizontal_flip=True)
        train = augmented.flow_from_directory(f"{folder}/data/train", **flow)
        test = ImageDataGenerator(rescale=1.0 / 255).flow_from_directory(f"{folder}/data/test", **flow)
        # Iterated as Keras 2's fit_generator does; Keras 3's fit takes the batches in an order of its own, and draws from some beforehand.
        with contextlib.redirect_stdout(io.StringIO()):
            iterated = augmented.flow_from_directory(f"{folder}/data/train", **flow)
        images, labels = next(iterated)
        outputs = post(images, training=True)
        loss = float(np.mean(keras.losses.categorical_crossentropy(labels, outputs)))
        post.compile(loss="categorical_crossentropy", optimizer=keras.optimizers.Adam(1e-3), metrics=["acc"], run_eagerly=True)
        path = f"{folder}/idenprof_weight_model.{{epoch:03d}}-{{val_acc}}.weights.h5"
        keeper = keras.callbacks.ModelCheckpoint(path, monitor="val_acc", verbose=1, save_best_only=True, save_weights_only=True)
        rate = keras.callbacks.LearningRateScheduler(lr_schedule)
        post.fit(train, steps_per_epoch=1, epochs=1, validation_data=test, validation_steps=1, callbacks=[keeper, rate], verbose=0)
    return {
        "lines": lines,
        "probabilities": probabilities,
        "course": predict(course, folder, 64).ravel().tolist(),
        "printed": [line for line in printed.getvalue().split("\n") if line != ""],
        "loss": loss,
    }


def read(folder, size):
    post = post_network(size)
    post.load_weights(f"{folder}/ours.h5")
    lines, probabilities = run_inference(post, folder, size)
    course = course_network()
    course.load_weights(f"{folder}/ours-course.h5")
    return {
        "lines": lines,
        "probabilities": probabilities,
        "course": predict(course, folder, 64).ravel().tolist(),
    }


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        job = json.load(file)
    print(json.dumps({"write": write, "read": read}[job["step"]](job["folder"], job["imageSize"])))

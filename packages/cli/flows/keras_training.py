"""A small network that Keras trains from a folder with ImageDataGenerator, the .h5 it saves, and what it says of a folder.

Usage: keras_training.py job.json, where the job is {"train": folder, "test": folder, "file": path to write}; prints
{"loss", "accuracy", "classes", "pictures": {path within the folder: probabilities}}
"""

import json
import os
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
from keras import layers
from keras.src.legacy.preprocessing.image import ImageDataGenerator

job = json.load(open(sys.argv[1]))
keras.utils.set_random_seed(1)
reading = {"target_size": (32, 32), "batch_size": 8, "class_mode": "categorical"}
sys.stdout = sys.stderr
train = ImageDataGenerator(rescale=1 / 255, horizontal_flip=True).flow_from_directory(job["train"], seed=1, **reading)
test = ImageDataGenerator(rescale=1 / 255).flow_from_directory(job["test"], shuffle=False, **reading)
picture = keras.Input((32, 32, 3))
x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(picture)
x = layers.BatchNormalization()(x)
shortcut = x = layers.Activation("relu")(x)
x = layers.Conv2D(8, 3, padding="same")(x)
x = layers.BatchNormalization()(x)
x = layers.Activation("relu")(layers.add([x, shortcut]))
x = layers.GlobalAveragePooling2D()(x)
model = keras.Model(picture, layers.Dense(3, activation="softmax")(x))
model.compile(keras.optimizers.Adam(0.01), "categorical_crossentropy", metrics=["accuracy"])
model.fit(train, epochs=2, verbose=0)
model.save(job["file"])
loss, accuracy = model.evaluate(test, verbose=0)
test.reset()
probabilities = model.predict(test, verbose=0).tolist()
sys.stdout = sys.__stdout__
print(
    json.dumps(
        {
            "loss": loss,
            "accuracy": accuracy,
            "classes": sorted(test.class_indices, key=test.class_indices.get),
            "pictures": dict(zip(test.filenames, probabilities)),
        }
    )
)

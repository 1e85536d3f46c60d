"""One pass over a folder of pictures for each line read, its wall and CPU seconds and pictures printed: `keras_loading.py generator DIR 224`.

`generator` is ImageDataGenerator.flow_from_directory (rescale, horizontal flip, batch 32), `dataset` image_dataset_from_directory with the same.
"""

import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import tensorflow as tf
from keras.src.legacy.preprocessing.image import ImageDataGenerator

kind, directory, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
# What Keras prints about the folder is not ours to read.
answers, sys.stdout = sys.stdout, sys.stderr
if kind == "generator":
    flow = ImageDataGenerator(rescale=1 / 255, horizontal_flip=True).flow_from_directory(
        directory, target_size=(size, size), batch_size=32, seed=1
    )
    batches = lambda: (next(flow)[0] for _ in range(len(flow)))
else:
    data = keras.utils.image_dataset_from_directory(directory, image_size=(size, size), batch_size=32, seed=1)
    flip = lambda images, labels: (tf.image.random_flip_left_right(images) / 255, labels)
    data = data.map(flip, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
    batches = lambda: (images for images, _ in data)
print("ready", file=answers, flush=True)
for _ in sys.stdin:
    wall, cpu = time.perf_counter(), time.process_time()
    count = sum(len(images) for images in batches())
    print(time.perf_counter() - wall, time.process_time() - cpu, count, file=answers, flush=True)

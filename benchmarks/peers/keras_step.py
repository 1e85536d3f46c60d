"""One training step or prediction of Keras for each line read, its milliseconds printed: `keras_step.py train ResNet50 128 16`.

Ends, with the process' peak memory in MB, when its input ends.
"""

import os
import resource
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np

mode, name, size, batch = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
model = getattr(keras.applications, name)(weights=None, input_shape=(size, size, 3), classes=10)
x = np.random.rand(batch, size, size, 3).astype("float32")
y = np.eye(10, dtype="float32")[np.random.randint(0, 10, batch)]
if mode == "train":
    # jit_compile False: XLA's CPU compiler took longer per step here, and minutes to compile.
    model.compile(optimizer=keras.optimizers.SGD(0.01, momentum=0.9), loss="categorical_crossentropy", jit_compile=False)
run = (lambda: model.train_on_batch(x, y)) if mode == "train" else (lambda: model.predict_on_batch(x))
print("ready", flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    run()
    print(1e3 * (time.perf_counter() - start), flush=True)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)

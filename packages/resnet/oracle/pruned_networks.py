"""Loads the files of pruned networks and answers for their pictures: Keras for .keras and .h5, onnxruntime for .onnx.

Reads the path of a job, {"folder": ..., "files": {name: {"picture": [...], "shape": [...]}}}; prints {name: [...]} of outputs.
"""
import json
import os
import sys

import keras
import numpy as np
import onnxruntime

with open(sys.argv[1]) as file:
    job = json.load(file)

answers = {}
for name, case in job["files"].items():
    path = os.path.join(job["folder"], name)
    picture = np.array(case["picture"], np.float32).reshape(case["shape"])
    if name.endswith(".onnx"):
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        (output,) = session.run(None, {session.get_inputs()[0].name: picture})
    else:
        output = keras.models.load_model(path, compile=False)(picture, training=False).numpy()
    answers[name] = output.reshape(-1).tolist()
print(json.dumps(answers))

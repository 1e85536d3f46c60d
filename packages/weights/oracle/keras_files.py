"""Loads files with Keras and onnxruntime, gives the outputs for one input, and saves them again with Keras.

Usage: keras_files.py job.json, where the job is
{"shape": [...], "input": [...], "h5": path, "keras": path, "weights": path, "shards": path, "maxShardBytes": number,
 "weightsH5": path, "onnx": path, "back": prefix}
"""

import json
import sys

import h5py
import keras
import numpy as np
import onnx
import onnxruntime
from keras.src.legacy.saving import legacy_h5_format

job = json.load(open(sys.argv[1]))
x = np.array(job["input"], dtype="float32").reshape(job["shape"])
outputs = {}


def predict(model):
    return model.predict(x, verbose=0).ravel().tolist()


def clear(model):
    for weight in model.weights:
        weight.assign(np.zeros(weight.shape, "float32"))


model = keras.models.load_model(job["h5"], compile=False)
outputs["h5"] = predict(model)
model.save(job["back"] + ".h5")
with h5py.File(job["back"] + "-latest.h5", "w", libver="latest") as file:
    legacy_h5_format.save_weights_to_hdf5_group(file, model)
clear(model)
model.load_weights(job["weightsH5"])
outputs["weightsH5"] = predict(model)
clear(model)
model.load_weights(job["weightsH5"], by_name=True)
outputs["weightsH5ByName"] = predict(model)
clear(model)
model.load_weights(job["weights"])
outputs["weights"] = predict(model)
model.save_weights(job["back"] + ".weights.h5")
clear(model)
model.load_weights(job["shards"])
outputs["shards"] = predict(model)
model.save_weights(job["back"] + ".weights.json", max_shard_size=job["maxShardBytes"] / 1024**3)
model = keras.models.load_model(job["keras"], compile=False)
outputs["keras"] = predict(model)
model.save(job["back"] + ".keras")
try:
    import tf_keras
except ImportError:
    print("no tf_keras: files for Keras 2 are not looked at", file=sys.stderr)
else:
    for name in ["keras", "h5"]:
        model = tf_keras.models.load_model(job[name], compile=False)
        outputs[name + " in Keras 2"] = predict(model)
    clear(model)
    model.load_weights(job["weights"])
    outputs["weights in Keras 2"] = predict(model)
exported = onnx.load(job["onnx"])
onnx.checker.check_model(exported, full_check=True)
session = onnxruntime.InferenceSession(job["onnx"], providers=["CPUExecutionProvider"])
for size in [1, 2, 3]:
    batch = np.resize(x, [size, *x.shape[1:]])
    result = session.run(None, {session.get_inputs()[0].name: batch})[0]
    assert len(result) == size
    outputs[f"onnx, a batch of {size}"] = result.ravel().tolist()
nodes = [node.op_type for node in exported.graph.node]
graph = {
    "operatorSet": [imported.version for imported in exported.opset_import if imported.domain == ""],
    "convolutions": nodes.count("Conv"),
    "batchNormalizations": nodes.count("BatchNormalization"),
    "scalings": nodes.count("Mul"),
}
print(json.dumps({"outputs": outputs, "graph": graph}))

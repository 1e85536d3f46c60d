"""Classifies one picture with files that the zoo has written, in Keras, onnxruntime and safetensors, reading them as they say themselves.

Usage: formats.py job.json, where the job is {"picture": path, "h5": path, "keras": path, "onnx": path, "safetensors": path}
"""

import json
import sys
import zipfile

import h5py
import keras
import numpy as np
import onnx
import onnxruntime
from PIL import Image
from safetensors import safe_open

job = json.load(open(sys.argv[1]))


def prepare(metadata):
    """The picture as `zoo.preprocessing` of a file says; Pillow's BILINEAR is `antialias`."""
    preprocessing = metadata["preprocessing"]
    assert preprocessing["resize"] == "antialias" and preprocessing["aspect"] == "stretch", preprocessing
    height, width = preprocessing["imageSize"]
    image = Image.open(job["picture"]).convert("RGB").resize((width, height), Image.BILINEAR)
    normalization = preprocessing["normalization"]
    values = np.asarray(image, "float32")
    if normalization["channelOrder"] == "bgr":
        values = values[..., ::-1]
    values = values / normalization["divisor"] - np.array(normalization["mean"])
    return (values / np.array(normalization["standardDeviation"])).astype("float32")[None]


def answer(metadata, outputs):
    return dict(zip(metadata["classNames"], np.asarray(outputs).ravel().tolist()))


answers = {}
with h5py.File(job["h5"]) as file:
    metadata = json.loads(file.attrs["zoo"])
model = keras.models.load_model(job["h5"], compile=False)
answers["h5"] = answer(metadata, model.predict(prepare(metadata), verbose=0))

with zipfile.ZipFile(job["keras"]) as archive:
    metadata = json.loads(archive.read("metadata.json"))["zoo"]
model = keras.models.load_model(job["keras"], compile=False)
answers["keras"] = answer(metadata, model.predict(prepare(metadata), verbose=0))

metadata = json.loads({entry.key: entry.value for entry in onnx.load(job["onnx"]).metadata_props}["zoo"])
session = onnxruntime.InferenceSession(job["onnx"])
answers["onnx"] = answer(metadata, session.run(None, {session.get_inputs()[0].name: prepare(metadata)})[0])

with safe_open(job["safetensors"], "numpy") as file:
    metadata = json.loads(file.metadata()["zoo"])
    for layer in model.layers:
        if isinstance(layer, (keras.layers.Conv2D, keras.layers.Dense)):
            for variable in layer.weights:
                variable.assign(file.get_tensor(f"{layer.name}/{variable.name}"))
answers["safetensors"] = answer(metadata, model.predict(prepare(metadata), verbose=0))

print(json.dumps(answers))

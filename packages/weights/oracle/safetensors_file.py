"""Reads a safetensors file with the safetensors library: every tensor's type, shape and values, and the metadata.

Usage: safetensors_file.py job.json, where the job is {"path": path, "float16": names}. Tensors of those names are answered again as
numpy rounds them to float16.
"""

import json
import sys

import numpy
from safetensors import safe_open

job = json.load(open(sys.argv[1]))
with safe_open(job["path"], framework="numpy") as file:
    arrays = {name: file.get_tensor(name) for name in file.keys()}
    metadata = file.metadata()
tensors = {
    name: {"type": str(array.dtype), "shape": list(array.shape), "values": array.ravel().tolist()}
    for name, array in arrays.items()
}
rounded = {name: arrays[name].astype(numpy.float16).ravel().tolist() for name in job.get("float16", [])}
print(json.dumps({"tensors": tensors, "metadata": metadata, "float16": rounded}))

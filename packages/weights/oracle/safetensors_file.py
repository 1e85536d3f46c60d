"""Reads a safetensors file with the safetensors library: every tensor's type, shape and values, and the metadata.

Usage: safetensors_file.py job.json, where the job is {"path": path}
"""

import json
import sys

from safetensors import safe_open

with safe_open(json.load(open(sys.argv[1]))["path"], framework="numpy") as file:
    arrays = {name: file.get_tensor(name) for name in file.keys()}
    metadata = file.metadata()
tensors = {
    name: {"type": str(array.dtype), "shape": list(array.shape), "values": array.ravel().tolist()}
    for name, array in arrays.items()
}
print(json.dumps({"tensors": tensors, "metadata": metadata}))

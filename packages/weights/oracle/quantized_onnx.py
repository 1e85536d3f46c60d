"""Runs quantized ONNX files with onnxruntime and says how they differ from the float32 file of the same network.

Usage: quantized_onnx.py job.json, where the job is {"folder": path, "cases": {name: {"inputs": [[...]], "shapes": [[...]]}}}, with
`<name>.<kind>.onnx` in the folder for each kind. Prints {name: {kind: facts}}.
"""

import json
import os
import sys
from collections import Counter

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

KINDS = ["float32", "float16", "int8", "calibrated"]


def constants(model):
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


def stored(model):
    """Every kernel as the file's own nodes make it float32 again, and the largest distance that rounding allows."""
    values, kernels = constants(model), {}
    for node in model.graph.node:
        name = node.output[0]
        if node.op_type == "Cast" and node.input[0] in values:
            kernels[name] = (values[node.input[0]].astype("float32"), None, None)
        if node.op_type == "DequantizeLinear" and node.input[0] in values and values[node.input[0]].dtype == np.int8:
            whole, scale, zero = (values[input_] for input_ in node.input)
            axis = node.attribute[0].i
            shape = [-1 if i == axis else 1 for i in range(whole.ndim)]
            kernels[name] = (whole * scale.reshape(shape), scale.reshape(shape), whole)
            assert not zero.any(), "a zero-point"
    return kernels


def facts(path, reference, feeds, wanted):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    options.optimized_model_filepath = path + ".optimized"
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    outputs = session.run(None, dict(zip([given.name for given in session.get_inputs()], feeds)))
    operators = Counter(node.op_type for node in onnx.load(path + ".optimized").graph.node)
    steps, largest = 0.0, 0
    for name, (kernel, scale, whole) in stored(model).items():
        distance = np.abs(kernel - reference[name])
        if scale is not None:
            steps = max(steps, float((distance / scale).max()))
            largest = max(largest, int(np.abs(whole.astype(int)).max()))
    error = 0.0
    if wanted is not None:
        error = max(
            float(np.sqrt(((a - b) ** 2).mean()) / max(float(np.sqrt((b**2).mean())), 1e-9)) for a, b in zip(outputs, wanted)
        )
    answer = {
        "error": error,
        "steps": steps,
        "largest": largest,
        "operators": dict(operators),
        "bytes": os.path.getsize(path),
        "kernels": len(stored(model)),
        "finite": all(bool(np.isfinite(output).all()) for output in outputs),
    }
    return answer, outputs


job = json.load(open(sys.argv[1]))
answers = {}
for name, case in job["cases"].items():
    feeds = [np.array(x, "float32").reshape(shape) for x, shape in zip(case["inputs"], case["shapes"])]
    answers[name], reference, wanted = {}, None, None
    for kind in KINDS:
        path = f"{job['folder']}/{name}.{kind}.onnx"
        if not os.path.exists(path):
            continue
        if reference is None:
            reference = constants(onnx.load(path))
        try:
            answers[name][kind], outputs = facts(path, reference, feeds, wanted)
        except Exception as error:
            answers[name][kind] = {"fault": f"{type(error).__name__}: {error}"[:400]}
            continue
        if wanted is None:
            wanted = outputs
print(json.dumps(answers))

"""Runs ONNX files with onnxruntime and compares their outputs with those given.

Usage: onnx_layers.py job.json, where the job is
{"folder": path, "cases": {name: {"inputs": [...], "inputShapes": [...], "output": [...], "outputShape": [...]}}}, with `<name>.onnx` in the
folder; a case may have a "tolerance". Prints {name: fault}.
"""

import json
import sys

import numpy as np
import onnx
import onnxruntime


def is_close(output, wanted, tolerance):
    """Value by value; with a tolerance, as a part of the largest value where that is above 1."""
    if tolerance is None:
        return np.allclose(output, wanted, rtol=1e-4, atol=1e-5)
    return float(np.abs(output - wanted).max(initial=0.0)) <= tolerance * max(1.0, float(np.abs(wanted).max(initial=0.0)))


job = json.load(open(sys.argv[1]))
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.log_severity_level = 3
faults = {}
for name, case in job["cases"].items():
    inputs = [np.array(x, "float32").reshape(shape) for x, shape in zip(case["inputs"], case["inputShapes"])]
    wanted = np.array(case["output"], "float32").reshape(case["outputShape"])
    path = f"{job['folder']}/{name}.onnx"
    try:
        onnx.checker.check_model(onnx.load(path), full_check=True)
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        feeds = {given.name: x for given, x in zip(session.get_inputs(), inputs)}
        (output,) = session.run(None, feeds)
    except Exception as error:
        faults[name] = str(error)[:300]
        continue
    if output.shape != wanted.shape:
        faults[name] = f"shape {output.shape} instead of {wanted.shape}"
    elif not is_close(output, wanted, case.get("tolerance")):
        faults[name] = f"differs by {np.abs(output - wanted).max()}"
print(json.dumps(faults))

"""Runs ONNX files with onnxruntime and compares their outputs with those of the oracle.

Usage: shared_cases.py job.json, where the job is {"cases": {name: {"onnx": path, "x": path, "y": path, "shape": [...], "yshape": [...],
"tolerance": number}}} and
`x` and `y` are raw float32. Prints {name: fault}.
"""

import json
import sys

import numpy as np
import onnxruntime

job = json.load(open(sys.argv[1]))
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.log_severity_level = 3
faults = {}
for name, case in job["cases"].items():
    x = np.fromfile(case["x"], "float32").reshape(case["shape"])
    wanted = np.fromfile(case["y"], "float32").reshape(case["yshape"])
    try:
        session = onnxruntime.InferenceSession(case["onnx"], options, providers=["CPUExecutionProvider"])
        (given,) = session.get_inputs()
        (output,) = session.run(None, {given.name: x})
    except Exception as error:
        faults[name] = str(error)[:300]
        continue
    if output.shape != wanted.shape:
        faults[name] = f"shape {output.shape} instead of {wanted.shape}"
        continue
    difference = float(np.abs(output - wanted).max(initial=0.0))
    if not difference <= case["tolerance"] * max(1.0, float(np.abs(wanted).max(initial=0.0))):
        faults[name] = f"differs by {difference}"
print(json.dumps(faults))

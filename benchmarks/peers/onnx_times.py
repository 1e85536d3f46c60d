"""Times ONNX files of one network beside each other in onnxruntime: batch 1, one thread, 50 interleaved rounds after 10 to warm up.

Usage: onnx_times.py float32.onnx int8.onnx ...
"""

import statistics
import sys
import time

import numpy as np
import onnxruntime

sessions = []
for path in sys.argv[1:]:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    sessions.append(onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"]))
given = sessions[0].get_inputs()[0]
shape = [size if isinstance(size, int) else 1 for size in given.shape]
feeds = {given.name: np.random.default_rng(0).standard_normal(shape).astype("float32")}
times = [[] for _ in sessions]
for turn in range(60):
    for session, taken in zip(sessions, times):
        start = time.perf_counter()
        session.run(None, feeds)
        if turn >= 10:
            taken.append((time.perf_counter() - start) * 1e3)
for path, taken in zip(sys.argv[1:], times):
    print(f"{path}: median {statistics.median(taken):.2f} ms, fastest {min(taken):.2f} ms")

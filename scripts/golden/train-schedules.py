"""Keras' learning rate schedules at chosen steps; what @zoo/train's schedules are checked against.

    python scripts/golden/train-schedules.py            # writes packages/train/test/fixtures/schedules.json
    python scripts/golden/train-schedules.py --check    # recomputes and compares, exit status 1 if different
"""

import json
import os
import pathlib
import sys

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np

FIXTURE = pathlib.Path(__file__).parents[2] / "packages/train/test/fixtures/schedules.json"
STEPS = [0, 1, 2, 5, 9, 10, 11, 19, 20, 21, 30, 31, 49, 50, 70, 71, 99, 100, 101, 150, 151, 250, 1000]


def compute():
    schedules = keras.optimizers.schedules
    cases = {
        "constant pieces": schedules.PiecewiseConstantDecay([10, 50, 100], [0.1, 0.01, 0.001, 0.0001]),
        "exponential": schedules.ExponentialDecay(0.1, 20, 0.5),
        "exponential staircase": schedules.ExponentialDecay(0.1, 20, 0.5, staircase=True),
        "inverse time": schedules.InverseTimeDecay(0.1, 20, 0.5),
        "inverse time staircase": schedules.InverseTimeDecay(0.1, 20, 0.5, staircase=True),
        "polynomial": schedules.PolynomialDecay(0.1, 100, 0.01, power=2.0),
        "polynomial cycle": schedules.PolynomialDecay(0.1, 50, 0.01, power=0.5, cycle=True),
        "cosine": schedules.CosineDecay(0.1, 100, alpha=0.1),
        "warmup cosine": schedules.CosineDecay(0.0, 90, alpha=0.05, warmup_target=0.2, warmup_steps=10),
        "restarts": schedules.CosineDecayRestarts(0.1, 10, t_mul=2.0, m_mul=0.9, alpha=0.1),
        "restarts of one length": schedules.CosineDecayRestarts(0.1, 10, t_mul=1.0, m_mul=0.5),
    }
    rates = {name: [float(keras.ops.convert_to_numpy(s(step))) for step in STEPS] for name, s in cases.items()}
    return {"steps": STEPS, "rates": rates, "configs": {name: schedules.serialize(s) for name, s in cases.items()}}


def main():
    values = compute()
    if "--check" not in sys.argv:
        FIXTURE.write_text(json.dumps(values) + "\n")
        return
    stored = json.loads(FIXTURE.read_text())
    if stored["configs"] != values["configs"]:
        sys.exit(f"configurations differ from {FIXTURE}")
    for name, rates in values["rates"].items():
        if not np.allclose(stored["rates"][name], rates, rtol=1e-5, atol=1e-9):
            sys.exit(f"{name}: differs from {FIXTURE}")


if __name__ == "__main__":
    main()

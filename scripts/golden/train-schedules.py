"""Keras' learning rate schedules at chosen steps and PyTorch's at every step; what @zoo/train's schedules are checked against.

    python scripts/golden/train-schedules.py            # writes packages/train/test/fixtures/schedules.json
    python scripts/golden/train-schedules.py --check    # recomputes and compares, exit status 1 if different
"""

import json
import os
import pathlib
import sys
import warnings

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import torch
from torch.optim.lr_scheduler import (
    CosineAnnealingWarmRestarts,
    LinearLR,
    MultiStepLR,
    OneCycleLR,
    SequentialLR,
    StepLR,
)

FIXTURE = pathlib.Path(__file__).parents[2] / "packages/train/test/fixtures/schedules.json"
STEPS = [0, 1, 2, 5, 9, 10, 11, 19, 20, 21, 30, 31, 49, 50, 70, 71, 99, 100, 101, 150, 151, 250, 1000]


TORCH_STEPS = 101


def torch_schedule(make):
    """The rate of each step, of an optimizer at 0.1."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], 0.1)
    with warnings.catch_warnings():
        # Steps of the scheduler alone, and SequentialLR's own call of it.
        warnings.simplefilter("ignore")
        schedule = make(optimizer)
        rates = []
        for step in range(TORCH_STEPS):
            rates.append(optimizer.param_groups[0]["lr"])
            if step < TORCH_STEPS - 1:
                schedule.step()
    return rates


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
    torch_rates = {
        "one cycle": torch_schedule(lambda o: OneCycleLR(o, 0.4, total_steps=101)),
        "one cycle, linear": torch_schedule(
            lambda o: OneCycleLR(o, 0.4, total_steps=101, pct_start=0.25, anneal_strategy="linear", div_factor=10, final_div_factor=50)
        ),
        "one cycle, three phases": torch_schedule(lambda o: OneCycleLR(o, 0.4, total_steps=101, three_phase=True)),
        "steps": torch_schedule(lambda o: StepLR(o, 20, gamma=0.5)),
        "milestones": torch_schedule(lambda o: MultiStepLR(o, [10, 50, 71], gamma=0.3)),
        "warm restarts": torch_schedule(lambda o: CosineAnnealingWarmRestarts(o, 10, T_mult=2, eta_min=0.01)),
        "warm-up, then steps": torch_schedule(
            lambda o: SequentialLR(o, [LinearLR(o, 0.1, total_iters=10), StepLR(o, 20, gamma=0.5)], [10])
        ),
    }
    rates = {name: [float(keras.ops.convert_to_numpy(s(step))) for step in STEPS] for name, s in cases.items()}
    return {"steps": STEPS, "rates": rates, "torch": torch_rates, "configs": {name: schedules.serialize(s) for name, s in cases.items()}}


def main():
    values = compute()
    if "--check" not in sys.argv:
        FIXTURE.write_text(json.dumps(values) + "\n")
        return
    stored = json.loads(FIXTURE.read_text())
    if stored["configs"] != values["configs"]:
        sys.exit(f"configurations differ from {FIXTURE}")
    for name, rates in values["torch"].items():
        if not np.allclose(stored["torch"][name], rates, rtol=1e-5, atol=1e-9):
            sys.exit(f"{name}: differs from {FIXTURE}")
    for name, rates in values["rates"].items():
        if not np.allclose(stored["rates"][name], rates, rtol=1e-5, atol=1e-9):
            sys.exit(f"{name}: differs from {FIXTURE}")


if __name__ == "__main__":
    main()

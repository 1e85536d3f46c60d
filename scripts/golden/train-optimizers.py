"""Ten updates by PyTorch's and Keras' optimizers on gradients made by a formula; what @zoo/train's optimizers are checked against.

    python scripts/golden/train-optimizers.py            # writes packages/train/test/fixtures/optimizers.json
    python scripts/golden/train-optimizers.py --check    # recomputes and compares, exit status 1 if different

Needs torch and keras (CPU builds). The weights and gradients are `formula` below and in test/support/formula.ts.
"""

import json
import math
import os
import pathlib
import sys

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import torch

FIXTURE = pathlib.Path(__file__).parents[2] / "packages/train/test/fixtures/optimizers.json"
SHAPES = {"kernel": (3, 4), "bias": (4,)}
STEPS = 10


def formula(shape, phase):
    """sin of the flat index, shifted by `phase`: values in [-1, 1] without a pattern."""
    count = math.prod(shape)
    return np.array([math.sin(1.7 * index + phase) for index in range(count)], np.float32).reshape(shape)


def gradients(step):
    return {name: formula(shape, 3.1 * step + 0.5 * len(shape)) for name, shape in SHAPES.items()}


def run_torch(make, learning_rates):
    """Weight decay acts on the kernel only, as ours does by default."""
    weights = {name: torch.nn.Parameter(torch.tensor(formula(shape, 0.3))) for name, shape in SHAPES.items()}
    optimizer = make(weights)
    for step, rate in zip(range(STEPS), learning_rates):
        for group in optimizer.param_groups:
            group["lr"] = rate
        for name, gradient in gradients(step).items():
            weights[name].grad = torch.tensor(gradient)
        optimizer.step()
    return {name: weight.detach().flatten().tolist() for name, weight in weights.items()}


def groups(weights, decay):
    return [{"params": [weights["kernel"]], "weight_decay": decay}, {"params": [weights["bias"]], "weight_decay": 0.0}]


def run_keras(optimizer, learning_rates):
    weights = {name: keras.Variable(formula(shape, 0.3), name=name) for name, shape in SHAPES.items()}
    optimizer.build(list(weights.values()))
    for step, rate in zip(range(STEPS), learning_rates):
        optimizer.learning_rate = rate
        optimizer.apply([keras.ops.convert_to_tensor(gradient) for gradient in gradients(step).values()])
    return {name: keras.ops.convert_to_numpy(weight).flatten().tolist() for name, weight in weights.items()}


def compute():
    constant = [0.1] * STEPS
    falling = [0.1 * 0.7**step for step in range(STEPS)]
    sgd = torch.optim.SGD
    return {
        "torch SGD": run_torch(lambda w: sgd(w.values(), 0.1), falling),
        "torch SGD momentum": run_torch(lambda w: sgd(groups(w, 0.01), 0.1, momentum=0.9), falling),
        "torch SGD nesterov": run_torch(lambda w: sgd(groups(w, 0.01), 0.1, momentum=0.9, nesterov=True), falling),
        "torch Adam": run_torch(lambda w: torch.optim.Adam(w.values(), 0.1), falling),
        "torch AdamW": run_torch(lambda w: torch.optim.AdamW(groups(w, 0.05), 0.1), falling),
        "keras SGD momentum": run_keras(keras.optimizers.SGD(momentum=0.9), constant),
        "keras SGD nesterov": run_keras(keras.optimizers.SGD(momentum=0.9, nesterov=True), constant),
        "keras Adam": run_keras(keras.optimizers.Adam(epsilon=1e-8), constant),
        "torch RMSprop": run_torch(lambda w: torch.optim.RMSprop(groups(w, 0.01), 0.1), falling),
        "torch RMSprop centered, momentum": run_torch(
            lambda w: torch.optim.RMSprop(groups(w, 0.01), 0.1, momentum=0.9, centered=True), falling
        ),
        "torch NAdam": run_torch(lambda w: torch.optim.NAdam(groups(w, 0.01), 0.1), falling),
        "torch Adagrad": run_torch(lambda w: torch.optim.Adagrad(groups(w, 0.01), 0.1), falling),
        "keras SGD momentum, falling": run_keras(keras.optimizers.SGD(momentum=0.9), falling),
        "keras SGD nesterov, falling": run_keras(keras.optimizers.SGD(momentum=0.9, nesterov=True), falling),
        "keras RMSprop": run_keras(keras.optimizers.RMSprop(), falling),
        "keras RMSprop centered, momentum": run_keras(keras.optimizers.RMSprop(momentum=0.9, centered=True), falling),
        "keras Adagrad": run_keras(keras.optimizers.Adagrad(), falling),
        "keras Nadam": run_keras(keras.optimizers.Nadam(), falling),
        "keras Lion": run_keras(keras.optimizers.Lion(weight_decay=0.05), falling),
        "keras Lamb": run_keras(keras.optimizers.Lamb(weight_decay=0.05), falling),
        "keras Adam, large epsilon": run_keras(keras.optimizers.Adam(epsilon=1e-2), constant),
    }


def main():
    values = compute()
    if "--check" not in sys.argv:
        FIXTURE.write_text(json.dumps({k: {n: [round(x, 7) for x in v] for n, v in w.items()} for k, w in values.items()}) + "\n")
        return
    stored = json.loads(FIXTURE.read_text())
    for case, weights in values.items():
        for name, row in weights.items():
            if not np.allclose(stored[case][name], row, rtol=1e-5, atol=2e-6):
                sys.exit(f"{case}, {name}: differs from {FIXTURE}")


if __name__ == "__main__":
    main()

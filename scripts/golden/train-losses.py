"""Losses of PyTorch and Keras with their gradients on logits made by a formula; what @zoo/train's losses are checked against.

    python scripts/golden/train-losses.py            # writes packages/train/test/fixtures/losses.json
    python scripts/golden/train-losses.py --check    # recomputes and compares, exit status 1 if different

Needs torch, timm and keras (CPU builds). The logits are 3 * sin(1.7 * index + 0.3), in test/support/formula.ts too.
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
import torch.nn.functional as F
from timm.loss import BinaryCrossEntropy

FIXTURE = pathlib.Path(__file__).parents[2] / "packages/train/test/fixtures/losses.json"
SHAPE = (4, 3)
LOGITS = np.array([3 * math.sin(1.7 * index + 0.3) for index in range(12)], np.float32).reshape(SHAPE)
ONE_HOT = np.eye(3, dtype=np.float32)[[0, 2, 1, 2]]
SOFT = np.array([[0.7, 0.3, 0], [0, 0.5, 0.5], [0, 1, 0], [0.2, 0.2, 0.6]], np.float32)
MULTI_HOT = np.array([[1, 1, 0], [0, 0, 0], [0, 1, 0], [1, 1, 1]], np.float32)
WEIGHTS = torch.tensor([1.0, 2.0, 0.5])


def case(loss):
    """Losses [4] by `loss(logits)` and the gradients of their sum. [4, 3]"""
    logits = torch.tensor(LOGITS, requires_grad=True)
    losses = loss(logits)
    losses.sum().backward()
    return {"losses": losses.detach().tolist(), "gradients": logits.grad.flatten().tolist()}


def one_unit(loss):
    """The same for a head of one unit: the last column of the logits, labelled by the last column."""
    logits = torch.tensor(LOGITS[:, 2:], requires_grad=True)
    losses = loss(logits)
    losses.sum().backward()
    return {"losses": losses.detach().flatten().tolist(), "gradients": logits.grad.flatten().tolist()}


def compute():
    one_hot, soft, multi_hot = map(torch.tensor, (ONE_HOT, SOFT, MULTI_HOT))
    classes = one_hot.argmax(1)
    binary = F.binary_cross_entropy_with_logits
    losses = keras.losses
    timm_smoothed = BinaryCrossEntropy(smoothing=0.1)
    teacher = torch.tensor(LOGITS[:, ::-1].copy())

    def distilled(z, temperature=3.0, share=0.7):
        divergence = F.kl_div(F.log_softmax(z / temperature, 1), F.softmax(teacher / temperature, 1), reduction="none")
        return (1 - share) * F.cross_entropy(z, classes, reduction="none") + share * temperature**2 * divergence.sum(1)

    return {
        "torch distillation": case(distilled),
        "torch cross-entropy, soft labels, smoothed": case(
            lambda z: F.cross_entropy(z, soft, label_smoothing=0.1, reduction="none")
        ),
        "torch cross-entropy, weighted classes": case(lambda z: F.cross_entropy(z, classes, WEIGHTS, reduction="none")),
        "torch binary cross-entropy": case(lambda z: binary(z, multi_hot, reduction="none").mean(1)),
        "torch binary cross-entropy, weighted classes": case(
            lambda z: binary(z, multi_hot, WEIGHTS, reduction="none").mean(1)
        ),
        "timm binary cross-entropy of a softmax head, smoothed": case(
            lambda z: torch.stack([timm_smoothed(z[i : i + 1], classes[i : i + 1]) for i in range(4)])
        ),
        "torch binary cross-entropy of one unit": one_unit(lambda z: binary(z, one_hot[:, 2:], reduction="none")),
        "keras binary cross-entropy, smoothed": case(
            lambda z: losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1, reduction=None)(multi_hot, z)
        ),
        "keras categorical focal, smoothed": case(
            lambda z: losses.CategoricalFocalCrossentropy(
                alpha=1, gamma=2, from_logits=True, label_smoothing=0.1, reduction=None
            )(one_hot, z)
        ),
        "keras binary focal, balanced, smoothed": case(
            lambda z: losses.BinaryFocalCrossentropy(
                apply_class_balancing=True, alpha=0.25, gamma=1.5, from_logits=True, label_smoothing=0.1, reduction=None
            )(multi_hot, z)
        ),
        "keras binary focal of one unit": one_unit(
            lambda z: losses.BinaryFocalCrossentropy(gamma=2, from_logits=True, reduction=None)(one_hot[:, 2:], z)
        ),
    }


def main():
    values = compute()
    if "--check" not in sys.argv:
        rounded = {k: {n: [round(x, 7) for x in v] for n, v in rows.items()} for k, rows in values.items()}
        FIXTURE.write_text(json.dumps(rounded) + "\n")
        return
    stored = json.loads(FIXTURE.read_text())
    for name, rows in values.items():
        for key, row in rows.items():
            if not np.allclose(stored[name][key], row, rtol=1e-5, atol=2e-6):
                sys.exit(f"{name}, {key}: differs from {FIXTURE}")


if __name__ == "__main__":
    main()

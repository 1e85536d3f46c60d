"""Ten updates by PyTorch's and Keras' optimizers on gradients made by a formula; what @zoo/train's optimizers are checked against.

    python scripts/golden/train-optimizers.py            # writes packages/train/test/fixtures/optimizers.json
    python scripts/golden/train-optimizers.py --check    # recomputes and compares, exit status 1 if different

Needs torch, timm and keras (CPU builds). The weights and gradients are `formula` below and in test/support/formula.ts.
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
from timm.optim import Lars
from timm.optim.lookahead import Lookahead
from timm.utils.agc import adaptive_clip_grad

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


def run_thawed(make, learning_rates, frozen_steps):
    """The kernel has no gradients for the first steps, and a quarter of the learning rate."""
    weights = {name: torch.nn.Parameter(torch.tensor(formula(shape, 0.3))) for name, shape in SHAPES.items()}
    optimizer = make([{"params": [weights["kernel"]]}, {"params": [weights["bias"]]}])
    for step, rate in zip(range(STEPS), learning_rates):
        for group, factor in zip(optimizer.param_groups, (0.25, 1)):
            group["lr"] = rate * factor
        for name, gradient in gradients(step).items():
            is_frozen = name == "kernel" and step < frozen_steps
            weights[name].grad = None if is_frozen else torch.tensor(gradient)
        optimizer.step()
    return {name: weight.detach().flatten().tolist() for name, weight in weights.items()}


def lookahead(optimizer, **options):
    """timm's, whose slow weights begin with the first weights once it is told so."""
    wrapped = Lookahead(optimizer, **options)
    for group in wrapped.param_groups:
        for weight in group["params"]:
            weight.grad = torch.zeros_like(weight)
    wrapped.sync_lookahead()
    return wrapped


class PaperLookahead:
    """Algorithm 1 of the paper, for Adam, whose state timm's mixes up with its own before the first step."""

    def __init__(self, optimizer, alpha=0.5, k=6):
        self.optimizer, self.alpha, self.k, self.steps = optimizer, alpha, k, 0
        self.param_groups = optimizer.param_groups
        self.slow = [[weight.detach().clone() for weight in group["params"]] for group in self.param_groups]

    @torch.no_grad()
    def step(self):
        self.optimizer.step()
        self.steps += 1
        if self.steps % self.k != 0:
            return
        for group, slow_weights in zip(self.param_groups, self.slow):
            for fast, slow in zip(group["params"], slow_weights):
                slow.lerp_(fast, self.alpha)
                fast.copy_(slow)


class ScheduleFreeAdamW:
    """Algorithm 1 of Defazio et al. 2024 with Adam's steps, its three sequences written out; steps weigh by the highest rate squared."""

    def __init__(self, param_groups, beta=0.9, beta2=0.999, eps=1e-8, ends_with_average=False):
        self.param_groups, self.beta, self.beta2, self.eps = param_groups, beta, beta2, eps
        self.ends_with_average = ends_with_average
        self.weights = [(weight, group) for group in param_groups for weight in group["params"]]
        self.z = [weight.detach().clone() for weight, _ in self.weights]
        self.x = [weight.detach().clone() for weight, _ in self.weights]
        self.v = [torch.zeros_like(weight) for weight, _ in self.weights]
        self.steps, self.total, self.highest = 0, 0.0, 0.0

    @torch.no_grad()
    def step(self):
        self.steps += 1
        rate = self.param_groups[0]["lr"]
        self.highest = max(self.highest, rate)
        self.total += self.highest**2
        share = self.highest**2 / self.total
        for index, (weight, group) in enumerate(self.weights):
            y = (1 - self.beta) * self.z[index] + self.beta * self.x[index]
            self.v[index] = self.beta2 * self.v[index] + (1 - self.beta2) * weight.grad**2
            root = (self.v[index] / (1 - self.beta2**self.steps)).sqrt() + self.eps
            self.z[index] = self.z[index] - rate * (weight.grad / root + group["weight_decay"] * y)
            self.x[index] = (1 - share) * self.x[index] + share * self.z[index]
            weight.copy_((1 - self.beta) * self.z[index] + self.beta * self.x[index])
            if self.ends_with_average and self.steps == STEPS:
                weight.copy_(self.x[index])


def clip_adaptively(factor):
    """Gradients ten times the first ones, clipped by timm; kernels have outputs first in PyTorch."""
    weights = {name: torch.nn.Parameter(torch.tensor(formula(shape, 0.3).T.copy())) for name, shape in SHAPES.items()}
    for name, gradient in gradients(0).items():
        weights[name].grad = torch.tensor(10 * gradient.T.copy())
    adaptive_clip_grad(weights.values(), clip_factor=factor)
    return {name: weight.grad.numpy().T.flatten().tolist() for name, weight in weights.items()}


def groups(weights, decay):
    return [{"params": [weights["kernel"]], "weight_decay": decay}, {"params": [weights["bias"]], "weight_decay": 0.0}]


def run_keras(optimizer, learning_rates):
    weights = {name: keras.Variable(formula(shape, 0.3), name=name) for name, shape in SHAPES.items()}
    optimizer.build(list(weights.values()))
    for step, rate in zip(range(STEPS), learning_rates):
        optimizer.learning_rate = rate
        optimizer.apply([keras.ops.convert_to_tensor(gradient) for gradient in gradients(step).values()])
    return {name: keras.ops.convert_to_numpy(weight).flatten().tolist() for name, weight in weights.items()}


def run_muon(shape, learning_rates, **options):
    """torch.optim.Muon in float32 on a convolution's kernel [height, width, in, out], AdamW on the bias."""
    columns = shape[-1]
    kernel = torch.nn.Parameter(torch.tensor(formula(shape, 0.3).reshape(-1, columns).T.copy()))
    bias = torch.nn.Parameter(torch.tensor(formula((columns,), 0.3)))
    rules = [torch.optim.Muon([kernel], 0.1, weight_decay=0.05, **options), torch.optim.AdamW([bias], 0.1, weight_decay=0)]
    # It computes in bfloat16, whose 8 bits are a graphics card's bargain and show in every value.
    half, torch.Tensor.bfloat16 = torch.Tensor.bfloat16, torch.Tensor.clone
    try:
        for step, rate in zip(range(STEPS), learning_rates):
            kernel.grad = torch.tensor(formula(shape, 3.1 * step + 2).reshape(-1, columns).T.copy())
            bias.grad = torch.tensor(formula((columns,), 3.1 * step + 0.5))
            for rule in rules:
                rule.param_groups[0]["lr"] = rate
                rule.step()
    finally:
        torch.Tensor.bfloat16 = half
    return {"kernel": kernel.detach().T.flatten().tolist(), "bias": bias.detach().flatten().tolist()}


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
        "timm LARS": run_torch(lambda w: Lars(groups(w, 0.01), 1.0, momentum=0.9, trust_coeff=0.02), falling),
        "timm LARS nesterov, clipped": run_torch(
            lambda w: Lars(groups(w, 0.01), 1.0, momentum=0.9, nesterov=True, trust_coeff=0.02, trust_clip=True), falling
        ),
        "timm Lookahead of SGD": run_torch(
            lambda w: lookahead(sgd(groups(w, 0.01), 0.1, momentum=0.9), alpha=0.4, k=3), falling
        ),
        "torch Lookahead of AdamW": run_torch(lambda w: PaperLookahead(torch.optim.AdamW(groups(w, 0.05), 0.1)), falling),
        "schedule-free AdamW": run_torch(lambda w: ScheduleFreeAdamW(groups(w, 0.05)), falling),
        "schedule-free AdamW, averaged": run_torch(
            lambda w: ScheduleFreeAdamW(groups(w, 0.05), ends_with_average=True), falling
        ),
        "torch Adam, thawed": run_thawed(lambda g: torch.optim.Adam(g, 0.1), falling, 4),
        "torch SGD momentum, thawed": run_thawed(lambda g: sgd(g, 0.1, momentum=0.9), falling, 4),
        "torch Muon, tall": run_muon((2, 2, 3, 4), falling, adjust_lr_fn="match_rms_adamw"),
        "torch Muon, wide": run_muon((1, 1, 3, 8), falling, adjust_lr_fn="match_rms_adamw", nesterov=False, momentum=0.8),
        "torch Muon, original": run_muon((1, 1, 3, 8), falling, ns_steps=3),
        "timm adaptive clipping, loose": clip_adaptively(3.0),
        "timm adaptive clipping, tight": clip_adaptively(0.01),
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

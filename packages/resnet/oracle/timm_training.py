"""A training step of timm's networks with random weights: their safetensors, the loss and the norm of all gradients.

Usage: timm_training.py job.json, where the job is {"names": [...], "batch": count, "side": pixels, "directory": path}
"""

import json
import sys

import torch
from timm_networks import saved, values

job = json.load(open(sys.argv[1]))
torch.manual_seed(11)
answers = {}
for name in job["names"]:
    model = saved(name, job["directory"]).train()
    pictures = torch.randn(job["batch"], 3, job["side"], job["side"])
    labels = torch.arange(job["batch"]) % 10
    loss = torch.nn.functional.cross_entropy(model(pictures), labels)
    loss.backward()
    squares = sum(float(parameter.grad.double().square().sum()) for parameter in model.parameters())
    answers[name] = {"pictures": values(pictures), "labels": labels.tolist(), "loss": float(loss.detach()), "gradientNorm": squares**0.5}
print(json.dumps(answers))

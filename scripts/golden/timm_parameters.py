"""Trained parameters of every residual network of timm 1.0 (resnet.py, resnetv2.py, senet.py), on the meta device: no weight is made.

Usage: python scripts/golden/timm_parameters.py > packages/resnet/test/fixtures/timm-parameters.json
"""
import json

import timm
import torch

MODULES = ("resnet", "resnetv2", "senet")


def parameters(name: str) -> int:
    with torch.device("meta"):
        model = timm.create_model(name, pretrained=False)
    return sum(parameter.numel() for parameter in model.parameters())


names = sorted({name for module in MODULES for name in timm.list_models(module=module)})
print(json.dumps({name: parameters(name) for name in names}, indent=2))

"""timm's networks with random weights, and what timm makes of pictures of other channels with them.

Usage: adapt_network.py job.json, where the job is {"names": [...], "channels": [...], "directory": path}
"""

import json
import sys

import timm
import torch
from safetensors.torch import save_file

job = json.load(open(sys.argv[1]))
torch.manual_seed(7)


def values(tensor):
    ordered = tensor.permute(0, 2, 3, 1) if tensor.ndim == 4 else tensor
    return {"shape": list(ordered.shape), "values": ordered.flatten().tolist()}


def randomized(name):
    model = timm.create_model(name, num_classes=10)
    for key, buffer in model.named_buffers():
        if key.endswith("running_mean"):
            buffer.normal_(0, 0.1)
        if key.endswith("running_var"):
            buffer.uniform_(0.5, 1.5)
    for parameter in model.parameters():
        if parameter.ndim == 1:
            parameter.uniform_(0.3, 0.7)
    return model


answers = {}
with torch.no_grad():
    for name in job["names"]:
        path = f"{job['directory']}/{name}.safetensors"
        save_file({key: tensor.contiguous() for key, tensor in randomized(name).state_dict().items()}, path)
        answers[name] = []
        for channels in job["channels"]:
            overlay = {"file": path, "num_classes": 10, "custom_load": False}
            model = timm.create_model(name, pretrained=True, in_chans=channels, num_classes=5, pretrained_cfg_overlay=overlay).eval()
            picture = torch.randn(1, channels, 64, 64)
            features = model.forward_head(model.forward_features(picture), pre_logits=True)
            answers[name].append({"picture": values(picture), "features": values(features.flatten(1))})
print(json.dumps(answers))

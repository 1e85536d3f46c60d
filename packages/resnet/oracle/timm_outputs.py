"""timm's networks with random weights: their safetensors, and what they make of pictures of two sizes, stage by stage.

Usage: timm_outputs.py job.json, where the job is {"sizes": {name: [[height, width], ...], ...}, "directory": path}
"""

import json
import sys

import timm
import torch
from safetensors.torch import save_file

job = json.load(open(sys.argv[1]))
torch.manual_seed(7)


def values(tensor):
    """In the order of channels-last pictures."""
    ordered = tensor.permute(0, 2, 3, 1) if tensor.ndim == 4 else tensor
    return {"shape": list(ordered.shape), "values": ordered.flatten().tolist()}


def randomized(name):
    model = timm.create_model(name, num_classes=10).eval()
    for key, buffer in model.named_buffers():
        if key.endswith("running_mean"):
            buffer.normal_(0, 0.1)
        if key.endswith("running_var"):
            buffer.uniform_(0.5, 1.5)
    for parameter in model.parameters():
        if parameter.ndim == 1:
            parameter.uniform_(0.3, 0.7)
    return model


def features(model, picture):
    """What the four stages put out, as each of timm's three modules computes them; resnetv2.py's own method fails for odd sizes."""
    if hasattr(model, "stem"):
        x, stages = model.stem(picture), model.stages
    elif hasattr(model, "layer0"):
        x, stages = model.pool0(model.layer0(picture)), (model.layer1, model.layer2, model.layer3, model.layer4)
    else:
        return model.forward_intermediates(picture, intermediates_only=True)[1:]
    outputs = []
    for stage in stages:
        x = stage(x)
        outputs.append(x)
    return outputs


answers = {}
with torch.no_grad():
    for name, sizes in job["sizes"].items():
        model = randomized(name)
        save_file({key: tensor.contiguous() for key, tensor in model.state_dict().items()}, f"{job['directory']}/{name}.safetensors")
        answers[name] = []
        for height, width in sizes:
            picture = torch.randn(1, 3, height, width)
            stages = features(model, picture)
            answers[name].append({"picture": values(picture), "stages": [values(stage) for stage in stages], "output": values(model(picture))})
print(json.dumps(answers))

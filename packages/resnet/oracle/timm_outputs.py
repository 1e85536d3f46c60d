"""timm's networks with random weights: their safetensors, and what they make of pictures of two sizes, stage by stage.

Usage: timm_outputs.py job.json, where the job is {"sizes": {name: [[height, width], ...], ...}, "directory": path}
"""

import json
import sys

import torch

from timm_networks import saved, values

job = json.load(open(sys.argv[1]))
torch.manual_seed(7)


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
        model = saved(name, job["directory"])
        answers[name] = []
        for height, width in sizes:
            picture = torch.randn(1, 3, height, width)
            stages = features(model, picture)
            answers[name].append({"picture": values(picture), "stages": [values(stage) for stage in stages], "output": values(model(picture))})
print(json.dumps(answers))

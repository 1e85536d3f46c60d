"""What timm makes of pictures with models out of folders.

Usage: hub_folder.py job.json, where the job is {"folders": [...], "pictures": [{"shape": [n, h, w, c], "values": [...]}, ...]}
"""

import json
import sys

import timm
import torch

job = json.load(open(sys.argv[1]))
answers = []
with torch.no_grad():
    for folder, picture in zip(job["folders"], job["pictures"]):
        model = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
        pixels = torch.tensor(picture["values"]).reshape(picture["shape"]).permute(0, 3, 1, 2)
        data = timm.data.resolve_model_data_config(model)
        config = {key: data[key] for key in ("input_size", "interpolation", "mean", "std", "crop_pct", "crop_mode")}
        answers.append({"output": model(pixels).flatten().tolist(), "data": config, "labels": model.pretrained_cfg.get("label_names")})
print(json.dumps(answers))

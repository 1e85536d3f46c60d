"""A torchvision ResNet-18 with other classes, some steps of training, its state_dict, and what it says of photographs.

Usage: pytorch_training.py job.json, where the job is {"pictures": [path, ...], "weights": path to write}
"""

import json
import sys
import types


import torch

sys.modules.setdefault("torchvision._meta_registrations", types.ModuleType("torchvision._meta_registrations"))

from PIL import Image
from torchvision import models, transforms

job = json.load(open(sys.argv[1]))
torch.manual_seed(0)
transform = transforms.Compose(
    [
        transforms.Resize(256),
        transforms.CenterCrop(224),
        transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ]
)
batch = torch.stack([transform(Image.open(path).convert("RGB")) for path in job["pictures"]])
labels = torch.arange(len(batch)) % 3
model = models.resnet18(num_classes=3)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for _ in range(2):
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(model(batch), labels).backward()
    optimizer.step()
model.eval()
torch.save(model.state_dict(), job["weights"])
with torch.no_grad():
    print(json.dumps(model(batch).softmax(1).tolist()))

"""PyTorch's training and inference steps on a CUDA card, those that webgpu-card.ts times: SGD with momentum, one batch kept on the card.

`python3 torch_card.py`: a line of JSON for each network in float32 (TF32 off), with TF32, and in bfloat16 by autocast.
"""

import json
import time

import torch
import torchvision
from torch import nn

torch.backends.cudnn.benchmark = True
WARM_UP_STEPS, STEPS_A_ROUND, ROUNDS = 5, 5, 7


class Block(nn.Module):
    """The basic block of the CIFAR family, with a projection where the shape changes."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        projection = [nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)]
        self.shortcut = nn.Sequential(*([] if inputs == outputs else projection))

    def forward(self, x):
        branch = torch.relu(self.norm1(self.conv1(x)))
        return torch.relu(self.norm2(self.conv2(branch)) + self.shortcut(x))


def resnet20():
    layers = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    inputs = 16
    for outputs, stride in ((16, 1), (32, 2), (64, 2)):
        for index in range(3):
            layers.append(Block(inputs, outputs, stride if index == 0 else 1))
            inputs = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def milliseconds(run, times):
    torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(times):
        run()
    torch.cuda.synchronize()
    return (time.perf_counter() - start) / times * 1000


def measure(name, make, size, batch, classes, mode):
    allows_tf32 = mode == "tf32"
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = allows_tf32
    model = make().cuda().to(memory_format=torch.channels_last)
    images = torch.randn(batch, 3, size, size, device="cuda").to(memory_format=torch.channels_last)
    labels = torch.arange(batch, device="cuda") % classes
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    precision = torch.autocast("cuda", dtype=torch.bfloat16, enabled=mode == "bf16")

    def step():
        optimizer.zero_grad(set_to_none=True)
        with precision:
            loss = nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()

    milliseconds(step, WARM_UP_STEPS)
    rounds = sorted(milliseconds(step, STEPS_A_ROUND) for _ in range(ROUNDS))
    result = {
        "peer": f"PyTorch {torch.__version__}",
        "card": torch.cuda.get_device_name(0),
        "network": name,
        "size": size,
        "batch": batch,
        "mode": mode,
        "trainingStepMs": rounds[ROUNDS // 2],
    }
    model.eval()
    with torch.no_grad(), precision:
        for count in (1, batch):
            some = images[:count].contiguous(memory_format=torch.channels_last)
            milliseconds(lambda: model(some), WARM_UP_STEPS)
            result[f"predict{count}Ms"] = milliseconds(lambda: model(some), 20)
    print(json.dumps(result), flush=True)


for mode in ("float32", "tf32", "bf16"):
    measure("resnet50", torchvision.models.resnet50, 224, 32, 1000, mode)
    measure("resnet18", torchvision.models.resnet18, 224, 32, 1000, mode)
    measure("resnet20", resnet20, 32, 128, 10, mode)

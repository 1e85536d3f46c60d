"""Outputs of torchvision's, timm's and akamaster's ResNets on formula-filled weights."""

import os

os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")

import torch
from torch import nn

# A torchvision built for another torch registers operators that aren't there; its residual networks need none of them.
torch.library.register_fake = lambda *args, **kwargs: lambda function: function

import timm
from torchvision.models import resnet as torchvision_resnet

from resnet_formula import main, picture, summarize, weight

SMALL = (37, 45)
ODD = (193, 225)
FULL = (224, 224)

KINDS = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}


def keras_name(name):
    """`layer1.0.conv2` and its like as Keras calls the layer."""
    parts = name.split(".")
    if parts[0] == "conv1" and len(parts) == 2:  # timm's deep stem: three convolutions in one
        return {"0": "conv1_1_conv", "1": "conv1_1_bn", "3": "conv1_2_conv", "4": "conv1_2_bn", "6": "conv1_conv"}[parts[1]]
    if parts[0] in ("conv1", "bn1"):
        return "conv1_conv" if parts[0] == "conv1" else "conv1_bn"
    if parts[0] in ("fc", "linear"):
        return "predictions"
    block = f"conv{int(parts[0][-1]) + 1}_block{int(parts[1]) + 1}"
    part = parts[2]
    if part in ("downsample", "shortcut"):
        return f"{block}_0_{'bn' if isinstance_of_norm(parts[3]) else 'conv'}"
    if part == "se":
        return f"{block}_se_{'reduce' if parts[3] == 'fc1' else 'expand'}_conv"
    return f"{block}_{part[-1]}_{'conv' if part.startswith('conv') else 'bn'}"


def isinstance_of_norm(index):
    # torchvision: convolution 0, norm 1; timm's ResNet-D: pool 0, convolution 1, norm 2.
    return index == NORM_INDEX[0]


NORM_INDEX = ["1"]


def fill(model):
    for name, module in model.named_modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            shape = tuple(module.weight.shape)
            order = (2, 3, 1, 0) if len(shape) == 4 else (1, 0)
            back = (3, 2, 0, 1) if len(shape) == 4 else (1, 0)
            kernel = weight(keras_name(name), "kernel", tuple(shape[axis] for axis in order))
            module.weight.data = torch.from_numpy(kernel.transpose(back).copy())
            if module.bias is not None:
                module.bias.data = torch.from_numpy(weight(keras_name(name), "bias", tuple(module.bias.shape)))
        elif isinstance(module, nn.BatchNorm2d):
            for attribute, kind in KINDS.items():
                values = weight(keras_name(name), kind, tuple(getattr(module, attribute).shape))
                getattr(module, attribute).data = torch.from_numpy(values)
    return model.eval()


class AkamasterBlock(nn.Module):
    """akamaster/pytorch_resnet_cifar10: every second pixel, zero planes on both sides."""

    def __init__(self, planes_in, planes, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(planes_in, planes, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.changes = stride != 1 or planes_in != planes
        self.quarter = planes // 4

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        around = x
        if self.changes:
            around = nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.quarter, self.quarter))
        return torch.relu(y + around)


class AkamasterResNet(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        planes = [16, 16, 32, 64]
        for stage in range(1, 4):
            blocks = [AkamasterBlock(planes[stage - 1 if block == 0 else stage], planes[stage], 2 if stage > 1 and block == 0 else 1) for block in range((depth - 2) // 6)]
            setattr(self, f"layer{stage}", nn.Sequential(*blocks))
        self.linear = nn.Linear(64, 10)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(x.mean((2, 3)))


def run(model, size):
    with torch.no_grad():
        logits = model(torch.from_numpy(picture(*size).transpose(0, 3, 1, 2).copy()))
    return summarize(logits.numpy())


def compute():
    records = {}
    for name in ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "wide_resnet50_2"):
        model = fill(getattr(torchvision_resnet, name)())
        for label, size in (("small", SMALL), ("odd", ODD), ("full", FULL)):
            records[f"{name} torchvision {label}"] = run(model, size)
    dilated = fill(torchvision_resnet.resnet50(replace_stride_with_dilation=[False, True, True]))
    records["resnet50 torchvision dilation 8 odd"] = run(dilated, ODD)
    NORM_INDEX[0] = "2"
    for name in ("resnet18", "resnet50"):
        records[f"{name} resnetD small"] = run(fill(timm.create_model(f"{name}d")), SMALL)
    NORM_INDEX[0] = "1"
    records["se_resnet50 torchvision small"] = run(fill(timm.create_model("seresnet50")), SMALL)
    records["resnext50_32x4d torchvision small"] = run(fill(timm.create_model("resnext50_32x4d")), SMALL)
    records["resnet20 akamaster"] = run(fill(AkamasterResNet(20)), (32, 32))
    return records


if __name__ == "__main__":
    main("resnet-torch", compute)

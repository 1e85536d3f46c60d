"""A training step under PyTorch's DistributedDataParallel with gloo, one thread a rank: `torch_ddp.py resnet18 64 32 10 2`.

Arguments: network, size, pictures a rank and step, steps, ranks. Prints the median milliseconds of a step.
"""

import os
import statistics
import sys
import time

import timm
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import nn

name, size, batch, steps, ranks = sys.argv[1], *map(int, sys.argv[2:6])


class Block(nn.Module):
    """He et al. 2015, section 4.2: two convolutions; the shortcut pads channels (option A)."""

    def __init__(self, before, after, stride):
        super().__init__()
        self.first = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(after)
        self.second = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(after)
        self.stride, self.padding = stride, after - before

    def forward(self, x):
        y = self.second_norm(self.second(torch.relu(self.first_norm(self.first(x)))))
        shortcut = nn.functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.padding))
        return torch.relu(y + shortcut)


def build():
    if name != "resnet20":
        return timm.create_model(name, num_classes=10)
    layers = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    width = 16
    for stage, after in enumerate([16, 32, 64]):
        for index in range(3):
            layers.append(Block(width, after, 2 if stage > 0 and index == 0 else 1))
            width = after
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def train(rank):
    torch.set_num_threads(1)
    torch.manual_seed(1)
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT="29517")
    model = build()
    if ranks > 1:
        dist.init_process_group("gloo", rank=rank, world_size=ranks)
        model = nn.parallel.DistributedDataParallel(model)
    optimizer = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9, weight_decay=1e-4)
    x, y = torch.randn(batch, 3, size, size), torch.arange(batch) % 10
    times = []
    for _ in range(steps + 1):
        start = time.perf_counter()
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
        times.append(time.perf_counter() - start)
    if rank == 0:
        print(f"{1e3 * statistics.median(times[steps // 2 :]):.1f}", flush=True)
    if ranks > 1:
        dist.destroy_process_group()


if __name__ == "__main__":
    if ranks == 1:
        train(0)
    else:
        mp.spawn(train, nprocs=ranks)

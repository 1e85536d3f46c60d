"""One pass of a DataLoader for each line read, its wall and CPU seconds and pictures printed: `torchvision_loading.py rich DIR 224`.

`rich` is torchvision v2's random resized crop, flip and colour jitter on uint8 tensors, `flip` resizing and a flip; two workers, batch 32.
"""

import os
import sys
import time

import torch
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

kind, directory, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
torch.set_num_threads(1)
changes = {
    "rich": [
        v2.RandomResizedCrop(size, antialias=True),
        v2.RandomHorizontalFlip(),
        v2.ColorJitter(brightness=0.4, contrast=0.4, saturation=0.4),
    ],
    "flip": [v2.Resize((size, size), antialias=True), v2.RandomHorizontalFlip()],
}[kind]
transform = v2.Compose([v2.ToImage(), *changes, v2.ToDtype(torch.float32, scale=True)])
loader = torch.utils.data.DataLoader(
    ImageFolder(directory, transform), batch_size=32, shuffle=True, num_workers=2, persistent_workers=True
)


def cpu_seconds():
    """This process' and its workers' processor time."""
    total = time.process_time()
    for worker in getattr(loader._iterator, "_workers", []):
        fields = open(f"/proc/{worker.pid}/stat").read().rsplit(")", 1)[1].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


sum(len(images) for images, _ in loader)  # Starts the workers.
print("ready", flush=True)
for _ in sys.stdin:
    wall, cpu = time.perf_counter(), cpu_seconds()
    count = sum(len(images) for images, _ in loader)
    print(time.perf_counter() - wall, cpu_seconds() - cpu, count, flush=True)

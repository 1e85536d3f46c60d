"""Classes and probabilities that akamaster's ResNet-20 and -56 give in PyTorch to the CIFAR-10 images in shared/data, for @zoo/resnet.

    python scripts/golden/resnet_real_files.py            writes packages/resnet/test/fixtures/resnet-real-files.json
    python scripts/golden/resnet_real_files.py --check    recomputes and compares

The data is in $ZOO_REAL_DATA or in ../shared/data beside the repository; where there is none, this says so and does nothing.
"""

import json
import sys

import numpy as np
import torch
from PIL import Image

from _real_data import REAL_DATA
from resnet_formula import FIXTURES
from resnet_torch import AkamasterResNet

FIXTURE = FIXTURES / "resnet-real-files.json"
FILES = {20: "resnet20-12fca82f", 56: "resnet56-4bfd9763"}
IMAGES = 500
# Of the first so many images every probability is kept, of the others the class.
KEPT = 32
TOLERANCE = 1e-5


def pixels():
    """[image, channel, row, column], normalised as the nets were trained."""
    images = np.asarray(Image.open(REAL_DATA / "cifar10/test-first-500.png").convert("RGB")).reshape(IMAGES, 32, 32, 3)
    scaled = (images / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    return torch.from_numpy(scaled.astype(np.float32).transpose(0, 3, 1, 2).copy())


def probabilities(depth, name):
    model = AkamasterResNet(depth).eval()
    state = torch.load(REAL_DATA / f"torch/{name}.th", map_location="cpu", weights_only=True)["state_dict"]
    model.load_state_dict({key.removeprefix("module."): value for key, value in state.items()})
    with torch.no_grad():
        return torch.softmax(model(pixels()), 1).numpy().astype(np.float64)


def main():
    if not (REAL_DATA / "torch").exists():
        print(f"no {REAL_DATA / 'torch'}: nothing to compute")
        return
    fresh = {name: probabilities(depth, name) for depth, name in FILES.items()}
    if "--check" not in sys.argv:
        records = {
            name: {
                "classes": values.argmax(1).tolist(),
                "probabilities": [[float(f"{value:.7g}") for value in row] for row in values[:KEPT]],
            }
            for name, values in fresh.items()
        }
        rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(record)}" for name, record in records.items())
        FIXTURE.write_text("{\n" + rows + "\n}\n")
        return
    for name, stored in json.loads(FIXTURE.read_text()).items():
        assert stored["classes"] == fresh[name].argmax(1).tolist(), name
        np.testing.assert_allclose(stored["probabilities"], fresh[name][:KEPT], atol=TOLERANCE, err_msg=name)
        print(f"{name}: as committed")


main()

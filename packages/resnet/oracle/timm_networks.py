"""What the oracle's scripts share: timm's networks with random weights, saved as safetensors, and tensors as JSON."""

import timm
import torch
from safetensors.torch import save_file


def values(tensor):
    """In the order of channels-last pictures."""
    ordered = tensor.permute(0, 2, 3, 1) if tensor.ndim == 4 else tensor
    return {"shape": list(ordered.shape), "values": ordered.flatten().tolist()}


@torch.no_grad()
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


def saved(name, directory):
    """The network, and its weights in a file that is called after it."""
    model = randomized(name)
    save_file({key: tensor.contiguous() for key, tensor in model.state_dict().items()}, f"{directory}/{name}.safetensors")
    return model

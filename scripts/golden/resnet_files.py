"""Files of weights in the layouts that are published, with what the nets answer that they belong to.

    python scripts/golden/resnet_files.py <directory>

Weights follow the formula. Nothing of it is committed: packages/resnet/oracle/published-layouts.test.ts runs it.
"""

import json
import pathlib
import re
import sys

import h5py
import safetensors.torch
import torch
from keras.src.legacy.saving import legacy_h5_format

import resnet_keras
import resnet_torch
from resnet_formula import picture, summarize
from resnet_torch import timm, torchvision_resnet

SMALL = resnet_keras.SMALL


def chollet_name(name):
    """fchollet/deep-learning-models, resnet50.py: what conv_block and identity_block call their layers."""
    fixed = {"conv1_conv": "conv1", "conv1_bn": "bn_conv1", "predictions": "fc1000"}
    if name in fixed:
        return fixed[name]
    stage, block, part, kind = re.fullmatch(r"conv(\d)_block(\d)_(\d)_(conv|bn)", name).groups()
    branch = ["1", "2a", "2b", "2c"][int(part)]
    return f"{'res' if kind == 'conv' else 'bn'}{stage}{'abcdef'[int(block) - 1]}_branch{branch}"


def keras_name(name):
    """keras-applications 1.0.8, resnet_common.py: the code of today calls the classifier otherwise, the published files do not."""
    return "probs" if name == "predictions" else name


def qubvel_name(name):
    """qubvel/classification_models, models/resnet.py: handle_block_names and what the builder calls the rest."""
    fixed = {"data_bn": "bn_data", "conv1_conv": "conv0", "conv1_bn": "bn0", "post_bn": "bn1", "predictions": "fc1"}
    if name in fixed:
        return fixed[name]
    stage, block, part = re.fullmatch(r"conv(\d)_block(\d)_(\w+)", name).groups()
    parts = {"preact_bn": "bn1", "1_conv": "conv1", "1_bn": "bn2", "2_conv": "conv2", "0_conv": "sc"}
    return f"stage{int(stage) - 1}_unit{block}_{parts[part]}"


def write_h5(path, model, rename=None):
    """The legacy layout; with other names of layers, as Keras would have written them had they been called so."""
    with h5py.File(path, "w") as file:
        if rename is None:
            legacy_h5_format.save_weights_to_hdf5_group(file, model)
            return
        layers = [layer for layer in model.layers if layer.weights]
        file.attrs["layer_names"] = [rename(layer.name).encode() for layer in layers]
        file.attrs["backend"] = b"tensorflow"
        file.attrs["keras_version"] = b"2.2.4"
        for layer in layers:
            theirs = rename(layer.name)
            group = file.create_group(theirs)
            names = [f"{theirs}/{weight.name.split('/')[-1]}:0" for weight in layer.weights]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, weight in zip(names, layer.weights):
                group.create_dataset(name, data=weight.numpy())


def keras_files(directory):
    for name, build in resnet_keras.APPLICATIONS.items():
        if name not in ("resnet50", "resnet50v2"):
            continue
        notop = resnet_keras.fill(build(weights=None, include_top=False))
        write_h5(directory / f"{name}_notop.h5", notop)
        yield f"{name}.keras_in1k_notop", f"{name}_notop.h5", summarize(notop(picture(*SMALL), training=False))
    top = resnet_keras.fill(resnet_keras.APPLICATIONS["resnet50"](weights=None))
    write_h5(directory / "resnet50.h5", top, keras_name)
    features = resnet_keras.fill(resnet_keras.APPLICATIONS["resnet50"](weights=None, include_top=False, pooling="avg"))
    answer = top.get_layer("predictions")(features(picture(*SMALL), training=False))
    yield "resnet50.keras_in1k", "resnet50.h5", summarize(answer)
    chollet = resnet_keras.fill(resnet_keras.blog_resnet50(SMALL, "explicit", 1000))
    write_h5(directory / "chollet.h5", chollet, chollet_name)
    yield "resnet50.chollet_in1k", "chollet.h5", summarize(chollet(picture(*SMALL), training=False))
    qubvel = resnet_keras.fill(resnet_keras.mxnet_resnet18(SMALL))
    write_h5(directory / "qubvel.h5", qubvel, qubvel_name)
    yield "preactivation_resnet18.qubvel_in1k", "qubvel.h5", summarize(qubvel(picture(*SMALL), training=False))


def torch_files(directory):
    for entry, model, norm_index, half in (
        ("resnet18.tv_in1k", torchvision_resnet.resnet18(), "1", False),
        ("wide_resnet50_2.tv_in1k", torchvision_resnet.wide_resnet50_2(), "1", True),
        ("seresnet50.ra2_in1k", timm.create_model("seresnet50"), "1", False),
        ("resnext50_32x4d.tv_in1k", torchvision_resnet.resnext50_32x4d(), "1", False),
        ("resnet50d.ra2_in1k", timm.create_model("resnet50d"), "2", False),
    ):
        resnet_torch.NORM_INDEX[0] = norm_index
        resnet_torch.fill(model)
        state = {name: value.half() if half and value.is_floating_point() else value for name, value in model.state_dict().items()}
        model.load_state_dict(state)
        file = f"{entry}.pth"
        torch.save(state, directory / file)
        yield entry, file, resnet_torch.run(model, SMALL)
    resnet_torch.NORM_INDEX[0] = "1"
    model = resnet_torch.fill(timm.create_model("resnet18"))
    safetensors.torch.save_file(model.state_dict(), directory / "resnet18.safetensors", {"format": "pt"})
    yield "resnet18.a1_in1k", "resnet18.safetensors", resnet_torch.run(model, SMALL)


def main():
    if sys.argv[1:] == ["--check"]:
        print("its files are made and compared by packages/resnet/oracle/published-layouts.test.ts")
        return
    directory = pathlib.Path(sys.argv[1])
    files = [*keras_files(directory), *torch_files(directory)]
    records = [{"entry": entry, "file": file, "output": output} for entry, file, output in files]
    (directory / "expected.json").write_text(json.dumps(records))


if __name__ == "__main__":
    main()

"""Small files as Keras, h5py and PyTorch write them, and the outputs that their models have, for @zoo/weights.

    python scripts/golden/weights_files.py            write packages/weights/test/fixtures
    python scripts/golden/weights_files.py --check    recompute the outputs and compare with what is there

Weights follow a formula: value k of weight i is 0.3 * sin(k + 1 + 100 * i); variances are 1 + its square.
"""

import collections
import datetime
import json
import os
import pathlib
import sys

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import h5py
import keras
import numpy as np
import torch
from keras import layers

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURES = os.path.join(HERE, "..", "..", "packages", "weights", "test", "fixtures")


def formula(shape, i, variance=False):
    values = 0.3 * np.sin(np.arange(int(np.prod(shape)), dtype="float64") + 1 + 100 * i)
    return (1 + values**2 if variance else values).reshape(shape).astype("float32")


def keras_model():
    pixels = keras.Input((8, 8, 3), name="pixels")
    inner = keras.Sequential(
        [keras.Input((8, 8, 4)), layers.Conv2D(4, 3, padding="same", name="inner_conv"), layers.BatchNormalization(name="inner_bn")],
        name="inner",
    )
    x = layers.Conv2D(4, 3, padding="same", name="conv", kernel_regularizer=keras.regularizers.L2(1e-4))(pixels)
    x = layers.BatchNormalization(name="bn")(x)
    x = layers.ReLU(name="relu")(x)
    x = layers.Add(name="add")([x, inner(x)])
    x = layers.SpatialDropout2D(0.1, name="drop")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = layers.Dense(5, activation="softmax", name="dense")(x)
    model = keras.Model(pixels, x, name="small")
    for i, weight in enumerate(model.weights):
        weight.assign(formula(weight.shape, i, "variance" in weight.path))
    return model


class Residual(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(3, 4, 3, padding=1, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(4)
        self.fc = torch.nn.Linear(4, 5)

    def forward(self, x):
        return self.fc(torch.relu(self.bn1(self.conv1(x))).mean((2, 3)))


def torch_model():
    model = Residual().eval()
    state = model.state_dict()
    floats = [(name, value) for name, value in state.items() if value.is_floating_point()]
    for i, (name, value) in enumerate(floats):
        value.copy_(torch.from_numpy(formula(tuple(value.shape), i, name.endswith("running_var"))))
    return model


def picture():
    return np.sin(np.arange(2 * 8 * 8 * 3, dtype="float64")).reshape(2, 8, 8, 3).astype("float32")


def expected():
    with torch.no_grad():
        logits = torch_model()(torch.from_numpy(picture().transpose(0, 3, 1, 2))).numpy()
    return {
        "keras": keras_model().predict(picture(), verbose=0).ravel().tolist(),
        "torch": logits.ravel().tolist(),
    }


def torch_habits():
    """The same weights as training programs save them: what stands beside them, and before their names."""
    state = torch_model().state_dict()
    model = torch_model()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [30, 60])

    def prefixed(prefix):
        return collections.OrderedDict((prefix + name, value) for name, value in state.items())

    head = {"fc.1" + name[2:] if name.startswith("fc.") else "backbone." + name: value for name, value in state.items()}
    return {
        # pytorch/examples, imagenet/main.py: the accuracy is a tensor; a MultiStepLR's milestones are a Counter.
        "beside.pth.tar": {
            "epoch": 3,
            "best_acc1": torch.tensor(71.3),
            "loss": torch.tensor(0.3),
            "state_dict": prefixed("module."),
            "optimizer": optimizer.state_dict(),
            "scheduler": schedule.state_dict(),
            "class_to_idx": {"no": 1, "yes": 0},
        },
        "averaged.pth": torch.optim.swa_utils.AveragedModel(model).state_dict(),
        "compiled.pth": prefixed("_orig_mod.module."),
        "lightning.ckpt": {
            "state_dict": prefixed("model."),
            "pytorch-lightning_version": "2.0",
            "hyper_parameters": {"root": pathlib.PurePosixPath("/data"), "day": datetime.date(2024, 5, 1)},
        },
        "head.pth": head,
        "nested.pth": {"state": {"model": state}, "epoch": 1},
    }


def write_hdf5(path, libver, chunked):
    """The same dense layer as other versions of HDF5 lay it out: groups, attributes, chunks."""
    with h5py.File(path, "w", libver=libver) as file:
        names = [f"layer_{i:02d}" for i in range(20)]
        file.attrs["layer_names"] = [name.encode() for name in names]
        file.attrs["backend"] = "tensorflow"
        file.attrs["keras_version"] = "2.4.0"
        for i in range(9):
            file.attrs[f"note_{i}"] = i
        for i, name in enumerate(names):
            group = file.create_group(name)
            group.attrs["weight_names"] = [f"{name}/kernel:0".encode()] if i == 7 else []
        options = {"chunks": (3, 4), "compression": "gzip", "shuffle": True, "fletcher32": True} if chunked else {}
        file["layer_07"].create_dataset("layer_07/kernel:0", data=formula((7, 9), 0), **options)


CHUNK_INDEXES = {
    "single": {"columns": 9, "chunks": (7, 9)},
    "implicit": {"columns": 9, "chunks": (3, 4)},
    "fixed": {"columns": 9, "chunks": (3, 4), "maxshape": (12, 25)},
    # More than 1,024 chunks are listed in pages.
    "paged": {"columns": 150, "chunks": (1, 1)},
    # More than 244 are listed through secondary blocks; the dimension without end is not the first.
    "extensible": {"columns": 70, "chunks": (2, 1), "maxshape": (8, None)},
    "btree": {"columns": 20, "chunks": (1, 1), "maxshape": (None, None)},
}


def write_chunk_indexes(path):
    """A dense layer for each way in which HDF5 1.10 lists chunks, plain and packed; implicit lists have no filters."""
    packed = {"compression": "gzip", "shuffle": True}
    with h5py.File(path, "w", libver="latest") as file:
        kinds = [(kind, False) for kind in CHUNK_INDEXES] + [(kind, True) for kind in CHUNK_INDEXES if kind != "implicit"]
        names = [kind + ("_packed" if is_packed else "") for kind, is_packed in kinds]
        file.attrs["layer_names"] = [name.encode() for name in names]
        for i, ((kind, is_packed), name) in enumerate(zip(kinds, names)):
            group = file.create_group(name)
            group.attrs["weight_names"] = [f"{name}/kernel:0".encode()]
            options = dict(CHUNK_INDEXES[kind])
            shape = (7, options.pop("columns"))
            if kind == "implicit":
                properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
                properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
                options["dcpl"] = properties
            dataset = group.require_group(name).create_dataset("kernel:0", shape, "float32", **options, **(packed if is_packed else {}))
            dataset[...] = formula(shape, i)


def write_sparse_chunks(path):
    """140,000 chunks, of which three are written: beyond 131,060 an extensible array has pages, and bits that say which are there."""
    with h5py.File(path, "w", libver="latest") as file:
        dataset = file.create_dataset("sparse", (280_000,), "float32", chunks=(2,), maxshape=(None,))
        for i in (7, 276_466, 279_999):
            dataset[i] = i


def write_gaps(path, libver):
    """Datasets of which a part, or nothing, was written: a fill value stands in the gaps."""
    with h5py.File(path, "w", libver=libver) as file:
        file.create_dataset("part", (4, 3), "float32", chunks=(2, 3), fillvalue=2.5)[:2] = formula((2, 3), 0)
        file.create_dataset("nothing", (5,), ">f4", fillvalue=-1.5)


REFUSED = {
    "soft-link": lambda group: group.__setitem__("kernel:0", h5py.SoftLink("/first/kernel:0")),
    "virtual": lambda group: group.create_virtual_dataset("kernel:0", elsewhere()),
    "external": lambda group: group.create_dataset(
        "kernel:0", (3, 2), "float32", external=[("/etc/passwd", 0, h5py.h5f.UNLIMITED)]
    ),
    "lzf": lambda group: group.create_dataset("kernel:0", data=formula((3, 2), 0), compression="lzf"),
    "scaleoffset": lambda group: group.create_dataset("kernel:0", data=formula((3, 2), 0), scaleoffset=3),
    "absurd-shape": lambda group: group.create_dataset("kernel:0", (2**40, 2**40), "float32", chunks=(16, 16)),
}


def elsewhere():
    layout = h5py.VirtualLayout((3, 2), "float32")
    layout[:] = h5py.VirtualSource("/etc/passwd", "kernel", (3, 2))
    return layout


def write_refused(path, write_last):
    """Two dense layers, the first sound, the kernel of the last as no weights should be stored."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [b"first", b"last"]
        file.attrs["keras_version"] = "2.4.0"
        for name in ["first", "last"]:
            file.create_group(name).attrs["weight_names"] = [b"kernel:0"]
        file["first"].create_dataset("kernel:0", data=formula((4, 3), 0))
        write_last(file["last"])


def write_files():
    model = keras_model()
    model.save(os.path.join(FIXTURES, "keras3.h5"))
    model.save(os.path.join(FIXTURES, "keras3.keras"))
    model.save_weights(os.path.join(FIXTURES, "keras3.weights.h5"))
    state = torch_model().state_dict()
    torch.save(state, os.path.join(FIXTURES, "torch-zip.pth"))
    parallel = {"state_dict": {f"module.{name}": value for name, value in state.items()}, "epoch": 3}
    torch.save(parallel, os.path.join(FIXTURES, "torch-legacy.pth"), _use_new_zipfile_serialization=False)
    torch.save(torch_model(), os.path.join(FIXTURES, "torch-module.pth"))
    for name, value in torch_habits().items():
        torch.save(value, os.path.join(FIXTURES, f"torch-{name}"))
    write_hdf5(os.path.join(FIXTURES, "hdf5-earliest-chunked.h5"), ("earliest", "latest"), True)
    write_hdf5(os.path.join(FIXTURES, "hdf5-v108-chunked.h5"), ("v108", "v108"), True)
    write_hdf5(os.path.join(FIXTURES, "hdf5-latest.h5"), "latest", False)
    write_chunk_indexes(os.path.join(FIXTURES, "hdf5-chunk-indexes.h5"))
    write_sparse_chunks(os.path.join(FIXTURES, "hdf5-sparse-chunks.h5"))
    for libver in ["earliest", "latest"]:
        write_gaps(os.path.join(FIXTURES, f"hdf5-gaps-{libver}.h5"), libver)
    for name, write_last in REFUSED.items():
        write_refused(os.path.join(FIXTURES, f"hdf5-refused-{name}.h5"), write_last)
    with h5py.File(os.path.join(FIXTURES, "hdf5-links.h5"), "w") as file:
        file.attrs["layer_names"] = [b"dense"]
        file["dense"] = h5py.ExternalLink("/etc/passwd", "/dense")


def main():
    path = os.path.join(FIXTURES, "files-outputs.json")
    outputs = expected()
    if "--check" in sys.argv:
        known = json.load(open(path))
        difference = max(np.abs(np.array(outputs[key]) - np.array(known[key])).max() for key in outputs)
        print(f"largest difference {difference}")
        sys.exit(0 if difference < 1e-5 else 1)
    os.makedirs(FIXTURES, exist_ok=True)
    write_files()
    with open(path, "w") as file:
        json.dump(outputs, file)
        file.write("\n")


main()

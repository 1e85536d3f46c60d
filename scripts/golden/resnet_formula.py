"""What the golden scripts of the ResNet family share: the formula that both sides fill weights and pictures by, and the fixture's form.

The TypeScript side of the formula is packages/resnet/test/formula.ts.
"""

import argparse
import json
import pathlib
import sys

import numpy as np

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "packages" / "resnet" / "test" / "fixtures"
SAMPLES = 40
TOLERANCE = 2e-5


def hash_name(name):
    """FNV-1a over the name's bytes."""
    value = 0x811C9DC5
    for byte in name.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def unit(name, count):
    """`count` numbers in [0, 1) that follow from the name: Murmur3's finaliser over the indices."""
    x = np.arange(count, dtype=np.uint32) + np.uint32(hash_name(name))
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x85EBCA6B)
    x ^= x >> np.uint32(13)
    x *= np.uint32(0xC2B2AE35)
    x ^= x >> np.uint32(16)
    return x.astype(np.float64) / 2**32


def weight(layer, kind, shape):
    """The value of one weight, in Keras' layout."""
    u = unit(f"{layer}/{kind}", int(np.prod(shape)))
    if kind.endswith("kernel"):
        fan_in = int(np.prod(shape[:-1]))
        values = (u * 2 - 1) * np.sqrt(6 / fan_in)
    elif kind == "gamma":
        values = 0.3 + 0.4 * u
    elif kind == "moving_variance":
        values = 0.5 + u
    else:
        values = (u - 0.5) * 0.2
    return values.astype(np.float32).reshape(shape)


def picture(height, width):
    """A picture of noise. [1, height, width, 3]"""
    u = unit("picture", height * width * 3)
    return ((u * 2 - 1) * 2).astype(np.float32).reshape(1, height, width, 3)


def summarize(output):
    """A fixture's record of one output: its shape, its largest absolute value and evenly spaced values."""
    flat = np.asarray(output, dtype=np.float64).reshape(-1)
    step = max(1, flat.size // SAMPLES)
    return {
        "shape": list(np.shape(output)),
        "largest": float(f"{np.abs(flat).max():.7g}"),
        "step": step,
        "values": [float(f"{value:.7g}") for value in flat[::step][:SAMPLES]],
    }


def differs(old, new):
    if old["shape"] != new["shape"] or old["step"] != new["step"]:
        return True
    bound = TOLERANCE * new["largest"]
    return bool(np.abs(np.array(old["values"]) - np.array(new["values"])).max() > bound)


def main(name, compute):
    """Writes the fixture `name`, or with --check compares it with what `compute()` gives now and exits 1 if they differ."""
    parser = argparse.ArgumentParser(description=f"Golden outputs for {name}")
    parser.add_argument("--check", action="store_true", help="compare with the committed fixture; exit 1 if different")
    arguments = parser.parse_args()
    path = FIXTURES / f"{name}.json"
    fresh = compute()
    if not arguments.check:
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in fresh.items())
        path.write_text("{\n" + rows + "\n}\n")
        print(f"{path}: {len(fresh)} outputs, {path.stat().st_size} bytes")
        return
    committed = json.loads(path.read_text())
    wrong = [key for key in committed.keys() | fresh.keys() if key not in committed or key not in fresh or differs(committed[key], fresh[key])]
    for key in wrong:
        print(f"differs: {key}", file=sys.stderr)
    print(f"{path.name}: {len(fresh) - len(wrong)} of {len(fresh)} outputs as committed")
    sys.exit(1 if wrong else 0)

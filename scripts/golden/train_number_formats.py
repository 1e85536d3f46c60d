"""Numbers as Python's str.format writes them, which the names of @zoo/train's checkpoints are equal to.

    python scripts/golden/train_number_formats.py            # writes packages/train/test/fixtures/number-formats.json
    python scripts/golden/train_number_formats.py --check    # recomputes and compares, exit status 1 if different

Needs nothing but Python.
"""

import json
import pathlib
import random
import sys

FIXTURE = pathlib.Path(__file__).parents[2] / "packages/train/test/fixtures/number-formats.json"
PATTERNS = ["{val_acc}", "{val_acc:.0f}", "{val_acc:.2f}", "{val_acc:07.3f}", "{val_acc:.1%}", "{val_acc:.3e}"]
SPECIAL = [0.0, 1.0, 0.5, 1.5, 2.5, 0.125, 0.375, 0.0625, 0.625, 1 / 3, 0.1 + 0.2, 1e-4, 9.9e-5, 1e-5, 1.25e-7, 1e15, 1e16, 1.5e300, 12345678.9, 0.7933467741935484]


def compute():
    generator = random.Random(1)
    values = SPECIAL + [generator.random() for _ in range(10)] + [generator.random() * 10 ** generator.randint(-9, 18) for _ in range(20)]
    # Sixty-fourths, whose digits are often exactly half-way.
    values += [generator.randint(0, 64) / 64 for _ in range(10)]
    return [[value, [pattern.format(val_acc=value) for pattern in PATTERNS]] for value in values]


def main():
    result = {"patterns": PATTERNS, "cases": compute()}
    if "--check" not in sys.argv:
        FIXTURE.write_text(json.dumps(result) + "\n")
    elif json.loads(FIXTURE.read_text()) != result:
        sys.exit(f"differs from {FIXTURE}")


if __name__ == "__main__":
    main()

"""The published weights of timm's three modules of residual networks, for packages/resnet/src/pretrained/timm-weights.ts.

Run: python scripts/golden/timm_weights.py [--check]
All but the accuracies comes from timm's own registry. Accuracies are those that timm publishes, results/results-imagenet.csv of
huggingface/pytorch-image-models at aa4b5850; timm_results.csv beside this script holds the rows and columns of it that are used here:
    python scripts/golden/timm_weights.py --results results-imagenet.csv
"""

import csv
import sys
from pathlib import Path

try:
    import timm
except ImportError:
    print("skipped: no timm")
    sys.exit(0)

TABLE = Path(__file__).parents[2] / "packages/resnet/src/pretrained/timm-weights.ts"
RESULTS = Path(__file__).with_name("timm_results.csv")
COLUMNS = "name,licence,classes,size,crop,test size,test crop,interpolation,mean,std,top1,top5,test top1,test top5,address"
RESULT_COLUMNS = ["model", "img_size", "top1", "top5"]


def names():
    return [name for module in ("resnet", "resnetv2", "senet") for name in timm.list_models(pretrained=True, module=module)]


def write_results(path):
    with open(path) as file:
        rows = [[row[column] for column in RESULT_COLUMNS] for row in csv.DictReader(file) if row["model"] in set(names())]
    with open(RESULTS, "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([RESULT_COLUMNS, *sorted(rows)])


def number(value):
    return f"{value:.10g}"


def row(name, results):
    cfg = timm.get_pretrained_cfg(name)
    assert cfg.crop_mode == "center", name
    size, test_size = (config and f"{config[1]}x{config[2]}" for config in (cfg.input_size, cfg.test_input_size))
    cells = [name, cfg.license, cfg.num_classes, size, number(cfg.crop_pct)]
    cells += [test_size or "", "" if test_size is None else number(cfg.test_crop_pct or cfg.crop_pct), cfg.interpolation]
    cells += ["/".join(map(number, values)) for values in (cfg.mean, cfg.std)]
    for wanted in (size, test_size):
        found = results.get((name, wanted and wanted.split("x")[0]), ("", ""))
        cells += found
    # Those of the Hub are called after it.
    cells.append("" if cfg.hf_hub_id == f"timm/{name}" else cfg.url)
    return ",".join(map(str, cells))


def table():
    with open(RESULTS) as file:
        results = {(each["model"], each["img_size"]): (number(float(each["top1"])), number(float(each["top5"]))) for each in csv.DictReader(file)}
    lines = [COLUMNS, *(row(name, results) for name in names())]
    return (
        "/** Published weights of timm's resnet.py, resnetv2.py and senet.py: `scripts/golden/timm_weights.py` writes them. */\n"
        "export const TIMM_WEIGHTS = `" + "\n".join(lines) + "\n`;\n"
    )


def main():
    if "--results" in sys.argv:
        write_results(sys.argv[sys.argv.index("--results") + 1])
    text = table()
    if "--check" in sys.argv:
        if TABLE.read_text() != text:
            sys.exit(f"{TABLE} is not what timm {timm.__version__} says")
        print(f"{TABLE.name}: {len(names())} weights as committed")
    else:
        TABLE.write_text(text)
        print(f"{TABLE.name}: {len(names())} weights, {len(text)} bytes")


if __name__ == "__main__":
    main()

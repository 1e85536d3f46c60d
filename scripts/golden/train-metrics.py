"""scikit-learn's rankings and class reports, the calibration error by its definition and PyTorch's best temperature; what @zoo/train's
metrics are checked against.

    python scripts/golden/train-metrics.py            # writes packages/train/test/fixtures/metrics.json
    python scripts/golden/train-metrics.py --check    # recomputes and compares, exit status 1 if different
"""

import json
import pathlib
import sys

import numpy as np

try:
    import torch
    from sklearn.metrics import average_precision_score, precision_recall_fscore_support, roc_auc_score
except ImportError as error:
    print(f"skipped: no {error.name}")
    sys.exit(0)

FIXTURE = pathlib.Path(__file__).parents[2] / "packages/train/test/fixtures/metrics.json"
EXAMPLES = 97
BINS = 15


def logits_of(classes, phase):
    """The formula of packages/train/test/metrics/golden-metrics.test.ts: float32, and with many ties."""
    flat = np.arange(EXAMPLES * classes, dtype=np.float64)
    values = np.round(4 * np.sin(1.7 * flat + phase)) / 2
    return values.reshape(EXAMPLES, classes).astype(np.float32)


def softmax(logits):
    shares = np.exp(logits.astype(np.float64) - logits.max(1, keepdims=True))
    return shares / shares.sum(1, keepdims=True)


def calibration_error(confidences, is_right):
    """Guo et al. 2017, equation 3, with bins that leave out their lower end."""
    edges = np.linspace(0, 1, BINS + 1)
    error = 0.0
    for low, high in zip(edges[:-1], edges[1:]):
        within = (confidences > low) & (confidences <= high)
        if within.any():
            error += within.mean() * abs(confidences[within].mean() - is_right[within].mean())
    return error


def best_temperature(logits, labels, loss):
    z, y = torch.tensor(logits, dtype=torch.float64), torch.tensor(labels)
    inverse = torch.ones(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([inverse], max_iter=500, tolerance_grad=1e-13, tolerance_change=1e-15, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        value = loss(z * inverse, y)
        value.backward()
        return value

    optimizer.step(closure)
    with torch.no_grad():
        return {
            "temperature": 1 / inverse.item(),
            "loss": loss(z * inverse, y).item(),
            "lossBefore": loss(z, y).item(),
        }


def rates(truth, scores, predicted):
    """Per class and averaged; truth and predicted are indicators [examples, classes], scores are what ranks."""
    result = {}
    for average in (None, "macro", "weighted"):
        precision, recall, f1, _ = precision_recall_fscore_support(truth, predicted, average=average, zero_division=0)
        row = {
            "precision": precision,
            "recall": recall,
            "f1": f1,
            "rocAuc": roc_auc_score(truth, scores, average=average),
            "averagePrecision": average_precision_score(truth, scores, average=average),
        }
        result[average or "classes"] = {name: np.asarray(value).tolist() for name, value in row.items()}
    return result


def of_one_class(classes, phase):
    logits = logits_of(classes, phase)
    # Right more often than not.
    labels = np.where(np.arange(EXAMPLES) % 3 == 0, (np.arange(EXAMPLES) // 3) % classes, logits.argmax(1))
    scores = softmax(logits).astype(np.float32)
    truth, predicted = np.eye(classes, dtype=int)[labels], np.eye(classes, dtype=int)[scores.argmax(1)]
    return {
        **rates(truth, scores, predicted),
        "calibrationError": calibration_error(scores.max(1).astype(np.float64), labels == scores.argmax(1)),
        "fit": best_temperature(logits, labels, torch.nn.functional.cross_entropy),
    }


def of_each_class(classes, phase):
    logits = logits_of(classes, phase)
    flips = np.arange(EXAMPLES * classes).reshape(EXAMPLES, classes) % 4 == 0
    truth = ((logits > 0) ^ flips).astype(int)
    scores = (1 / (1 + np.exp(-logits.astype(np.float64)))).astype(np.float32)
    return {
        **rates(truth, scores, (scores >= 0.5).astype(int)),
        "calibrationError": calibration_error(scores.ravel().astype(np.float64), truth.ravel() == 1),
        "fit": best_temperature(logits, truth.astype(np.float64), torch.nn.functional.binary_cross_entropy_with_logits),
    }


def compute():
    return {"several": of_one_class(4, 0.3), "two": of_one_class(2, 1.1), "multiLabel": of_each_class(3, 0.7)}


def flat(value, path=""):
    if isinstance(value, dict):
        return {k: v for name, inner in value.items() for k, v in flat(inner, f"{path}/{name}").items()}
    return {path: value}


def main():
    values = compute()
    if "--check" not in sys.argv:
        FIXTURE.write_text(json.dumps(values, indent=1) + "\n")
        return
    stored = flat(json.loads(FIXTURE.read_text()))
    for name, value in flat(values).items():
        if not np.allclose(stored[name], value, rtol=1e-6, atol=1e-8):
            sys.exit(f"{name}: differs from {FIXTURE}")


if __name__ == "__main__":
    main()

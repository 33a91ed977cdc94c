"""Computes by numpy and scikit-learn what estimation-golden.json holds: CBPE of three classes as NannyML 0.13 does it, and DLE with boosted trees.

Run with Debian's python3-sklearn: python3 estimation_golden.py > estimation-golden.json
The rows come from sequences that need no generator of random numbers; MulticlassPerformanceEstimatorTests and DirectLossEstimatorTests make the same ones.
"""
import json
import math

import numpy as np
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import f1_score, precision_score, recall_score, roc_auc_score
from sklearn.model_selection import StratifiedShuffleSplit

CLASSES = 3
CHUNK = 400


def unit(i, root):
    x = (i + 1) * math.sqrt(root)
    return x - math.floor(x)


def classifier_rows(first, count):
    """Scores that are too sure: the true class is drawn from their square roots."""
    scores, labels = [], []
    for i in range(first, first + count):
        raw = [0.05 + unit(i, root) ** 2 for root in (2.0, 3.0, 5.0)]
        total = raw[0] + raw[1] + raw[2]
        row = [r / total for r in raw]
        soft = [math.sqrt(p) for p in row]
        draw = unit(i, 7.0) * (soft[0] + soft[1] + soft[2])
        labels.append(0 if draw < soft[0] else 1 if draw < soft[0] + soft[1] else 2)
        scores.append(row)
    return np.array(scores), np.array(labels)


def calibration_error(p, y):
    order = np.argsort(p, kind="stable")
    bins = 10 if len(p) > 20 else len(p) // 2
    width = len(p) // bins
    error = 0.0
    for b in range(bins):
        own = order[b * width:] if b == bins - 1 else order[b * width:(b + 1) * width]
        error += abs(p[own].sum() - y[own].sum()) / len(p)
    return error


def needs_calibration(p, y):
    if roc_auc_score(y, p) > 0.999:
        return False
    before, after, truth = [], [], []
    for train, test in StratifiedShuffleSplit(n_splits=10, test_size=0.1, random_state=42).split(p, y):
        fitted = IsotonicRegression(out_of_bounds="clip").fit(p[train], y[train])
        before.extend(p[test])
        after.extend(fitted.predict(p[test]))
        truth.extend(y[test])
    truth = np.array(truth)
    return calibration_error(np.array(before), truth) > calibration_error(np.array(after), truth)


def expected_auc(score, p):
    order = np.argsort(-score, kind="stable")
    up, right = np.cumsum(p[order]), np.cumsum(1 - p[order])
    return np.trapz(np.concatenate([[0], up]), np.concatenate([[0], right])) / (up[-1] * right[-1])


def cbpe():
    scores, labels = classifier_rows(0, 2400)
    maps = []
    for c in range(CLASSES):
        y = (labels == c).astype(int)
        maps.append(IsotonicRegression(out_of_bounds="clip").fit(scores[:, c], y) if needs_calibration(scores[:, c], y) else None)

    predicted = scores.argmax(axis=1)
    variances = {"auc": [], "precision": [], "recall": [], "specificity": [], "f1": []}
    for c in range(CLASSES):
        y, hat = labels == c, predicted == c
        p = scores[:, c]
        t = y.astype(int)
        if t.mean() > 0.5:
            t, p = 1 - t, 1 - p
        order = np.argsort(p, kind="stable")
        below = np.cumsum(1 - t[order])[t[order] == 1] / (1 - t).sum()
        variances["auc"].append((np.var(below), t.mean()))
        tp, fp, fn, tn = (y & hat), (~y & hat), (y & ~hat), (~y & ~hat)
        for name, ones, zeros in (("precision", tp, fp), ("recall", tp, fn), ("specificity", tn, fp), ("f1", tp, fp | fn)):
            values = np.concatenate([np.ones(ones.sum()), np.zeros(zeros.sum())])
            variances[name].append((np.var(values), len(values) / len(y)))

    realized = {"auc": [], "accuracy": [], "precision": [], "recall": [], "specificity": [], "f1": []}
    for start in range(0, len(labels), CHUNK):
        s, y, hat = scores[start:start + CHUNK], labels[start:start + CHUNK], predicted[start:start + CHUNK]
        realized["auc"].append(roc_auc_score(y, s, multi_class="ovr", average="macro"))
        realized["accuracy"].append((y == hat).mean())
        realized["precision"].append(precision_score(y, hat, average="macro"))
        realized["recall"].append(recall_score(y, hat, average="macro"))
        realized["f1"].append(f1_score(y, hat, average="macro"))
        realized["specificity"].append(np.mean([((y != c) & (hat != c)).sum() / (y != c).sum() for c in range(CLASSES)]))

    new, _ = classifier_rows(5000, 1500)
    probabilities = np.column_stack([new[:, c] if maps[c] is None else maps[c].predict(new[:, c]) for c in range(CLASSES)])
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    hat = new.argmax(axis=1)
    estimates = {"auc": np.mean([expected_auc(new[:, c], probabilities[:, c]) for c in range(CLASSES)]), "accuracy": probabilities[np.arange(len(hat)), hat].mean()}
    parts = {"precision": [], "recall": [], "specificity": [], "f1": []}
    for c in range(CLASSES):
        p, own = probabilities[:, c], hat == c
        tp, fp, fn, tn = p[own].sum(), (1 - p[own]).sum(), p[~own].sum(), (1 - p[~own]).sum()
        parts["precision"].append(tp / (tp + fp))
        parts["recall"].append(tp / (tp + fn))
        parts["specificity"].append(tn / (tn + fp))
        parts["f1"].append(tp / (tp + (fp + fn) / 2))
    estimates.update({name: np.mean(values) for name, values in parts.items()})

    result = {"calibrated": [m is not None for m in maps]}
    for name in realized:
        if name == "accuracy":
            error = np.std(labels == predicted) / math.sqrt(len(new))
        else:
            error = math.sqrt(sum(v / (len(new) * share) for v, share in variances[name])) / CLASSES * (1.2 if name == "auc" else 1)
        mean, deviation = np.mean(realized[name]), np.std(realized[name])
        result[name] = [float(v) for v in (estimates[name], error, max(0, mean - 3 * deviation), min(1, mean + 3 * deviation))]
    return result


def regression_rows(first, count):
    """Two features and a prediction on coarse grids, so that every cut between two values is one that a histogram has too."""
    features, predictions, targets = [], [], []
    for i in range(first, first + count):
        a, b = math.floor(unit(i, 2.0) * 16) / 16, math.floor(unit(i, 3.0) * 12) / 12
        prediction = math.floor(unit(i, 5.0) * 8) / 8
        features.append([a, b])
        predictions.append(prediction)
        targets.append(prediction + (unit(i, 7.0) - 0.5) * (1 + 4 * a) + (unit(i, 11.0) - 0.5) * b * prediction)
    return np.array(features), np.array(predictions), np.array(targets)


def dle():
    features, predictions, targets = regression_rows(0, 3000)
    x = np.column_stack([features, predictions])
    error = np.abs(predictions - targets)

    def fit(y):
        return GradientBoostingRegressor(n_estimators=120, max_depth=4, learning_rate=0.1, min_samples_leaf=20, random_state=0).fit(x, y)

    new, said, _ = regression_rows(9000, 1000)
    z = np.column_stack([new, said])
    magnitude = np.maximum(0, fit(error).predict(z)).mean()
    square = np.maximum(0, fit(error ** 2).predict(z)).mean()
    root = math.sqrt(square)
    chunks = [error[i:i + CHUNK] for i in range(0, len(error), CHUNK)]
    absolute = [c.mean() for c in chunks]
    squared = [math.sqrt((c ** 2).mean()) for c in chunks]
    return {
        "mae": [magnitude, error.std() / math.sqrt(len(said)), np.mean(absolute) + 3 * np.std(absolute)],
        "rmse": [root, (error ** 2).std() / math.sqrt(len(said)) / (2 * root), np.mean(squared) + 3 * np.std(squared)],
    }


print(json.dumps({"cbpe": cbpe(), "dle": dle()}, indent=1))

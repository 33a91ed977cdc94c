"""Fits and applies the recipes of PreprocessingRows with scikit-learn: python3 preprocessing_pipeline.py NUMBERS TEXTS ROWS. Prints the seconds of each, the best of three."""
import sys
import time
import warnings

import numpy
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, KBinsDiscretizer, OneHotEncoder, QuantileTransformer, RobustScaler, StandardScaler

warnings.filterwarnings("ignore")
numbers, texts, rows = sys.argv[1], sys.argv[2], int(sys.argv[3])
x = numpy.fromfile(numbers, dtype="<f8").reshape(rows, 8)
with open(texts, encoding="utf-8") as file:
    t = numpy.array([line.rstrip("\n").split("\t") for line in file], dtype=object)


def fill(strategy):
    return SimpleImputer(strategy=strategy, add_indicator=False)


n = ColumnTransformer([
    ("standard", make_pipeline(fill("mean"), StandardScaler()), [0, 1, 2, 3]),
    ("robust", make_pipeline(fill("median"), FunctionTransformer(numpy.log1p), RobustScaler()), [4, 5]),
    ("quantile", make_pipeline(fill("mean"), QuantileTransformer(n_quantiles=1000, subsample=10**9)), [6]),
    ("buckets", make_pipeline(fill("mean"), KBinsDiscretizer(n_bins=16, encode="onehot-dense")), [7]),
    ("missing", FunctionTransformer(numpy.isnan), list(range(8))),
])
c = OneHotEncoder(min_frequency=5, sparse_output=False, handle_unknown="infrequent_if_exist")
best = [float("inf")] * 2
for _ in range(3):
    started = time.perf_counter()
    n.fit(x)
    c.fit(t)
    fitted = time.perf_counter()
    encoded = numpy.hstack([n.transform(x), c.transform(t)]).astype(numpy.float32)
    done = time.perf_counter()
    best = [min(best[0], fitted - started), min(best[1], done - fitted)]
print(best[0], best[1])

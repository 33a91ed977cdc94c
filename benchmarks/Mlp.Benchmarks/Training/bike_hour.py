"""Root mean squared error of scikit-learn's histogram gradient boosting: python3 bike_hour.py FILE SHARE FEATURE... The last SHARE of the rows is held out."""
import os
import sys

os.environ.update(OMP_NUM_THREADS="2", OMP_WAIT_POLICY="passive")
import csv

import numpy
from sklearn.ensemble import HistGradientBoostingRegressor

path, share, names = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
with open(path, encoding="utf-8") as file:
    rows = list(csv.DictReader(file))
x = numpy.array([[float(row[name]) for name in names] for row in rows])
y = numpy.array([float(row["count"]) for row in rows])
cut = len(rows) - round(len(rows) * share)
model = HistGradientBoostingRegressor(max_iter=100, learning_rate=0.1, max_leaf_nodes=31, min_samples_leaf=20, early_stopping=False, random_state=1).fit(x[:cut], y[:cut])
print(numpy.sqrt(numpy.mean((model.predict(x[cut:]) - y[cut:]) ** 2)))

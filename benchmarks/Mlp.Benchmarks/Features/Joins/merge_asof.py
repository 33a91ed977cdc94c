"""The same join by pandas' merge_asof, from files of plain numbers. Prints seconds and the peak of the process's memory.

merge_asof wants both sides in the order of time; rows of one entity and event time are reduced to the latest by created time first, as the others do, and the labels come back in their order."""
import resource
import sys
import time

import numpy as np
import pandas as pd

folder = sys.argv[1]


def read(name, dtype):
    return np.fromfile(f"{folder}/{name}", dtype=dtype)


features = pd.DataFrame({"id": read("features.id", np.int64), "e": read("features.e", np.int64), "c": read("features.c", np.int64)})
for i in range(4):
    features[f"f{i}"] = read(f"features.f{i}", np.float32)
labels = pd.DataFrame({"id": read("labels.id", np.int64), "t": read("labels.t", np.int64), "y": read("labels.y", np.float32)})

start = time.perf_counter()
latest = features.sort_values(["e", "c"], kind="stable").drop_duplicates(["id", "e"], keep="last").drop(columns="c")
ordered = labels.assign(r=np.arange(len(labels))).sort_values("t", kind="stable")
joined = pd.merge_asof(ordered, latest, left_on="t", right_on="e", by="id", tolerance=86_400_000_000).sort_values("r")
seconds = time.perf_counter() - start

peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(f"pandas {pd.__version__}: {seconds:.2f} s, {joined.f0.notna().sum()} values of f0 present, sum {joined.f0.astype(np.float64).sum():.3f}, peak resident memory {peak} MiB, reading the files not counted")

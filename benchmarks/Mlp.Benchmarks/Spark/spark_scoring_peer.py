"""PySpark with onnxruntime, as the script spark_scoring.py of the reference data: spark_scoring_peer.py CONNECTION DATA ROWS BATCH MODELS. Makes Parquet files of an id and ten doubles under DATA unless
they are there, and says "ready". Each line "floor", "mapInArrow MODEL" or "pandas_udf MODEL" on the standard input then runs that query: its seconds, count and sum of scores come back. Ends with the input."""
import os
import sys
import time

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

connection, data, rows, batch, models = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5]
names = [f"f{i}" for i in range(10)]
if not os.path.exists(data):
    os.makedirs(data)
    random = np.random.default_rng(1)
    for part in range(4):
        ids = np.arange(rows * part // 4, rows * (part + 1) // 4)
        pq.write_table(pa.table({"id": ids, **{c: random.normal(size=len(ids)) for c in names}}), f"{data}/part-{part}.parquet")

from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.remote(connection).getOrCreate()
spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", batch)
table = spark.read.parquet(data)


def session(path, cache={}):
    if path not in cache:
        import onnxruntime as ort
        settings = ort.SessionOptions()
        settings.intra_op_num_threads = 1
        cache[path] = ort.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
    return cache[path]


def map_in_arrow(path):
    def score(batches):
        import pyarrow as pa
        run = session(path)
        name = run.get_inputs()[0].name
        for batch in batches:
            x = np.column_stack([batch.column(c).to_numpy() for c in names]).astype(np.float32)
            scores = run.run(None, {name: x})[0].reshape(-1).astype(np.float64)
            yield pa.RecordBatch.from_arrays([batch.column("id"), pa.array(scores)], ["id", "score"])

    return table.mapInArrow(score, "id long, score double")


def pandas_udf(path):
    def score(*columns: pd.Series) -> pd.Series:
        run = session(path)
        x = np.column_stack([c.to_numpy() for c in columns]).astype(np.float32)
        return pd.Series(run.run(None, {run.get_inputs()[0].name: x})[0].reshape(-1).astype(np.float64))

    return table.select(F.pandas_udf(score, "double")(*[F.col(c) for c in names]).alias("score"))


print("ready", flush=True)
for line in sys.stdin:
    words = line.split()
    started = time.perf_counter()
    if words[0] == "floor":
        scored = table.select(sum(F.col(c) for c in names).alias("score"))
    else:
        scored = (map_in_arrow if words[0] == "mapInArrow" else pandas_udf)(f"{models}/{words[1]}.onnx")
    count, total = scored.agg(F.count("score"), F.sum("score")).collect()[0]
    print(time.perf_counter() - started, count, total, flush=True)
spark.stop()

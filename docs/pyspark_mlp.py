"""Scores with Mlp from PySpark 4.x over Spark Connect: the worker runs the model, and nothing is pickled.

    use_worker(spark, "/opt/mlp/mlp-spark-worker")
    model = model_file("/models/big-tipper.mlpkg")
    trips.withColumn("score", score(model, "fare", "miles"))              # features in the model's order; the fast way
    map_score(trips, model, keep=["id"], features=["fare", "miles"])      # whole batches there and back

The setting of use_worker sends EVERY Python function of the session to the worker: take a session of its own.
"""

import hashlib
import json

from pyspark.sql.connect.column import Column
from pyspark.sql.connect.dataframe import DataFrame
from pyspark.sql.connect.expressions import ColumnReference, CommonInlineUserDefinedFunction, PythonUDF
from pyspark.sql.connect.plan import MapPartitions

SCALAR, MAP = 200, 207


class _WorkerFunction(PythonUDF):
    """A function whose command is JSON that the worker reads."""

    def __init__(self, output_type, eval_type, command):
        super().__init__(output_type, eval_type, None, "mlp/1")
        self._command = json.dumps(command).encode()

    def to_plan(self, session):
        from pyspark.sql.connect import proto

        plan = proto.PythonUDF(eval_type=self._eval_type, command=self._command, python_ver=self._python_ver)
        plan.output_type.unparsed.data_type_string = self._output_type.data_type_string
        return plan


class _Function:
    """What MapPartitions asks for its message."""

    def __init__(self, name, output_type, eval_type, command):
        self._name, self._function = name, _WorkerFunction(output_type, eval_type, command)

    def _build_common_inline_user_defined_function(self, *columns):
        arguments = [c._expr if isinstance(c, Column) else ColumnReference(c) for c in columns]
        return CommonInlineUserDefinedFunction(self._name, self._function, True, arguments)


def _quote(name):
    return "`" + name.replace("`", "``") + "`"


def use_worker(spark, path):
    """Names the worker, which every executor has under this path."""
    spark.conf.set("spark.sql.execution.pyspark.python", path)


def model_file(path, executor_path=None):
    """A model package of this machine, and where the executors see it (default: under the same path)."""
    with open(path, "rb") as file:
        return {"path": executor_path or path, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def _command(model, features, outputs, keep=(), nulls="automatic", round=False):
    inputs = [{"feature": f, **({"column": c} if c else {}), **({"round": True} if round else {})} for f, c in features]
    return {"v": 1, "kind": "score", "model": model, "inputs": inputs, "outputs": outputs, "keep": list(keep), "nulls": {"policy": nulls}}


def score(model, *columns, features=None, nulls="automatic", round=False):
    """The score as a column. The columns are the model's features in its order, or those that features names."""
    command = _command(model, [(f, None) for f in features or []], [{"name": "score", "type": "double"}], nulls=nulls, round=round)
    return Column(_Function("score", "double", SCALAR, command)._build_common_inline_user_defined_function(*columns))


def map_score(table, model, keep, features=(), nulls="automatic", round=False):
    """The kept columns and the score of every row. features: names, or a mapping of feature to column."""
    pairs = list(features.items()) if isinstance(features, dict) else [(f, f) for f in features]
    narrow = table.select(*(_quote(c) for c in dict.fromkeys([*keep, *(column for _, column in pairs)]))) if pairs else table
    command = _command(model, pairs, [{"name": "score", "type": "double"}], keep, nulls, round)
    kept = [f"{_quote(f.name)} {f.dataType.simpleString()}" for f in narrow.select(*map(_quote, keep)).schema]
    function = _Function("map_score", ", ".join([*kept, "score double"]), MAP, command)
    return DataFrame(MapPartitions(narrow._plan, function, [_quote(c) for c in narrow.columns], False, None), narrow._session)

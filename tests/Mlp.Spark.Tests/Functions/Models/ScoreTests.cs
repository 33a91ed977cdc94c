using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Spark.Commands;
using Mlp.Spark.Tests.Peer;
using Mlp.TestSupport;
using static Mlp.Spark.Tests.Functions.Models.TestPackage;

namespace Mlp.Spark.Tests.Functions.Models;

/// <summary>Scores of a model whose answer is twice the sum of a row, and sentences for whatever does not fit it.</summary>
public sealed class ScoreTests : IDisposable
{
    private static readonly OutputColumn[] Score = [new("y", "double", "score")];
    private static readonly string?[] Unnamed = [null, null, null];

    private readonly LocalWorker _worker = new();

    [Fact]
    public async Task Run_Map_GivesTheKeptColumnsAndThenTheAnswers()
    {
        await using var package = await CreateLinearAsync();
        var command = new ScoreCommand { Model = package.File, Inputs = Rounded("a", "b", "c"), Outputs = Score, Keep = ["id", "a"] };
        var table = Table(("c", Doubles(1, 2)), ("id", new StringArray.Builder().Append("p").Append("q").Build()), ("a", Doubles(3, 4)), ("b", Doubles(5, 6)));

        var reply = _worker.Run(TaskBytes.Map(command, table));

        Assert.Null(reply.Error);
        Assert.Equal("_0: struct<id: utf8, a: double, y: double>", reply.Columns);
        Assert.Equal([$"{{id: 'p', a: {Bits(3)}, y: {Bits(18)}}}", $"{{id: 'q', a: {Bits(4)}, y: {Bits(24)}}}"], reply.Rows);
    }

    [Theory]
    [InlineData(CompressionCodecType.Zstd)]
    [InlineData(CompressionCodecType.Lz4Frame)]
    public async Task Run_CompressedBatches_GivesTheSame(CompressionCodecType codec)
    {
        await using var package = await CreateLinearAsync();
        var command = new ScoreCommand { Model = package.File, Inputs = Rounded("a", "b", "c"), Outputs = Score, Keep = ["a"] };
        var values = Doubles([.. Enumerable.Range(0, 5000).Select(i => (double?)(i % 7))]);
        var table = Table(("a", values), ("b", values), ("c", values));

        var reply = _worker.Run(TaskBytes.Map(command, package.Folder, codec, table, table));

        Assert.Null(reply.Error);
        Assert.Equal(10_000, reply.Rows.Count);
        Assert.Equal(_worker.Run(TaskBytes.Map(command, table, table)).Rows, reply.Rows);
        Assert.Equal($"{{a: {Bits(6)}, y: {Bits(36)}}}", reply.Rows[6]);
    }

    [Fact]
    public async Task Run_PathWithinTheFilesOfTheSession_IsFound()
    {
        await using var package = await CreateLinearAsync();
        var command = new ScoreCommand { Model = package.File with { Path = Path.GetFileName(package.File.Path) }, Inputs = Rounded("a", "b", "c"), Outputs = Score };

        Assert.Null(_worker.Run(TaskBytes.Map(command, package.Folder, null, Table(("a", Doubles(1)), ("b", Doubles(1)), ("c", Doubles(1))))).Error);
    }

    [Fact]
    public async Task Run_Scalar_TakesArgumentsByPositionAndByName()
    {
        await using var package = await CreateLinearAsync();
        var inputs = Rounded("a", "b", "c");
        var command = new ScoreCommand { Model = package.File, Inputs = inputs, Outputs = Score };
        var batch = Table(("_0", Doubles(1, 10)), ("_1", Doubles(2, 20)), ("_2", Doubles(3, 30)));

        Assert.Equal([Bits(12), Bits(120)], _worker.Run(TaskBytes.Scalar(command, Unnamed, batch)).Rows);
        Assert.Equal([Bits(12), Bits(120)], _worker.Run(TaskBytes.Scalar(command, ["c", "a", "b"], batch)).Rows);
        Assert.Equal(
            [Bits(12), Bits(120)],
            _worker.Run(TaskBytes.Scalar(command with { Inputs = [] }, Unnamed, Table(("_0", Floats(1, 10)), ("_1", Floats(2, 20)), ("_2", Floats(3, 30))))).Rows);
    }

    [Fact]
    public async Task Run_ScalarWithSeveralOutputs_GivesAStructOfTheTypesThatWereAsked()
    {
        await using var package = await CreateLinearAsync();
        var command = new ScoreCommand
        {
            Model = package.File,
            Inputs = Rounded("a", "b", "c"),
            Outputs = [new("y", "float", "score"), new("k", "bigint", "predicted_class"), new("score", "double")],
        };

        var reply = _worker.Run(TaskBytes.Scalar(command, Unnamed, Table(("_0", Doubles(1)), ("_1", Doubles(2)), ("_2", Doubles(3)))));

        Assert.Equal("_0: struct<y: float, k: int64, score: double>", reply.Columns);
        Assert.Equal([$"{{y: {BitConverter.SingleToUInt32Bits(12):x8}, k: -1, score: {Bits(12)}}}"], reply.Rows);
    }

    [Fact]
    public async Task Run_Vectors_OfEveryLayoutAreTheInputsOfAMatrix()
    {
        await using var package = await CreateLinearAsync();
        await using var described = await CreateLinearAsync(features: [new FeatureColumn("x", FeatureType.Float32) { Length = 3 }]);
        var vectors = new IArrowArray[] { MlVectors(), Lists(new DoubleArray.Builder().AppendRange([1, 2, 3, 0, 5, 0]).Build()), Lists(new FloatArray.Builder().AppendRange([1, 2, 3, 0, 5, 0]).Build()) };
        foreach (var (model, vector) in vectors.SelectMany(v => new[] { (package, v), (described, v) }))
        {
            var command = new ScoreCommand { Model = model.File, Inputs = [new InputColumn("x", "v", Round: true)], Outputs = Score };

            Assert.Equal([$"{{y: {Bits(12)}}}", $"{{y: {Bits(10)}}}"], _worker.Run(TaskBytes.Map(command, Table(("v", vector)))).Rows);
            Assert.Equal([Bits(12), Bits(10)], _worker.Run(TaskBytes.Scalar(command, [null], Table(("_0", vector)))).Rows);
        }
    }

    [Theory]
    [InlineData(nameof(NullPolicyName.Automatic), null)]
    [InlineData(nameof(NullPolicyName.Error), "Expected vectors of 3 numbers in feature 'x' in column 'v' (model 'scored' version 1), but found one of 2 in row 2 of the partition.")]
    [InlineData(nameof(NullPolicyName.NaN), null)]
    [InlineData(nameof(NullPolicyName.Propagate), null)]
    public async Task Run_VectorOfAWrongLength_FollowsTheNullPolicy(string name, string? expected)
    {
        var policy = Enum.Parse<NullPolicyName>(name);
        await using var package = await CreateLinearAsync();
        var elements = new FloatArray.Builder().AppendRange([1, 2, 3, 4, 5]).Build();
        var offsets = new ArrowBuffer.Builder<int>().Append(0).Append(3).Append(5).Build();
        var vectors = new ListArray(new ListType(new Field("element", FloatType.Default, true)), 2, offsets, elements, ArrowBuffer.Empty);
        var command = new ScoreCommand { Model = package.File, Inputs = [new InputColumn("x", "v")], Outputs = Score, Nulls = new NullHandling { Policy = policy } };

        var reply = _worker.Run(TaskBytes.Map(command, Table(("v", vectors))));

        Assert.Equal(expected, reply.Error);
        if (expected is null)
        {
            Assert.Equal([$"{{y: {Bits(12)}}}", policy == NullPolicyName.Propagate ? "{y: null}" : $"{{y: {Bits(double.NaN)}}}"], reply.Rows);
        }
    }

    [Theory]
    [InlineData(nameof(NullPolicyName.Automatic))]
    [InlineData(nameof(NullPolicyName.Error))]
    [InlineData(nameof(NullPolicyName.NaN))]
    [InlineData(nameof(NullPolicyName.Propagate))]
    public async Task Run_VectorOfAWrongLength_IsServedAsANull(string name)
    {
        await using var matrix = await CreateLinearAsync();
        await using var described = await CreateLinearAsync(features: [new FeatureColumn("x", FeatureType.Float32) { Length = 3 }]);
        var elements = new FloatArray.Builder().AppendRange([1, 2, 3, 4, 5, 6]).AppendNull().Append(8).Build();
        var valid = new ArrowBuffer.BitmapBuilder(4).Append(true).Append(false).Append(true).Append(true).Build();
        var vectors = new ListArray(
            new ListType(new Field("element", FloatType.Default, true)), 4, new ArrowBuffer.Builder<int>().AppendRange([0, 3, 3, 5, 8]).Build(), elements, valid, 1);
        foreach (var model in new[] { matrix, described })
        {
            var command = new ScoreCommand { Model = model.File, Inputs = [new InputColumn("x", "v")], Outputs = Score, Nulls = new NullHandling { Policy = Enum.Parse<NullPolicyName>(name) } };

            // Of the rows one has a vector, one none, one a short one, and one a vector with a null in it.
            var replies = Enumerable.Range(0, 4).Select(row => _worker.Run(TaskBytes.Map(command, Table(("v", ArrowArrayFactory.Slice(vectors, row, 1)))))).ToList();

            Assert.Equal([$"{{y: {Bits(12)}}}"], replies[0].Rows);
            Assert.All(replies[2..], r => Assert.Equal(replies[1].Rows, r.Rows));
            Assert.All(replies[1..], r => Assert.Equal(name == nameof(NullPolicyName.Error), r.Error is not null));
        }
    }

    [Theory]
    [InlineData(nameof(NullPolicyName.Automatic), null)]
    [InlineData(nameof(NullPolicyName.NaN), null)]
    [InlineData(nameof(NullPolicyName.Propagate), "null")]
    [InlineData(nameof(NullPolicyName.Value), "14")]
    [InlineData(nameof(NullPolicyName.Error), "error")]
    public async Task Run_Null_FollowsThePolicy(string name, string? expected)
    {
        var policy = Enum.Parse<NullPolicyName>(name);
        await using var package = await CreateLinearAsync();
        var nulls = policy == NullPolicyName.Value
            ? new NullHandling { Policy = NullPolicyName.Propagate, Features = new Dictionary<string, FeatureNullHandling> { ["x[1]"] = new(policy, "4") } }
            : new NullHandling { Policy = policy };
        var command = new ScoreCommand { Model = package.File, Inputs = Rounded("a", "b", "c"), Outputs = Score, Nulls = nulls };

        var reply = _worker.Run(TaskBytes.Map(command, Table(("a", Doubles(1, 1)), ("b", Doubles(0, null)), ("c", Doubles(2, 2)))));

        if (expected == "error")
        {
            Assert.Equal(
                "Expected a value of feature 'x[1]' in row 2 of the partition, but it is Null, which the query refuses (model 'scored' version 1). Say what stands for it: SparkScoreOptions.Nulls (\"nulls\" of the command).",
                reply.Error);
            return;
        }

        Assert.Equal([$"{{y: {Bits(6)}}}", expected is null ? $"{{y: {Bits(double.NaN)}}}" : expected == "null" ? "{y: null}" : $"{{y: {Bits(14)}}}"], reply.Rows);
    }

    [Fact]
    public async Task Run_NullOfALaterBatch_NamesTheRowOfThePartition()
    {
        await using var package = await CreateAsync(
            OnnxBytes.Linear(inputs: 1, outputs: 1, output: "y"), new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "y" }, [new FeatureColumn("area", FeatureType.Float32)]);
        var command = new ScoreCommand { Model = package.File, Outputs = Score, Nulls = new NullHandling { Features = new Dictionary<string, FeatureNullHandling> { ["area"] = new(NullPolicyName.Error) } } };

        var map = _worker.Run(TaskBytes.Map(command, Table(("area", Floats(1, 2))), Table(("area", Floats(3, null)))));
        var scalar = _worker.Run(TaskBytes.Scalar(command, [null], Table(("_0", Floats(1, 2))), Table(("_0", Floats(3, null)))));

        Assert.StartsWith("Expected a value of feature 'area' in row 4 of the partition, but it is Null, which the query refuses", map.Error, StringComparison.Ordinal);
        Assert.StartsWith("Expected a value of feature 'area' in row 4 of the partition, but it is Null, which the query refuses", scalar.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_IntegerBeyondTheModels_NamesTheRowOfThePartition()
    {
        var cast = OnnxBytes.Bytes(1, OnnxBytes.Message(
            OnnxBytes.Text(1, "x"), OnnxBytes.Text(2, "y"), OnnxBytes.Text(4, "Cast"), OnnxBytes.Bytes(5, OnnxBytes.Message(OnnxBytes.Text(1, "to"), OnnxBytes.Integer(3, 1), OnnxBytes.Integer(20, 2)))));
        var onnx = OnnxBytes.Model(OnnxBytes.Graph(cast, OnnxBytes.Input("x", 6, "N", 1), OnnxBytes.Output("y", 1, "N", 1)));
        await using var package = await CreateAsync(onnx, new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "y" }, [new FeatureColumn("area", FeatureType.Int64)]);
        var command = new ScoreCommand { Model = package.File, Outputs = Score };

        var reply = _worker.Run(TaskBytes.Map(command, Table(("area", new Int64Array.Builder().Append(1).Append(1L << 31).Build()))));

        Assert.Equal("Expected feature 'area' within the range of Int32, as which the model takes it, but found another value in row 2 of the partition (model 'scored' version 1).", reply.Error);
    }

    [Fact]
    public async Task Run_DecimalsAndIntegersThatAreRounded_AreTheNearestFloats()
    {
        await using var package = await CreateLinearAsync(weight: 1);
        var decimals = new Decimal128Array.Builder(new Decimal128Type(38, 10)).Append("12345678901234567890.5").Build();
        var command = new ScoreCommand { Model = package.File, Inputs = Rounded("a", "b", "c"), Outputs = Score };

        var reply = _worker.Run(TaskBytes.Map(command, Table(("a", decimals), ("b", new Int64Array.Builder().Append(0).Build()), ("c", new Int32Array.Builder().Append(0).Build()))));

        Assert.Equal([$"{{y: {Bits((float)12345678901234567890.5)}}}"], reply.Rows);
    }

    [Fact]
    public async Task Run_Classifier_GivesProbabilitiesClassesAndLabels()
    {
        var output = new ModelOutput { Task = ModelTask.MulticlassClassification, ScoreOutput = "y", ClassNames = ["no", "yes"] };
        await using var package = await CreateAsync(OnnxBytes.Linear(inputs: 1, outputs: 2, output: "y"), output);
        var command = new ScoreCommand
        {
            Model = package.File,
            Inputs = [new InputColumn("x", "a", Round: true)],
            Outputs = [new("predicted_class", "int"), new("label", "string", "predicted_label"), new("probabilities", "array<float>"), new("all", "array<double>", "probabilities")],
        };

        var reply = _worker.Run(TaskBytes.Map(command, Table(("a", Doubles(0.25)))));

        Assert.Null(reply.Error);
        Assert.Equal("_0: struct<predicted_class: int32, label: utf8, probabilities: list<float>, all: list<double>>", reply.Columns);
        Assert.Equal([$"{{predicted_class: 0, label: 'no', probabilities: [3e800000, 3e800000], all: [{Bits(0.25)}, {Bits(0.25)}]}}"], reply.Rows);
    }

    [Fact]
    public async Task Run_CommandThatDoesNotFit_IsASentence()
    {
        await using var package = await CreateLinearAsync();
        var right = new ScoreCommand { Model = package.File, Inputs = Rounded("a", "b", "c"), Outputs = Score };
        var table = Table(("a", Doubles(1)), ("b", Doubles(1)), ("c", Doubles(1)));
        var other = new string('0', 64);

        Assert.Equal("Expected a model package at '/nowhere/m.mlpkg', but found no file. Ship it with the session, or name a path that every executor sees.", Error(right with { Model = new FileReference("/nowhere/m.mlpkg", other) }));
        Assert.Equal($"Expected a model package with SHA-256 {other} at '{package.File.Path}', but found SHA-256 {package.File.Sha256}.", Error(right with { Model = package.File with { Sha256 = other } }));
        Assert.Contains("but found 'hdfs://m.mlpkg'", Error(right with { Model = new FileReference("hdfs://m.mlpkg", other) }), StringComparison.Ordinal);
        Assert.Equal("Expected a column 'd' for feature 'x[0]' of model 'scored' version 1, but found columns 'a' (double), 'b' (double), 'c' (double).", Error(right with { Inputs = Rounded("d", "b", "c") }));
        Assert.Equal("Expected a column 'd' to keep, but found columns 'a' (double), 'b' (double), 'c' (double).", Error(right with { Keep = ["d"] }));
        Assert.Contains("Expected column 'x[0]' of Arrow type float, halffloat or an integer of at most 16 bits for a feature of type Float32, but found double", Error(right with { Inputs = [new("x[0]", "a"), new("x[1]", "b"), new("x[2]", "c")] }), StringComparison.Ordinal);
        Assert.EndsWith(" SparkScoreOptions.RoundToFloat32 (\"round\" of the command) rounds its values.", Error(right with { Inputs = [new("x[0]", "a"), new("x[1]", "b"), new("x[2]", "c")] }), StringComparison.Ordinal);
        Assert.EndsWith(
            " Double, int, bigint and decimal are taken too, rounded.",
            _worker.Run(TaskBytes.Map(right, Table(("a", new StringArray.Builder().Append("p").Build()), ("b", Doubles(1)), ("c", Doubles(1))))).Error,
            StringComparison.Ordinal);
        Assert.Contains("Expected the features of model 'scored' version 1 in 'inputs' of the command ('x[0]', 'x[1]', 'x[2]'), but found 'z'.", Error(right with { Inputs = [.. right.Inputs, new("z", "a")] }), StringComparison.Ordinal);
        Assert.Contains("Expected a column 'x[2]' for the feature of that name of model 'scored' version 1", Error(right with { Inputs = Rounded("a", "b") }), StringComparison.Ordinal);
        Assert.Contains("Expected a column of vectors of 3 numbers (array<float>, or with SparkScoreOptions.RoundToFloat32, \"round\" of the command, array<double> or a Vector of spark.ml) for feature 'x' in column 'a' (model 'scored' version 1), but found double.", Error(right with { Inputs = [new("x", "a")] }), StringComparison.Ordinal);
        Assert.Contains("Expected output 'y' to be score, predicted_class", Error(right with { Outputs = [new("y", "double")] }), StringComparison.Ordinal);
        Assert.Contains("but found string for score.", Error(right with { Outputs = [new("score", "string")] }), StringComparison.Ordinal);
        Assert.Contains("Expected a classifier for ScoringOptions.Probabilities", Error(right with { Outputs = [new("probabilities", "array<double>")] }), StringComparison.Ordinal);
        Assert.Contains("Expected 3 arguments for model 'scored' version 1, but the query passes 4.", _worker.Run(TaskBytes.Scalar(right, [null, null, null, null], Table(("_0", Doubles(1)), ("_1", Doubles(1)), ("_2", Doubles(1)), ("_3", Doubles(1))))).Error, StringComparison.Ordinal);
        Assert.Equal("Expected 3 arguments for model 'scored' version 1, but the query passes 1.", ScalarError(right, [null], ("_0", Doubles(1))));
        Assert.Equal("Expected the arguments of model 'scored' version 1 under names of its features ('a', 'b', 'c'), but the query passes 'z'.", ScalarError(right, ["z"], ("z", Doubles(1))));
        Assert.Equal("Expected the arguments of model 'scored' version 1 under names of its features ('x[0]', 'x[1]', 'x[2]'), but the query passes 'z'.", ScalarError(right with { Inputs = [] }, ["z"], ("z", Doubles(1))));
        Assert.Null(Error(right));

        string? ScalarError(ScoreCommand command, string?[] names, params (string, IArrowArray)[] arguments) => _worker.Run(TaskBytes.Scalar(command, names, Table(arguments))).Error;

        string? Error(ScoreCommand command) => _worker.Run(TaskBytes.Map(command, table)).Error;
    }

    [Fact]
    public async Task Run_PackageThatIsDamaged_IsASentence()
    {
        await using var package = await CreateLinearAsync();
        var path = package.File.Path + ".damaged";
        var bytes = await System.IO.File.ReadAllBytesAsync(package.File.Path);
        bytes[^1] ^= 1;
        await System.IO.File.WriteAllBytesAsync(path, bytes);
        var command = new ScoreCommand { Model = RecordedCommands.Reference(path), Outputs = Score };

        Assert.Contains("of the model package '" + path, _worker.Run(TaskBytes.Map(command, Table(("a", Doubles(1))))).Error, StringComparison.Ordinal);
    }

    public void Dispose() => _worker.Dispose();

    private static FloatArray Floats(params float?[] values)
    {
        var column = new FloatArray.Builder();
        foreach (var value in values)
        {
            _ = value is { } number ? column.Append(number) : column.AppendNull();
        }

        return column.Build();
    }

    private static InputColumn[] Rounded(params string[] columns) => [.. columns.Select((c, i) => new InputColumn($"x[{i}]", c, Round: true))];

    private static FloatArray Floats(params float[] values) => new FloatArray.Builder().AppendRange(values).Build();

    private static string Bits(double value) => BitConverter.DoubleToUInt64Bits(value).ToString("x16", System.Globalization.CultureInfo.InvariantCulture);

    private static ListArray Lists(IArrowArray elements)
        => new(new ListType(new Field("element", elements.Data.DataType, true)), 2, new ArrowBuffer.Builder<int>().Append(0).Append(3).Append(6).Build(), elements, ArrowBuffer.Empty);

    /// <summary>Dense (1, 2, 3) and sparse (0, 5, 0).</summary>
    private static StructArray MlVectors()
    {
        var integers = new ListType(new Field("element", Int32Type.Default, false));
        var doubles = new ListType(new Field("element", DoubleType.Default, false));
        var type = new StructType([new Field("type", Int8Type.Default, false), new Field("size", Int32Type.Default, true), new Field("indices", integers, true), new Field("values", doubles, true)]);
        var sizes = new Int32Array.Builder().AppendNull().Append(3).Build();
        var indices = new ListArray(integers, 2, new ArrowBuffer.Builder<int>().Append(0).Append(0).Append(1).Build(), new Int32Array.Builder().Append(1).Build(), new ArrowBuffer.BitmapBuilder(2).Append(false).Append(true).Build(), 1);
        var values = new ListArray(doubles, 2, new ArrowBuffer.Builder<int>().Append(0).Append(3).Append(4).Build(), new DoubleArray.Builder().AppendRange([1, 2, 3, 5]).Build(), ArrowBuffer.Empty);
        return new StructArray(type, 2, [new Int8Array.Builder().Append(1).Append(0).Build(), sizes, indices, values], ArrowBuffer.Empty);
    }
}

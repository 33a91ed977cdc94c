using System.Globalization;
using System.Text.RegularExpressions;
using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;
using Mlp.Spark.Commands;
using Mlp.Spark.Tests.Functions.Models;
using Mlp.Spark.Tests.Peer;
using Mlp.TestSupport;
using static Mlp.Spark.Tests.Functions.Models.TestPackage;

namespace Mlp.Spark.Tests.Functions.OnDemand;

/// <summary>On-demand views out of the method that serves, proved by fingerprint and golden rows.</summary>
public sealed partial class OnDemandTests : IDisposable
{
    private static readonly RecordBatch Trips = Table(
        ("passengers", new Int32Array.Builder().Append(2).Append(4).Build()), ("id", new Int64Array.Builder().Append(7).Append(8).Build()), ("distance", Doubles(3, 12)));

    private readonly LocalWorker _worker = new();
    private readonly TempDirectory _folder = new();

    [Fact]
    public void Run_Map_GivesTheKeptColumnsAndTheFeatures()
    {
        var reply = _worker.Run(TaskBytes.Map(new OnDemandCommand { Transform = Reference("From"), Keep = ["id"] }, Trips));

        Assert.Null(reply.Error);
        Assert.Equal("_0: struct<id: int64, per_passenger: float, is_long: bool>", reply.Columns);
        Assert.Equal([$"{{id: 7, per_passenger: {Bits(1.5f)}, is_long: false}}", $"{{id: 8, per_passenger: {Bits(3)}, is_long: true}}"], reply.Rows);
    }

    [Fact]
    public void Run_Scalar_GivesAFeatureOrAStruct()
    {
        var batch = Table(("_0", Doubles(3)), ("_1", new Int32Array.Builder().Append(2).Build()));
        var one = new OnDemandCommand { Transform = Reference("From"), Features = ["is_long"] };

        Assert.Equal(["false"], _worker.Run(TaskBytes.Scalar(one, [null, null], batch)).Rows);
        Assert.Equal([$"{{per_passenger: {Bits(1.5f)}, is_long: false}}"], _worker.Run(TaskBytes.Scalar(one with { Features = null }, ["distance", "passengers"], batch)).Rows);
        Assert.Contains("('per_passenger', 'is_long'), but the command asks for 'speed'.", _worker.Run(TaskBytes.Scalar(one with { Features = ["speed"] }, [null, null], batch)).Error, StringComparison.Ordinal);
        Assert.Contains("Expected 2 arguments for the on-demand feature view 'trips' version 3 ('distance', 'passengers'), but the query passes 1.", _worker.Run(TaskBytes.Scalar(one, [null], Table(("_0", Doubles(3))))).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_MethodThatThrows_GivesItsText()
    {
        var reply = _worker.Run(TaskBytes.Map(new OnDemandCommand { Transform = Reference("FromNothing"), Keep = ["id"] }, Trips));

        Assert.Contains("its method threw InvalidOperationException. It said: Nobody knows the fare.", reply.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_StoredFeatures_AreColumnsToo()
    {
        var table = Table(("passengers", new Int32Array.Builder().Append(2).Append(4).Build()), ("mean_fare", new FloatArray.Builder().Append(8).AppendNull().Build()), ("distance", Doubles(3, 12)));

        var reply = _worker.Run(TaskBytes.Map(new OnDemandCommand { Transform = Reference("FromStored"), Features = ["per_passenger"] }, table));

        Assert.Equal([$"{{per_passenger: {Bits(4)}}}", $"{{per_passenger: {Bits(-0.25f)}}}"], reply.Rows);
        Assert.Contains(
            "Expected a column 'mean_fare' of type Float32, from which the on-demand feature view 'trips' version 3 computes, but found columns",
            _worker.Run(TaskBytes.Map(new OnDemandCommand { Transform = Reference("FromStored") }, Trips)).Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Run_Statuses_AreThoseOfTheirColumns()
    {
        var label = new FloatArray.Builder().Append(1).Append(1).Append(1).Build();
        var stored = new FloatArray.Builder().Append(8).AppendNull().AppendNull().Build();
        var numbers = new DoubleArray.Builder().Append(2).Append(2).Append(2).Build();
        var vectors = new ListArray.Builder(FloatType.Default).AppendNull().AppendNull().AppendNull().Build();
        var statuses = new Int8Array.Builder().Append(1).Append(1).Append(3).Build();
        var table = Table(("label", label), ("f", stored), ("g", numbers), ("e", vectors), ("v__status", statuses));
        var reference = Reference("Mlp.Spark.TestFunctions.HistoryFeatures", "From", table);
        var command = new OnDemandCommand { Transform = reference, Features = ["statuses"], Statuses = new Dictionary<string, string> { ["f"] = "v__status" } };

        Assert.Equal(["{statuses: 'Present Present'}", "{statuses: 'Null Present'}", "{statuses: 'Expired Present'}"], _worker.Run(TaskBytes.Map(command, table)).Rows);
        Assert.Contains("Expected a column 'w__status', a tinyint with a status", _worker.Run(TaskBytes.Map(command with { Statuses = new Dictionary<string, string> { ["f"] = "w__status" } }, table)).Error, StringComparison.Ordinal);
        var wrong = Table(("label", label), ("f", stored), ("g", numbers), ("e", vectors), ("v__status", new Int8Array.Builder().Append(1).Append(2).Append(3).Build()));
        Assert.Contains("but found another number", _worker.Run(TaskBytes.Map(command, wrong)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_GoldenRows_AreComputedAgain()
    {
        var right = Reference("From") with { GoldenRows = Golden(Bits(1.5f)) };
        var wrong = Reference("FromOther") with { GoldenRows = Golden(Bits(1.5f)) };

        Assert.Null(_worker.Run(TaskBytes.Map(new OnDemandCommand { Transform = right }, Trips)).Error);
        var error = _worker.Run(TaskBytes.Map(new OnDemandCommand { Transform = wrong }, Trips)).Error;
        Assert.EndsWith(
            "Raise its version when its method changes. It said: Nobody knows the fare.",
            _worker.Run(TaskBytes.Map(new OnDemandCommand { Transform = Reference("FromNothing") with { GoldenRows = Golden(Bits(1.5f)) } }, Trips)).Error,
            StringComparison.Ordinal);
        Assert.StartsWith("Expected the on-demand feature view 'trips' version 3 to compute what it computed before, but feature 'per_passenger' of golden row 0 in '", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_ViewThatDoesNotFit_IsASentence()
    {
        var reference = Reference("From");

        Assert.Contains("parameters", Error(reference with { Method = reference.Method with { Name = "Count" } }), StringComparison.Ordinal);
        Assert.Contains("Expected a column 'distance' of type Float64 in the rows", _worker.Run(TaskBytes.Map(new OnDemandCommand { Transform = reference }, Table(("id", Doubles(1))))).Error, StringComparison.Ordinal);
        Assert.Contains(
            "but found null in row 1",
            _worker.Run(TaskBytes.Map(new OnDemandCommand { Transform = reference }, Table(("distance", Doubles((double?)null)), ("passengers", new Int32Array.Builder().Append(1).Build())))).Error,
            StringComparison.Ordinal);
        Assert.Contains("Expected the golden rows", Error(reference with { GoldenRows = new FileReference("/nowhere/golden.json", new string('0', 64)) }), StringComparison.OrdinalIgnoreCase);

        string? Error(TransformReference transform) => _worker.Run(TaskBytes.Map(new OnDemandCommand { Transform = transform }, Trips)).Error;
    }

    [Fact]
    public async Task Run_ScoreWithATransform_ScoresWhatItComputes()
    {
        await using var package = await CreateLinearAsync(width: 1, weight: 2, features: [new FeatureColumn("per_passenger", FeatureType.Float32)]);
        var command = new ScoreCommand { Model = package.File, Transforms = [Reference("From")], Outputs = [new OutputColumn("score", "double")], Keep = ["id"] };

        var reply = _worker.Run(TaskBytes.Map(command, Trips, Trips));

        Assert.Null(reply.Error);
        Assert.Equal(["{id: 7, score: 4008000000000000}", "{id: 8, score: 4018000000000000}"], reply.Rows.Take(2));
        Assert.Equal(4, reply.Rows.Count);
    }

    [Fact]
    public async Task Run_ScoreWithATransform_TellsItsFeaturesFromColumnsOfTheSameName()
    {
        await using var package = await CreateLinearAsync(width: 2, weight: 2, features: [new FeatureColumn("share", FeatureType.Float32), new FeatureColumn("per_passenger", FeatureType.Float32)]);
        var table = Table(
            ("passengers", new Int32Array.Builder().Append(2).Append(4).Build()), ("per_passenger", Floats(100, 200)), ("distance", Doubles(3, 12)));
        var command = new ScoreCommand
        {
            Model = package.File,
            Inputs = [new InputColumn("share", "per_passenger", View: "trips"), new InputColumn("per_passenger", "per_passenger")],
            Transforms = [Reference("From")],
            Outputs = [new OutputColumn("score", "double")],
        };

        Assert.Equal(["{score: 4069600000000000}", "{score: 4079600000000000}"], _worker.Run(TaskBytes.Map(command, table)).Rows);
        Assert.Contains(
            "Expected a feature of the on-demand view 'trips' for feature 'share' of model 'scored' version 1, but found 'speed'.",
            _worker.Run(TaskBytes.Map(command with { Inputs = [new InputColumn("share", "speed", View: "trips")] }, table)).Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_ScalarScoreWithATransform_FindsArgumentsByTheirNames()
    {
        await using var package = await CreateLinearAsync(width: 1, weight: 2, features: [new FeatureColumn("share", FeatureType.Float32)]);
        var command = new ScoreCommand
        {
            Model = package.File,
            Arguments = ["passengers", "distance"],
            Inputs = [new InputColumn("share", "per_passenger", View: "trips")],
            Transforms = [Reference("From")],
            Outputs = [new OutputColumn("score", "double")],
        };
        var batch = Table(("_0", new Int32Array.Builder().Append(2).Append(4).Build()), ("_1", Doubles(3, 12)));

        Assert.Equal(["4008000000000000", "4018000000000000"], _worker.Run(TaskBytes.Scalar(command, [null, null], batch)).Rows);
        Assert.Contains("Expected 2 arguments for model 'scored' version 1, but the query passes 1.", _worker.Run(TaskBytes.Scalar(command, [null], Table(("_0", Doubles(3))))).Error, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _worker.Dispose();
        _folder.Dispose();
    }

    /// <summary>A reference whose fingerprint is that which the worker says the method has.</summary>
    private TransformReference Reference(string method) => Reference("Mlp.Spark.TestFunctions.TripFeatures", method, Trips);

    private TransformReference Reference(string type, string method, RecordBatch batch)
    {
        var reference = new TransformReference
        {
            Method = new MethodReference(RecordedCommands.Assembly, type, method),
            View = "trips",
            Version = 3,
            Fingerprint = new string('0', 64),
        };
        var error = _worker.Run(TaskBytes.Map(new OnDemandCommand { Transform = reference }, batch)).Error;
        var match = Fingerprint().Match(error!);
        Assert.True(match.Success, error);
        return reference with { Fingerprint = match.Groups[1].Value };
    }

    private FileReference Golden(string perPassenger)
    {
        var path = _folder.Combine("golden.json");
        var distance = BitConverter.DoubleToUInt64Bits(3).ToString("x16", CultureInfo.InvariantCulture);
        File.WriteAllText(
            path,
            $$"""{"format":"mlp-on-demand-golden-rows","formatVersion":1,"fingerprint":"{{Reference("From").Fingerprint}}","rowCount":1,"requests":[["{{distance}}"],["2"]],"features":[["{{perPassenger}}"],["false"]]}""");
        return RecordedCommands.Reference(path);
    }

    private static FloatArray Floats(params float[] values) => new FloatArray.Builder().AppendRange(values).Build();

    private static string Bits(float value) => BitConverter.SingleToUInt32Bits(value).ToString("x8", CultureInfo.InvariantCulture);

    [GeneratedRegex("^Expected the on-demand feature view 'trips' version 3 with fingerprint 0{64}, as the command says, but the types of .* have ([0-9a-f]{64})\\.$")]
    private static partial Regex Fingerprint();
}

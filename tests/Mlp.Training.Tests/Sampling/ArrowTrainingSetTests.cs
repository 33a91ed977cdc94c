using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;
using Mlp.Training.Networks;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Sampling;

public sealed class ArrowTrainingSetTests
{
    public static TheoryData<string, ITrainer> Trainers { get; } = new()
    {
        { "network", new NetworkTrainer(new NetworkOptions { MaxEpochs = 40, LearningRate = 0.01, BatchSize = 32, Seed = 1 }) },
        { "trees", new TreeTrainer(new TreeOptions { MaximumIterations = 5, MinimumRowsInLeaf = 5 }) },
    };

    [Theory]
    [MemberData(nameof(Trainers))]
    public async Task WeightColumn_ZeroForOneClass_ReachesTheTrainer(string name, ITrainer trainer)
    {
        var x = Enumerable.Range(0, 400).Select(i => i * 37 % 100).ToArray();
        Rows Create() => new Rows().Float32("x", [.. x.Select(v => (float?)v)]).Label("y", [.. x.Select((v, i) => (v + (i % 3 == 0 ? 50 : 0)) % 100 > 50 ? 1f : 0f)]).Label("w", [.. x.Select((_, i) => i % 3 == 0 ? 0f : 1f)]);
        var plain = new ArrowTrainingSet([Create().Batch()], [new("x", FeatureType.Float32)], "y");
        var weighted = new ArrowTrainingSet([Create().Batch()], [new("x", FeatureType.Float32)], "y", weightColumn: "w");

        using var first = await trainer.FitAsync(plain);
        using var second = await trainer.FitAsync(weighted);

        Assert.Equal((null, "w"), (plain.Manifest.WeightColumn, weighted.Manifest.WeightColumn));
        Assert.True(second.History[^1].ValidationLoss < first.History[^1].ValidationLoss * 0.95, $"{name}: {second.History[^1].ValidationLoss} against {first.History[^1].ValidationLoss}");
    }

    [Fact]
    public void KeyColumns_OfSeveralTypes_StandInTheManifest()
    {
        var batch = new Rows().Float32("x", 1f).Text("name", "a").Other("shop", new Int32Array.Builder().Append(1).Build()).Label("y", 1f).Batch();

        var set = new ArrowTrainingSet([batch], [new("x", FeatureType.Float32)], "y", keyColumns: ["shop", "name"]);

        Assert.Equal([new KeyColumn("shop", EntityValueKind.Int64), new KeyColumn("name", EntityValueKind.String)], set.Manifest.Keys);
        Assert.Contains(
            "Expected the key column 'x' to hold integers, texts or GUIDs, but found the Arrow type float.",
            Assert.Throws<ArgumentException>(() => new ArrowTrainingSet([batch], [], "y", keyColumns: ["x"])).Message,
            StringComparison.Ordinal);
        Assert.StartsWith("Expected a column 'v' in the batches", Assert.Throws<ArgumentException>(() => new ArrowTrainingSet([batch], [], "y", weightColumn: "v")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Features_NumbersOfOtherTypes_AreBroughtIntoTheirs()
    {
        var batch = new Rows()
            .Other("narrow", new DoubleArray.Builder().Append(0.1).AppendNull().Append(double.NegativeInfinity).Build())
            .Other("wide", new FloatArray.Builder().Append(0.1f).AppendNull().Append(3).Build())
            .Other("small", new Int8Array.Builder().Append(-1).AppendNull().Append(3).Build())
            .Other("counts", new Int64Array.Builder().Append(1L << 60).AppendNull().Append(3).Build())
            .Label("y", 1f, 0f, 1f)
            .Batch();

        var set = new ArrowTrainingSet(
            [batch, batch.Slice(1, 2)],
            [new("narrow", FeatureType.Float32), new("wide", FeatureType.Float64), new("small", FeatureType.Int64), new("counts", FeatureType.Float64)],
            "y");

        Assert.Equal([ArrowTypeId.Float, ArrowTypeId.Double, ArrowTypeId.Int64, ArrowTypeId.Double, ArrowTypeId.Float], set.Schema.FieldsList.Select(f => f.DataType.TypeId));
        var read = await SyntheticRows.WholeOf(set);
        Assert.Equal([0.1f, null, float.NegativeInfinity, null, float.NegativeInfinity], Enumerable.Range(0, 5).Select(((FloatArray)read.Column("narrow")).GetValue));
        Assert.Equal([(double)0.1f, null, 3, null, 3], Enumerable.Range(0, 5).Select(((DoubleArray)read.Column("wide")).GetValue));
        Assert.Equal([-1L, null, 3, null, 3], Enumerable.Range(0, 5).Select(((Int64Array)read.Column("small")).GetValue));
        Assert.Equal([1L << 60, null, 3, null, 3], Enumerable.Range(0, 5).Select(((DoubleArray)read.Column("counts")).GetValue));
    }

    [Fact]
    public void Features_NumberBeyondFloat32_IsASentence()
    {
        var batch = new Rows().Other("x", new DoubleArray.Builder().Append(1e39).Build()).Batch();

        var e = Assert.Throws<ArgumentException>(() => new ArrowTrainingSet([batch], [new("x", FeatureType.Float32)], null));

        Assert.StartsWith("Expected column 'x' to hold numbers within Float32, but batch 0 holds a greater one.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Features_FractionsForIntegers_StayWhatTheyAre()
    {
        var batch = new Rows().Other("x", new DoubleArray.Builder().AppendRange(Enumerable.Range(0, 20).Select(i => i / 2.0)).Build()).Label("y", [.. Enumerable.Range(0, 20).Select(i => (float)(i % 2))]).Batch();
        var set = new ArrowTrainingSet([batch], [new("x", FeatureType.Int64)], "y");

        var e = await Assert.ThrowsAsync<TrainingDataException>(() => new TreeTrainer(new TreeOptions()).FitAsync(set));

        Assert.Equal("Expected column 'x' to hold Int64 values, but found the Arrow type double.", e.Message);
    }

    [Fact]
    public void Constructor_BatchesWithTimesOfOtherUnits_IsASentence()
    {
        static RecordBatch Batch(TimeUnit unit)
            => new Rows().Float32("x", 1f).Other("t", new TimestampArray.Builder(new TimestampType(unit, "UTC")).Append(DateTimeOffset.UnixEpoch).Build()).Batch();

        var e = Assert.Throws<ArgumentException>(() => new ArrowTrainingSet([Batch(TimeUnit.Microsecond), Batch(TimeUnit.Second)], [new("x", FeatureType.Float32)], null, "t"));

        Assert.StartsWith("Expected every batch to have the columns 'x' (float32), 't' (", e.Message, StringComparison.Ordinal);
    }
}

using Apache.Arrow;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Scoring;
using Mlp.Runtime.Tests.Inference;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Scoring;

/// <summary>Arrow scoring against row scoring: the same bits, whatever the schema, the nulls, the slice and the batch size.</summary>
public sealed class ScoringAgreementTests
{
    [Property(MaxTest = 40)]
    public bool ScoreAsync_AnyTable_AgreesWithPredictBitForBit(int seed, byte features, ushort rows, bool withStatus, bool asColumns)
        => AgreesAsync(seed, 1 + (features % 40), rows % 700, withStatus, asColumns).GetAwaiter().GetResult();

    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(2, 8, 1)]
    [InlineData(3, 9, 257)]
    [InlineData(4, 40, 512)]
    public async Task ScoreAsync_Table_AgreesWithPredictBitForBit(int seed, int features, int rows)
    {
        Assert.True(await AgreesAsync(seed, features, rows, withStatus: true, asColumns: false));
        Assert.True(await AgreesAsync(seed, features, rows, withStatus: false, asColumns: true));
    }

    private static async Task<bool> AgreesAsync(int seed, int featureCount, int rowCount, bool withStatus, bool asColumns)
    {
        var table = new RandomTable(seed, featureCount, rowCount);
        await using var platform = await ServeAsync(
            Package(TestGraphs.Any(table.Layout, withStatus, asColumns), Regression(), features: table.Layout.Columns), configure: m => Choose(m, table.Layout, new Random(seed)));
        Assert.Null(platform.Model.UnavailableReason);
        var random = new Random(seed);
        var first = random.Next(rowCount + 1);
        var count = random.Next(rowCount - first + 1);
        using var slice = random.Next(2) == 0 ? table.Batch.Slice(first, count) : table.Batch.SliceShared(first, count);

        using var scored = await platform.Model.ScoreAsync(slice, new ScoringOptions { Columns = [] });

        var results = new Prediction[count];
        platform.Model.Predict(table.Rows(first, count), results);
        var scores = ((DoubleArray)scored.Column(BatchColumns.Score)).Values;
        for (var row = 0; row < count; row++)
        {
            if (BitConverter.DoubleToInt64Bits(scores[row]) != BitConverter.DoubleToInt64Bits(results[row].Score))
            {
                return false;
            }
        }

        return scored.Length == count;
    }

    /// <summary>A policy for every feature that the model would refuse without, and for some others.</summary>
    private static void Choose(ModelOptions model, FeatureRowLayout layout, Random random)
    {
        foreach (var feature in layout.Columns)
        {
            _ = (feature.Type, random.Next(2)) switch
            {
                (FeatureType.Float32 or FeatureType.Float64, 0) => model.OnNull(feature.Name, random.Next(2) == 0 ? NullPolicy.NaN : NullPolicy.Automatic),
                (FeatureType.Float32 or FeatureType.Float64, _) => model.OnNull(feature.Name, -1.5),
                (FeatureType.Int64, var other) => model.OnNull(feature.Name, 77L * other),
                (FeatureType.Boolean, var other) => model.OnNull(feature.Name, other == 1),
                (_, var other) => model.OnNull(feature.Name, other == 1 ? "ü" : string.Empty),
            };
        }
    }
}

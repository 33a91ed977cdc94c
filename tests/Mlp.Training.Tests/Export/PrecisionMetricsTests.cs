using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Training.Evaluation;
using Mlp.Training.Export;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Tests.Export;

public sealed class PrecisionMetricsTests
{
    [Fact]
    public async Task Compare_WeightsOfARanking_CountItsGroups()
    {
        // Two groups of two: the first is ordered rightly, the second wrongly, where NDCG is 1/log2(3) of the best.
        float[] gains = [1, 0, 0, 1];
        double[] scores = [0.9, 0.1, 0.9, 0.1];
        var wrong = 1 / Math.Log2(3);

        Assert.Equal((1 + wrong) / 2, await NdcgAsync(gains, null, scores), 1e-12);
        Assert.Equal((3 + wrong) / 4, await NdcgAsync(gains, [3, 3, 1, 1], scores), 1e-12);
        Assert.Equal((3 + wrong) / 4, await NdcgAsync(gains, [2, 4, 1, 1], scores), 1e-12);
        Assert.Equal(wrong, await NdcgAsync(gains, [0, 0, 1, 1], scores), 1e-12);
    }

    private static async Task<double> NdcgAsync(float[] gains, float[]? weights, double[] scores)
    {
        var rows = new Rows().Float32("x", 1, 2, 3, 4).Int64("g", 7, 7, 8, 8).Label("y", gains).Other("w", new Apache.Arrow.FloatArray.Builder().AppendRange(weights ?? [1, 1, 1, 1]).Build());
        var set = new ArrowTrainingSet([rows.Batch()], [rows.Features[0]], "y");
        var read = await LabelledRows.ReadAsync(
            weights is null ? set : new ChangedTrainingSet(set, m => m with { WeightColumn = "w" }),
            set.Manifest.Features,
            new RowReading { Task = ModelTask.Ranking, TakesWeights = true, GroupColumn = "g" },
            CancellationToken.None);

        var change = Assert.Single(PrecisionMetrics.Compare(read, 0, scores, scores, new ModelOutput { Task = ModelTask.Ranking, ScoreOutput = "score" }));

        Assert.Equal((MetricNames.Ndcg, change.Before), (change.Name, change.After));
        return change.Before;
    }
}

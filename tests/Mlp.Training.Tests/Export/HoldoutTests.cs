using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;
using Mlp.Training.Export;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Tests.Export;

/// <summary>From which rows it is learnt how quality is estimated.</summary>
public sealed class HoldoutTests
{
    private static readonly ModelOutput Binary = new() { Task = ModelTask.BinaryClassification, ScoreOutput = "score" };

    [Fact]
    public async Task Of_RowsOfWeightZero_LeaveNoTrace()
    {
        var (labels, scores) = Draw(800);
        float[] doubled = [.. labels.SelectMany(l => new[] { l, 1 - l })];
        float[] said = [.. scores.SelectMany(s => new[] { s, s })];
        float[] weights = [.. labels.SelectMany(_ => new[] { 2f, 0 })];

        var alone = Of(await ReadAsync(labels, null), scores);
        var among = Of(await ReadAsync(doubled, weights), said);

        Assert.Equal([.. Enumerable.Range(0, 800).Select(i => 2 * i)], among.Taken.ToArray());
        Assert.Equal(EstimatorOf(alone), EstimatorOf(among));
    }

    [Fact]
    public async Task Of_Weights_AreHowOftenRowsStandInIt()
    {
        var (labels, scores) = Draw(3000);
        float[] weights = [.. labels.Select(l => l == 1 ? 3f : 1)];

        var taken = Of(await ReadAsync(labels, weights), scores).Taken.ToArray();

        var positives = labels.Count(l => l == 1);
        var weight = (3.0 * positives) + (3000 - positives);
        Assert.Equal((int)Math.Round(weight * weight / ((9.0 * positives) + (3000 - positives))), taken.Length);
        Assert.Equal(3.0 * positives / weight, taken.Count(r => labels[r] == 1) / (double)taken.Length, 0.002);
        Assert.Equal(taken.Order(), taken);
    }

    [Fact]
    public async Task Of_FewRowsThatCount_AreNone()
    {
        var (labels, scores) = Draw(1000);
        float[] weights = [.. labels.Select((_, i) => i % 10 == 0 ? 1f : 0)];

        Assert.Null(Holdout.Of(await ReadAsync(labels, weights), 0, new ModelScores(scores, 1, []), Binary));
    }

    private static (float[] Labels, float[] Scores) Draw(int count)
    {
        var random = new Random(3);
        float[] scores = [.. Enumerable.Range(0, count).Select(_ => random.NextSingle())];
        return ([.. scores.Select(s => random.NextSingle() < s ? 1f : 0)], scores);
    }

    private static Holdout Of(LabelledRows rows, float[] scores) => Holdout.Of(rows, 0, new ModelScores(scores, 1, []), Binary)!;

    private static byte[] EstimatorOf(Holdout holdout)
    {
        var builder = new ReferenceProfileBuilder();
        holdout.AddTo(builder);
        return builder.SetScore([0.5f]).Build().ToJson();
    }

    private static Task<LabelledRows> ReadAsync(float[] labels, float[]? weights)
    {
        var rows = new Rows().Float32("x", [.. labels.Select(_ => (float?)1)]).Label("y", labels);
        var set = weights is null ? rows.Set("y") : rows.Other("w", new Apache.Arrow.FloatArray.Builder().AppendRange(weights).Build()).Set("y");
        return LabelledRows.ReadAsync(
            weights is null ? set : new ChangedTrainingSet(set, m => m with { WeightColumn = "w" }),
            set.Manifest.Features,
            new RowReading { Task = ModelTask.BinaryClassification, TakesWeights = true },
            CancellationToken.None);
    }
}

using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;
using Mlp.Training.Interop;
using Mlp.Training.Networks;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Tests.Networks;

public sealed class NetworkValidationTests
{
    public NetworkValidationTests() => Torch.EnsureLoaded();

    [Theory]
    [InlineData(NetworkLossKind.RankNet)]
    [InlineData(NetworkLossKind.LambdaRank)]
    public async Task Measure_GroupsAcrossBatches_AreComparedAsAWhole(NetworkLossKind loss)
    {
        // Groups of seven and batches of ten: each batch but the first would begin within a group.
        var (rows, encoded, targets) = await RankingAsync(70, groupSize: 7);
        var options = new NetworkOptions { Task = ModelTask.Ranking, GroupColumn = "g", Loss = { Kind = loss }, StopMetric = ValidationMetric.Ndcg };
        using var network = new LinearNetwork(1, 1, 0.5f);
        EpochScore Measure(int batchSize)
        {
            using var validation = new NetworkValidation(NetworkSettings.From(options), encoded, 0, targets, new(1, 0), batchSize, 1);
            return validation.Measure(network, CancellationToken.None);
        }

        var (whole, cut) = (Measure(rows), Measure(10));

        Assert.Equal(whole.Loss, cut.Loss, 1e-6);
        Assert.Equal(whole.Metric, cut.Metric, 1e-12);
    }

    [Fact]
    public async Task FitAsync_RankingValidatesOnTheLastRows_KeepsGroupsWhole()
    {
        // Of 70 rows the last 23 % are 16, which begin in the middle of a group of seven.
        var (_, _, _, set) = await RankingSetAsync(70, groupSize: 7);
        using var network = await new NetworkTrainer(new NetworkOptions { Task = ModelTask.Ranking, GroupColumn = "g", MaxEpochs = 1, ValidationShare = 0.23 }).FitAsync(set);

        Assert.Equal(49, network.TrainingCount);
    }

    [Theory]
    [InlineData(ValidationMetric.RootMeanSquaredError)]
    [InlineData(ValidationMetric.MeanAbsoluteError)]
    public async Task FitAsync_RegressionMetric_IsInTheLabelsUnit(ValidationMetric metric)
    {
        var (rows, validation) = (SyntheticRows.Create(400, seed: 4, isRegression: true), SyntheticRows.Create(200, seed: 8, isRegression: true));
        var options = new NetworkOptions { Task = ModelTask.Regression, MaxEpochs = 2, StopMetric = metric, HiddenLayers = [8] };
        using var network = await new NetworkTrainer(options).FitAsync(rows, validation);

        var batch = await SyntheticRows.BatchOf(validation);
        var labels = ((Apache.Arrow.FloatArray)batch.Column(SyntheticRows.Label)).Values.ToArray();
        var measured = RegressionMetrics.Compute(System.Array.ConvertAll(network.Predict(batch), p => (double)p), System.Array.ConvertAll(labels, l => (double)l));

        var expected = metric == ValidationMetric.RootMeanSquaredError ? measured.RootMeanSquaredError : measured.MeanAbsoluteError;
        Assert.Equal(expected, network.History[network.BestEpoch - 1].ValidationMetric!.Value, 1e-3);
    }

    private static async Task<(int Rows, EncodedRows Encoded, TrainingTargets Targets)> RankingAsync(int count, int groupSize)
    {
        var (rows, encoded, targets, _) = await RankingSetAsync(count, groupSize);
        return (rows, encoded, targets);
    }

    private static async Task<(int Rows, EncodedRows Encoded, TrainingTargets Targets, Mlp.Runtime.Data.ITrainingSet Set)> RankingSetAsync(int count, int groupSize)
    {
        var random = new SeededRandom(3);
        var set = new Rows()
            .Float32("x", [.. Enumerable.Range(0, count).Select(_ => (float?)random.NextDouble())])
            .Label("y", [.. Enumerable.Range(0, count).Select(_ => MathF.Floor((float)(3 * random.NextDouble())))])
            .Other("g", new Apache.Arrow.Int64Array.Builder().AppendRange(Enumerable.Range(0, count).Select(i => (long)(i / groupSize))).Build())
            .Set("y");
        var rows = await LabelledRows.ReadAsync(set, set.Manifest.Features, new RowReading { Task = ModelTask.Ranking, GroupColumn = "g" }, CancellationToken.None);
        return (count, FeatureEncoding.Learn(rows.Table, count, new()).Encode(rows.Table), TrainingTargets.Of(rows, 0, count, new TargetScale(1, 0), []), set);
    }
}

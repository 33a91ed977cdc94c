using Mlp.TestSupport;
using Mlp.Training.Evaluation.Folds;
using Mlp.Training.Trees;
using Xunit.Abstractions;

namespace Mlp.Training.Tests.Trees;

/// <summary>Quality on real data, beside scikit-learn where it is installed.</summary>
public sealed class RealDataTests(ITestOutputHelper output)
{
    [ReferenceDataFact(RealRows.Adult)]
    public async Task FitAsync_AdultCensus_FiveFoldsReachAnAucOf925()
    {
        var trainer = new TreeTrainer(new TreeOptions { ValidationShare = 0, MaximumIterations = 200, LearningRate = 0.08, MaximumLeaves = 24, Threads = 2, Seed = 1 });

        var result = await CrossValidation.RunAsync(trainer, RealRows.ReadAdult());

        output.WriteLine(result.ToString());
        Assert.InRange(result.Metrics["auc"].Mean, 0.925, 0.94);
        Assert.True(result.Metrics["auc"].Interval.Contains(result.OutOfFold.Metrics["auc"]));
        Assert.Equal(30_162, result.OutOfFold.RowCount);
        Assert.InRange(result.OutOfFold.Metrics["log_loss"], 0.26, 0.29);
    }

    [ReferenceDataFact(RealRows.Adult)]
    public async Task Export_AdultCensus_ProvesTextsAndIntegersOnUnseenRows()
    {
        using var trees = await new TreeTrainer(new TreeOptions { Threads = 2 }).FitAsync(RealRows.ReadAdult(i => i < 8000, hasTextLabels: true));

        var model = trees.Export();

        Assert.Equal(["<=50K", ">50K"], trees.ClassNames);
        Assert.Equal(1600, model.ExportProof.RowCount);
        Assert.InRange(model.ExportProof.MaximumDifference, 0, 1e-6);
        Assert.InRange(trees.BestIteration, 20, 499);
        Assert.True(trees.FeatureImportance()["relationship"] > trees.FeatureImportance()["race"]);
    }

    [ScikitLearnFact(RealRows.Bike)]
    public async Task FitAsync_BikesByTheHour_IsAsGoodAsScikitLearnsHistograms()
    {
        var cut = (int)(17_379 * 0.7);
        var trainer = new TreeTrainer(new TreeOptions
        {
            Objective = TreeObjective.Regression,
            ValidationShare = 0,
            MaximumIterations = 100,
            Threads = 2,
            Seed = 1,
        });

        using var trees = await trainer.FitAsync(RealRows.ReadBike(i => i < cut));
        var holdout = await SyntheticRows.BatchOf(RealRows.ReadBike(i => i >= cut));
        var ours = Rmse(trees.Predict(holdout), ((Apache.Arrow.FloatArray)holdout.Column("count")).Values);

        var all = await SyntheticRows.BatchOf(RealRows.ReadBike());
        var script = $"""
            import os
            os.environ.update(OMP_NUM_THREADS='2', OMP_WAIT_POLICY='passive')
            from sklearn.ensemble import HistGradientBoostingRegressor
            x = np.column_stack([{string.Join(", ", RealRows.BikeFeatures)}])
            m = HistGradientBoostingRegressor(max_iter=100, learning_rate=0.1, max_leaf_nodes=31, min_samples_leaf=20, early_stopping=False, random_state=1).fit(x[:{cut}], count[:{cut}])
            out['rmse'] = np.sqrt(np.mean((m.predict(x[{cut}:]) - count[{cut}:]) ** 2))
            """;
        var theirs = ScikitLearn.Run(
            script,
            [
                .. RealRows.BikeFeatures.Select(f => (f, ((Apache.Arrow.DoubleArray)all.Column(f)).Values.ToArray().AsEnumerable())),
                ("count", ((Apache.Arrow.FloatArray)all.Column("count")).Values.ToArray().Select(v => (double)v)),
            ])["rmse"][0];

        output.WriteLine(FormattableString.Invariant($"Root mean squared error: {ours:0.00}, scikit-learn's {theirs:0.00}."));
        Assert.True(Math.Abs((ours / theirs) - 1) < 0.05, FormattableString.Invariant($"Expected a root mean squared error within 5 % of scikit-learn's {theirs}, but found {ours}."));
    }

    private static double Rmse(float[] scores, ReadOnlySpan<float> labels)
    {
        double sum = 0;
        for (var i = 0; i < scores.Length; i++)
        {
            sum += Math.Pow(scores[i] - labels[i], 2);
        }

        return Math.Sqrt(sum / scores.Length);
    }
}

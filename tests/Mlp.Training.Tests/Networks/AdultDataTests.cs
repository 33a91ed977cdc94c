using Mlp.Runtime.Statistics;
using Mlp.TestSupport;
using Mlp.Training.Evaluation;
using Mlp.Training.Networks;

namespace Mlp.Training.Tests.Networks;

/// <summary>A real data set: does a person of the 1994 census earn more than 50,000 dollars? (Kohavi, 1996.)</summary>
public sealed class AdultDataTests
{
    [ReferenceDataFact(AdultRows.File)]
    public async Task FitAsync_AdultCensus_ReachesTheKnownQualityAndExports()
    {
        var split = await TimeSplit.ByShareAsync(AdultRows.Read(), 0.3);
        var trainer = new NetworkTrainer(new NetworkOptions { Seed = 1, MaxEpochs = 12, LearningRate = 0.003 });

        using var network = await trainer.FitAsync(split.Training);
        var model = network.Export();
        var result = await Evaluator.EvaluateAsync(model, split.Holdout);

        // Logistic regression reaches about 0.905 and boosted trees about 0.925 with all rows.
        Assert.InRange(result.Metrics["auc"], 0.895, 0.93);
        Assert.InRange(result.Metrics["log_loss"], 0.28, 0.345);
        Assert.InRange(model.ExportProof.MaximumDifference, 0, 1e-5);
    }

    [ReferenceDataFact(AdultRows.File)]
    public async Task FitAsync_FiveFoldsOfAllRows_ReachAnAucOfNineTenthsAndMore()
    {
        const int Folds = 5;
        var options = new NetworkOptions { Seed = 1, MaxEpochs = 12, EarlyStoppingPatience = 12, ValidationShare = 0, LearningRate = 0.004, AverageDecay = 0.99 };
        options.Schedule.Kind = ScheduleKind.OneCycle;
        var trainer = new NetworkTrainer(options);
        var aucs = new List<double>();
        for (var fold = 0; fold < Folds; fold++)
        {
            var of = fold;
            using var network = await trainer.FitAsync(AdultRows.Read(int.MaxValue, row => row % Folds != of));
            var holdout = await SyntheticRows.BatchOf(AdultRows.Read(int.MaxValue, row => row % Folds == of));
            var truth = (Apache.Arrow.BooleanArray)holdout.Column("income");
            aucs.Add(BinaryClassificationMetrics.Compute(network.Predict(holdout), [.. Enumerable.Range(0, truth.Length).Select(i => truth.GetValue(i)!.Value)]).Auc);
        }

        Assert.True(aucs.Average() >= 0.905, string.Join(", ", aucs));
    }
}

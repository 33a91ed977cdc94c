using Mlp.TestSupport;
using Mlp.Training.Evaluation;
using Mlp.Training.Evaluation.Calibration;
using Mlp.Training.Evaluation.Thresholds;
using Mlp.Training.Export;
using Mlp.Training.Tests.Trees;
using Mlp.Training.Trees;
using Xunit.Abstractions;

namespace Mlp.Training.Tests.Evaluation.Calibration;

public sealed class RealCalibrationTests(ITestOutputHelper output)
{
    [ReferenceDataFact(RealRows.Adult)]
    public async Task Export_AdultCensus_ComesTrueOnUnseenRowsAndCostsLess()
    {
        // Trees that were trained too long: they are too sure.
        var options = new TreeOptions { ValidationShare = 0, MaximumIterations = 300, LearningRate = 0.2, Threads = 2, Seed = 1 };
        using var trees = await new TreeTrainer(options).FitAsync(RealRows.ReadAdult(i => i % 3 == 0));
        var (calibrating, unseen) = (RealRows.ReadAdult(i => i % 3 == 1), RealRows.ReadAdult(i => i % 3 == 2));
        var before = await Evaluator.EvaluateAsync(trees.Export(), unseen);
        Assert.InRange(before.Metrics[MetricNames.CalibrationError], 0.03, 0.2);
        foreach (var method in new[] { CalibrationMethod.Platt, CalibrationMethod.Isotonic, CalibrationMethod.Beta })
        {
            var calibration = await ScoreCalibration.FitAsync(trees, calibrating, new() { Method = method });
            var model = trees.Export(new ExportOptions { Calibration = calibration });

            var after = await Evaluator.EvaluateAsync(model, unseen);
            output.WriteLine(FormattableString.Invariant(
                $"{method}: calibration error {before.Metrics[MetricNames.CalibrationError]:0.0000} to {after.Metrics[MetricNames.CalibrationError]:0.0000}, log loss {before.Metrics[MetricNames.LogLoss]:0.0000} to {after.Metrics[MetricNames.LogLoss]:0.0000}, points {calibration.Parameters.GetValueOrDefault("points")}, proof {model.ExportProof.MaximumDifference:0.0e0}."));
            Assert.InRange(after.Metrics[MetricNames.CalibrationError], 0, 0.02);
            Assert.True(after.Metrics[MetricNames.LogLoss] < before.Metrics[MetricNames.LogLoss]);

            // What the folds promised is what unseen rows show.
            Assert.Equal(calibration.After.LogLoss, after.Metrics[MetricNames.LogLoss], 0.015);
            Assert.Equal(before.Metrics[MetricNames.Auc], after.Metrics[MetricNames.Auc], 0.003);
        }

        var platt = await ScoreCalibration.FitAsync(trees, calibrating);
        var choice = await ThresholdSelector.ChooseAsync(trees, calibrating, ThresholdRule.LeastCost(new CostMatrix(0, 1, 0, 4)), new() { Calibration = platt, BootstrapSamples = 100 });
        output.WriteLine(choice.ToString());
        Assert.True(choice.ThresholdInterval.Lower < 0.25 && choice.ThresholdInterval.Upper > 0.15, choice.ToString());
        Assert.True(choice.ExpectedCostInterval.Upper < choice.ExpectedCostAtHalf);
    }
}

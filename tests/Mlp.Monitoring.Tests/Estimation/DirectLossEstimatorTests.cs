using Mlp.Runtime.Statistics.Estimation;

namespace Mlp.Monitoring.Tests.Estimation;

public sealed class DirectLossEstimatorTests
{
    [Fact]
    public void Estimate_InputsMoveWhereErrorsAreGreater_SaysHowGreat()
    {
        // The spread of the error grows with the first feature: 1 at 0, 5 at 1.
        var random = new Random(4);
        var reference = Draw(random, 8_000, () => random.NextDouble() * 0.5);
        var estimator = DirectLossEstimator.Fit(reference.Features, reference.Predictions, reference.Targets, 1_000);

        var same = Draw(random, 4_000, () => random.NextDouble() * 0.5);
        var moved = Draw(random, 4_000, () => 0.35 + (random.NextDouble() * 0.15));
        var ofSame = estimator.Estimate(same.Features, same.Predictions);
        var ofMoved = estimator.Estimate(moved.Features, moved.Predictions);

        // The band is that of the sample; what the second model is off comes on top.
        foreach (var (truth, estimate) in new[]
        {
            (Mae(same), ofSame.MeanAbsoluteError), (Rmse(same), ofSame.RootMeanSquaredError), (Mae(moved), ofMoved.MeanAbsoluteError), (Rmse(moved), ofMoved.RootMeanSquaredError),
        })
        {
            Assert.InRange(truth, estimate.Lower - (0.03 * truth), estimate.Upper + (0.03 * truth));
        }

        Assert.Equal((false, true), (ofSame.MeanAbsoluteError.IsAlert, ofMoved.MeanAbsoluteError.IsAlert));
        Assert.Equal(8_000, estimator.RowCount);

        // The mean of the reference would have said too little by far.
        Assert.True(Mae(moved) > 1.2 * Mae(same));
    }

    [Fact]
    public void Estimate_MissingFeature_IsAValueOfItsOwn()
    {
        var random = new Random(6);
        var (features, predictions, targets) = (new double[6_000], new double[6_000], new double[6_000]);
        for (var i = 0; i < features.Length; i++)
        {
            features[i] = i % 4 == 0 ? double.NaN : random.NextDouble();
            targets[i] = double.IsNaN(features[i]) ? 3 : 1;
        }

        var estimator = DirectLossEstimator.Fit(features, predictions, targets, 1_000);

        Assert.Equal(3, estimator.Estimate([double.NaN, double.NaN], [0, 0]).MeanAbsoluteError.Value, 1e-3);
        Assert.Equal(1, estimator.Estimate([0.5], [0]).MeanAbsoluteError.Value, 1e-3);
    }

    [Fact]
    public void Estimate_RowsOnGrids_IsWhatScikitLearnsBoostingComputes()
    {
        var (features, predictions, targets) = EstimationGolden.RegressionRows(0, 3_000);
        var estimator = DirectLossEstimator.Fit(features, predictions, targets, EstimationGolden.ChunkSize);
        var rows = EstimationGolden.RegressionRows(9_000, 1_000);

        var (absolute, root) = estimator.Estimate(rows.Features, rows.Predictions);

        foreach (var (golden, estimate) in new[] { (EstimationGolden.Numbers("dle", "mae"), absolute), (EstimationGolden.Numbers("dle", "rmse"), root) })
        {
            Assert.Equal(golden[0], estimate.Value, 1e-9);
            Assert.Equal(golden[1], estimate.SamplingError, 1e-9);
            Assert.Equal(golden[2], estimate.UpperThreshold, 1e-9);
        }
    }

    [Fact]
    public void Parse_WhatToJsonWrote_EstimatesTheSame()
    {
        var (features, predictions, targets) = EstimationGolden.RegressionRows(0, 1_000);
        var estimator = DirectLossEstimator.Fit(features, predictions, targets, 100);

        var profile = Mlp.Runtime.Statistics.ReferenceProfile.Parse(new Mlp.Runtime.Statistics.ReferenceProfileBuilder().SetScore([0.5f]).SetEstimator(estimator).Build().ToJson());

        Assert.Equal(estimator.Estimate(features, predictions), DirectLossEstimator.Parse(estimator.ToJson()).Estimate(features, predictions));
        Assert.Equal(estimator.Estimate(features, predictions), profile.LossEstimator!.Estimate(features, predictions));
        Assert.Throws<InvalidDataException>(() => DirectLossEstimator.Parse("{}"u8));
        var other = System.Text.Encoding.UTF8.GetString(estimator.ToJson()).Replace("\"featureCount\":2", "\"featureCount\":3", StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => DirectLossEstimator.Parse(System.Text.Encoding.UTF8.GetBytes(other)));
    }

    [Fact]
    public void Fit_RowsThatDoNotFit_AreRefused()
    {
        Assert.StartsWith("Expected at least one row", Assert.Throws<ArgumentException>(() => DirectLossEstimator.Fit([], [], [], 10)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => DirectLossEstimator.Fit([1, 2, 3], [1, 2], [1, 2], 10));
        Assert.StartsWith("Expected finite", Assert.Throws<ArgumentException>(() => DirectLossEstimator.Fit([1, 2], [1, double.NaN], [1, 2], 10)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => DirectLossEstimator.Fit([1, 2], [1, 2], [1, 2], 10).Estimate([1, 2], [1]));
    }

    private static (double[] Features, double[] Predictions, double[] Targets) Draw(Random random, int rowCount, Func<double> first)
    {
        var (features, predictions, targets) = (new double[rowCount * 2], new double[rowCount], new double[rowCount]);
        for (var i = 0; i < rowCount; i++)
        {
            (features[2 * i], features[(2 * i) + 1]) = (first(), random.NextDouble());
            predictions[i] = 10 * features[(2 * i) + 1];
            targets[i] = predictions[i] + ((1 + (4 * features[2 * i])) * GoldenSequences.NormalQuantile(random.NextDouble()));
        }

        return (features, predictions, targets);
    }

    private static double Mae((double[] Features, double[] Predictions, double[] Targets) rows) => rows.Predictions.Zip(rows.Targets).Average(p => Math.Abs(p.First - p.Second));

    private static double Rmse((double[] Features, double[] Predictions, double[] Targets) rows) => Math.Sqrt(rows.Predictions.Zip(rows.Targets).Average(p => (p.First - p.Second) * (p.First - p.Second)));
}

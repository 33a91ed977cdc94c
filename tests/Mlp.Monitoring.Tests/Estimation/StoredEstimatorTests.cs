using Mlp.Runtime.Statistics.Estimation;

namespace Mlp.Monitoring.Tests.Estimation;

/// <summary>Estimators that were written by the first version of their formats.</summary>
public sealed class StoredEstimatorTests
{
    [Fact]
    public void Parse_ClassEstimatorOfVersionOne_EstimatesAsItDid()
    {
        var (scores, labels) = EstimationGolden.ClassifierRows(0, 300);

        var stored = MulticlassPerformanceEstimator.Parse(Read("class-estimator-v1.json"));

        Assert.Equal((300L, 100, 3), (stored.RowCount, stored.ChunkSize, stored.ClassCount));
        AssertClose(MulticlassPerformanceEstimator.Fit(scores, labels, 3, 100).Estimate(scores).Select(e => e.Value), stored.Estimate(scores).Select(e => e.Value));
    }

    [Fact]
    public void Parse_LossEstimatorOfVersionOne_EstimatesAsItDid()
    {
        var (features, predictions, targets) = EstimationGolden.RegressionRows(0, 120);

        var stored = DirectLossEstimator.Parse(Read("loss-estimator-v1.json"));

        Assert.Equal((120L, 40, 2), (stored.RowCount, stored.ChunkSize, stored.FeatureCount));
        var (expected, found) = (DirectLossEstimator.Fit(features, predictions, targets, 40).Estimate(features, predictions), stored.Estimate(features, predictions));
        AssertClose([expected.MeanAbsoluteError.Value, expected.RootMeanSquaredError.UpperThreshold], [found.MeanAbsoluteError.Value, found.RootMeanSquaredError.UpperThreshold]);
    }

    private static void AssertClose(IEnumerable<double> expected, IEnumerable<double> found) => Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-12));

    private static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Fixtures", name));
}

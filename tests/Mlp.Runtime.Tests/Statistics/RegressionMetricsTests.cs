using System.Text.Json;
using FsCheck.Xunit;
using Mlp.Runtime.Statistics;

namespace Mlp.Runtime.Tests.Statistics;

public class RegressionMetricsTests
{
    // The example in the doc comments of scikit-learn's mean_absolute_error, mean_squared_error and r2_score.
    [Fact]
    public void Compute_ScikitLearnDocumentationExample_GivesTheDocumentedValues()
    {
        var metrics = RegressionMetrics.Compute([2.5, 0.0, 2, 8], [3, -0.5, 2, 7]);

        Assert.Equal(4, metrics.RowCount);
        Assert.Equal(0.5, metrics.MeanAbsoluteError);
        Assert.Equal(Math.Sqrt(0.375), metrics.RootMeanSquaredError, 1e-15);
        Assert.Equal(0.9486081370449679, metrics.RSquared, 1e-15);
        Assert.Equal(0.25, metrics.MeanError);
    }

    [Fact]
    public void Compute_ConstantTargets_LeavesRSquaredNaN()
    {
        // 0.1 summed three times and divided is not 0.1: the rule must not hang on rounding.
        var metrics = RegressionMetrics.Compute([0.1, 0.2, 0.3], [0.1, 0.1, 0.1]);

        Assert.True(double.IsNaN(metrics.RSquared));
        Assert.Equal(0.1, metrics.MeanError, 1e-15);
    }

    [Fact]
    public void Compute_BadInput_SaysWhatIsWrongAndWhere()
    {
        Assert.Contains("none", Assert.Throws<ArgumentException>(() => RegressionMetrics.Compute(ReadOnlySpan<float>.Empty, [])).Message, StringComparison.Ordinal);
        Assert.Contains("2 predictions and 1 targets", Assert.Throws<ArgumentException>(() => RegressionMetrics.Compute([1.0, 2], [1.0])).Message, StringComparison.Ordinal);
        var notFinite = Assert.Throws<ArgumentException>(() => RegressionMetrics.Compute([1f, 2f], [1f, float.PositiveInfinity]));
        Assert.Contains("row 1", notFinite.Message, StringComparison.Ordinal);
        Assert.Equal("targets", notFinite.ParamName);
        Assert.Equal("predictions", Assert.Throws<ArgumentException>(() => RegressionMetrics.Compute([double.NaN], [1])).ParamName);
    }

    [Property(MaxTest = 50)]
    public bool Compute_RowsInAnotherOrder_GivesTheSameBits(int seed)
    {
        var random = new Random(seed);
        var count = random.Next(1, 2000);
        var targets = Enumerable.Range(0, count).Select(_ => random.NextDouble() * 100).ToArray();
        var predictions = targets.Select(target => target + random.NextDouble() - 0.4).ToArray();
        var order = Enumerable.Range(0, count).ToArray();
        random.Shuffle(order);

        var before = RegressionMetrics.Compute(predictions, targets);
        var after = RegressionMetrics.Compute([.. order.Select(i => predictions[i])], [.. order.Select(i => targets[i])]);
        return JsonSerializer.Serialize(before) == JsonSerializer.Serialize(after);
    }

    [Property(MaxTest = 50)]
    public bool Compute_AnyRows_AgreesWithDefinitions(int seed)
    {
        var random = new Random(seed);
        var count = random.Next(2, 300);
        var targets = Enumerable.Range(0, count).Select(_ => random.NextDouble() * 100).ToArray();
        var predictions = targets.Select(target => target + random.NextDouble() - 0.4).ToArray();
        var errors = predictions.Zip(targets, (prediction, target) => prediction - target).ToArray();
        var mean = targets.Average();
        var metrics = RegressionMetrics.Compute(predictions, targets);

        return Math.Abs(metrics.MeanAbsoluteError - errors.Average(Math.Abs)) < 1e-12
            && Math.Abs(metrics.RootMeanSquaredError - Math.Sqrt(errors.Average(error => error * error))) < 1e-12
            && Math.Abs(metrics.RSquared - (1 - (errors.Sum(error => error * error) / targets.Sum(target => (target - mean) * (target - mean))))) < 1e-11;
    }
}

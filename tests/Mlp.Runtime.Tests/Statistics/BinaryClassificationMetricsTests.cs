using System.Text.Json;
using FsCheck.Xunit;
using Mlp.Runtime.Statistics;

namespace Mlp.Runtime.Tests.Statistics;

public class BinaryClassificationMetricsTests
{
    [Fact]
    public void Compute_GoldenScores_GivesTheValuesOfScikitLearn()
    {
        var metrics = BinaryClassificationMetrics.Compute(GoldenVectors.Scores, GoldenVectors.Labels);

        Assert.Equal(1000, metrics.RowCount);
        Assert.Equal(403, metrics.PositiveCount);
        Assert.Equal(0.857392836806032, metrics.Auc, 1e-12);
        Assert.Equal(0.8020445759741822, metrics.AveragePrecision, 1e-12);
        Assert.Equal(0.16135720057748415, metrics.Brier, 1e-12);
        Assert.Equal(0.48765899166389093, metrics.LogLoss, 1e-12);
        Assert.Equal(0.09701136932239895, metrics.ExpectedCalibrationError, 1e-12);
        Assert.Equal(0.09701136932239897, metrics.EqualMassCalibrationError, 1e-12);
        Assert.Equal(0.1576619637733279, metrics.MaximumCalibrationError, 1e-12);
    }

    // The examples in the doc comments of scikit-learn's roc_auc_score, average_precision_score, brier_score_loss and log_loss.
    [Fact]
    public void Compute_ScikitLearnDocumentationExamples_GivesTheDocumentedValues()
    {
        byte[] ranked = [0, 0, 1, 1];
        var ranking = BinaryClassificationMetrics.Compute([0.1, 0.4, 0.35, 0.8], ranked);
        Assert.Equal(0.75, ranking.Auc);
        Assert.Equal(5.0 / 6, ranking.AveragePrecision, 1e-15);

        byte[] forecast = [0, 1, 1, 0];
        Assert.Equal(0.0375, BinaryClassificationMetrics.Compute([0.1, 0.9, 0.8, 0.3], forecast).Brier, 1e-15);

        byte[] spam = [1, 0, 0, 1];
        Assert.Equal(0.21616187468057912, BinaryClassificationMetrics.Compute([0.9, 0.1, 0.2, 0.65], spam).LogLoss, 1e-15);
    }

    [Fact]
    public void Compute_ScoreEqualToThreshold_IsPositive()
    {
        byte[] labels = [1, 0, 1, 0, 0];
        var metrics = BinaryClassificationMetrics.Compute([0.5, 0.5, 0.49, 0.1, 0.9], labels);

        Assert.Equal(new ConfusionCounts(1, 2, 1, 1), metrics.Confusion);
        Assert.Equal(0.4, metrics.Accuracy);
        Assert.Equal(1.0 / 3, metrics.Precision);
        Assert.Equal(0.5, metrics.Recall);
        Assert.Equal(0.4, metrics.F1);
    }

    [Fact]
    public void Compute_ClippedProbabilities_CountAsThirtySixNats()
    {
        byte[] labels = [1, 0];

        // −ln 2^-52 on both rows, as scikit-learn's clipping at the machine epsilon gives.
        Assert.Equal(52 * Math.Log(2), BinaryClassificationMetrics.Compute([0.0, 1.0], labels).LogLoss, 1e-12);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Compute_SingleClass_LeavesUndefinedRatiosNaN(byte label)
    {
        byte[] labels = [label, label];
        var metrics = BinaryClassificationMetrics.Compute([0.2, 0.4], labels);

        Assert.True(double.IsNaN(metrics.Auc));
        Assert.Equal(label == 0, double.IsNaN(metrics.AveragePrecision));
        Assert.Equal(label == 0, double.IsNaN(metrics.Recall));
        Assert.True(double.IsNaN(metrics.Precision));
        Assert.Equal(label == 0 ? (0.04 + 0.16) / 2 : (0.64 + 0.36) / 2, metrics.Brier, 1e-15);
        Assert.True(double.IsFinite(metrics.LogLoss));
    }

    [Fact]
    public void Compute_Margins_LeavesProbabilityMetricsNaN()
    {
        byte[] labels = [0, 1, 1];
        var metrics = BinaryClassificationMetrics.Compute([-3.0, double.PositiveInfinity, 0.5], labels, threshold: 0);

        Assert.Equal(1, metrics.Auc);
        Assert.Equal(1, metrics.Accuracy);
        Assert.True(double.IsNaN(metrics.LogLoss) && double.IsNaN(metrics.Brier) && double.IsNaN(metrics.ExpectedCalibrationError));
        Assert.Empty(metrics.Calibration);
    }

    [Fact]
    public void Compute_FloatRoundedPastOne_IsTakenForOne()
    {
        bool[] labels = [true, false];
        var metrics = BinaryClassificationMetrics.Compute([1.0000001f, -0.0000001f], labels);

        Assert.Equal(0, metrics.Brier);
        Assert.Equal(1, metrics.Calibration[^1].MeanScore);
    }

    [Fact]
    public void Compute_BadInput_SaysWhatIsWrongAndWhere()
    {
        byte[] one = [1];
        byte[] two = [0, 1];
        byte[] wrong = [0, 2];

        Assert.Contains("none", Message(() => BinaryClassificationMetrics.Compute(ReadOnlySpan<double>.Empty, ReadOnlySpan<byte>.Empty)), StringComparison.Ordinal);
        Assert.Contains("2 scores and 1 labels", Message(() => BinaryClassificationMetrics.Compute([0.5, 0.5], one)), StringComparison.Ordinal);
        Assert.Contains("NaN at row 1", Message(() => BinaryClassificationMetrics.Compute([0.5f, float.NaN], two)), StringComparison.Ordinal);
        Assert.Contains("at row 1", Message(() => BinaryClassificationMetrics.Compute([0.5f, 0.1f], wrong)), StringComparison.Ordinal);
        Assert.Contains("threshold", Message(() => BinaryClassificationMetrics.Compute([0.5f, 0.1f], two, double.NaN)), StringComparison.Ordinal);

        static string Message(Func<object> compute) => Assert.Throws<ArgumentException>(compute).Message;
    }

    [Property(MaxTest = 50)]
    public bool Compute_RowsInAnotherOrder_GivesTheSameBits(int seed)
    {
        var random = new Random(seed);
        var count = random.Next(1, 3000);
        var scores = new float[count];
        var labels = new byte[count];
        for (var i = 0; i < count; i++)
        {
            // A coarse grid makes ties, on bin edges too.
            scores[i] = random.Next(0, 201) / 200f;
            labels[i] = (byte)(random.NextDouble() < scores[i] ? 1 : 0);
        }

        var before = BinaryClassificationMetrics.Compute(scores, labels);
        var order = Enumerable.Range(0, count).ToArray();
        random.Shuffle(order);
        var after = BinaryClassificationMetrics.Compute([.. order.Select(i => scores[i])], (byte[])[.. order.Select(i => labels[i])]);

        return JsonSerializer.Serialize(before) == JsonSerializer.Serialize(after);
    }

    [Fact]
    public void Compute_FloatDoubleBoolAndByte_Agree()
    {
        var scores = GoldenVectors.Scores.Select(score => (float)score).ToArray();
        var labels = GoldenVectors.Labels.Select(label => label == 1).ToArray();
        var expected = JsonSerializer.Serialize(BinaryClassificationMetrics.Compute(scores, labels));

        Assert.Equal(expected, JsonSerializer.Serialize(BinaryClassificationMetrics.Compute(scores, GoldenVectors.Labels)));
        Assert.Equal(expected, JsonSerializer.Serialize(BinaryClassificationMetrics.Compute([.. scores.Select(score => (double)score)], labels)));
    }

    [Fact]
    public void Json_MetricsWithNaN_RoundTrip()
    {
        byte[] labels = [1, 1, 1];
        var metrics = BinaryClassificationMetrics.Compute([0.2, 0.1, 1.0 / 3], labels);
        var json = JsonSerializer.Serialize(metrics);
        var read = JsonSerializer.Deserialize<BinaryClassificationMetrics>(json)!;

        Assert.Equal(json, JsonSerializer.Serialize(read));
        Assert.Equal(metrics.LogLoss, read.LogLoss);
        Assert.True(double.IsNaN(read.Auc));
        Assert.Equal(10, read.Calibration.Count);
    }
}

using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Figures;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Tests.Drift;

/// <summary>What the tests of the whole vector cost in false alarms and find in one window: eight columns that share a common part.</summary>
public sealed class VectorCalibrationTests
{
    private const int Runs = 100;
    private const int Columns = 8;

    /// <summary>Of 100 windows with a chance of 0.05 each, more than 11 alarm in one of 230 repetitions.</summary>
    private const int MaximumAlarms = 11;

    private static readonly DriftRules Rules = new(new DriftOptions { Significance = 0.05 }, 0.01, 100);

    [Theory]
    [InlineData(10_000, 2_000)]
    [InlineData(10_000, 200)]
    [InlineData(2_000, 2_000)]
    [InlineData(400, 2_000)]
    public void Run_StableWindows_AlarmAtMostAsOftenAsAsked(int referenceRows, int windowRows)
    {
        var reports = Enumerable.Range(0, Runs).Select(run => Compare(referenceRows, windowRows, run, turned: 0)).ToList();

        // The second number is of alarms without the help of the thresholds: whether the p-values hold what they promise.
        Assert.InRange(reports.Count(r => r.Findings.Count > 0), 0, MaximumAlarms);
        Assert.InRange(reports.Count(r => r.Vector.Any(v => v.AdjustedPValue <= 0.05)), 0, MaximumAlarms);
        Assert.All(reports, r => Assert.Equal(["domain-classifier", "pca-reconstruction"], r.Vector.Select(v => v.Test)));
    }

    // No column changes, and neither does its square: what a linear classifier sees of each is the same as before.
    [Fact]
    public void Run_ColumnsThatNoLongerGoTogether_AreFoundByReconstruction()
    {
        var found = 0;
        for (var run = 0; run < Runs; run++)
        {
            var finding = Compare(2_000, 2_000, run, turned: 3).Findings.FirstOrDefault(f => f.Test == "pca-reconstruction");
            found += finding is { Kind: FindingKind.MultivariateDrift, PValue: <= 0.05, AdjustedPValue: <= 0.05 } && finding.AdjustedPValue >= finding.PValue ? 1 : 0;
        }

        Assert.InRange(found, 95, Runs);
    }

    private static DriftReport Compare(int referenceRows, int windowRows, int run, int turned)
    {
        var random = new Random(1_000 + run);
        var (reference, current) = (Draw(random, referenceRows, 0), Draw(random, windowRows, turned));
        var builder = new ReferenceProfileBuilder();
        for (var c = 0; c < Columns; c++)
        {
            builder.AddNumeric($"x{c}", reference.Rows.Select(r => r[c]).ToArray());
        }

        var encoding = new VectorEncoding(reference, builder.Build(), Enumerable.Range(0, Columns));
        var vector = VectorTests.Run(reference, current, encoding, new RidgeLogisticEstimator());
        return DriftComparison.Compare(new("generated", 1), (referenceRows, windowRows), [], [], Rules, vector);
    }

    private static RowSample Draw(Random random, int count, int turned)
    {
        var sample = new RowSample(VectorTests.LimitFor(Columns), Columns);
        for (var i = 0; i < count; i++)
        {
            var row = sample.Next(1)!;
            var common = Normal(random);
            for (var c = 0; c < Columns; c++)
            {
                row[c] = (c < turned ? -common : common) + Normal(random);
            }
        }

        return sample;
    }

    private static double Normal(Random random) => NormalDistribution.Quantile(1 - random.NextDouble());
}

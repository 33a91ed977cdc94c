using System.Collections.Frozen;
using Microsoft.Extensions.Time.Testing;
using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Tests.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Tests.Drift;

/// <summary>Reference windows of rows that sampling picked: large numbers are all kept, of small ones one in ten.</summary>
public sealed class SampledReferenceTests : IDisposable
{
    private const int PopulationRows = 20_000;
    private const int CurrentStart = 100_000;

    private static readonly FeatureRowLayout Layout = new([new("x", FeatureType.Float64, "v"), new("single", FeatureType.Float32, "v"), new("name", FeatureType.String, "v"), new("still", FeatureType.Int64, "v")]);

    private readonly LogHarness _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task DetectAsync_SampledReferenceOfTheSameRows_FindsNothing()
    {
        await LogAsync(shift: 0);

        var report = await DetectAsync(new());

        Assert.Empty(report.Findings);
        Assert.All(report.Features, f => Assert.InRange(f.PopulationStabilityIndex, 0, 0.02));
        var note = Assert.Single(report.Notes);
        Assert.StartsWith("The reference holds ", note, StringComparison.Ordinal);
        Assert.InRange(report.ReferenceRowCount, 2_000, 4_000);
        Assert.Equal(5_000, report.RowCount);
    }

    // Without their weights the rows that were kept would be another distribution.
    [Theory]
    [InlineData(DriftMethod.PopulationStabilityIndex, 0.0)]
    [InlineData(DriftMethod.KolmogorovSmirnov, 0.0)]
    [InlineData(DriftMethod.Wasserstein, 0.0)]
    [InlineData(DriftMethod.Energy, 0.0)]
    [InlineData(DriftMethod.JensenShannon, 0.0)]
    [InlineData(DriftMethod.PopulationStabilityIndex, 0.5)]
    [InlineData(DriftMethod.KolmogorovSmirnov, 0.5)]
    [InlineData(DriftMethod.Wasserstein, 0.5)]
    [InlineData(DriftMethod.Energy, 0.5)]
    [InlineData(DriftMethod.JensenShannon, 0.5)]
    public async Task DetectAsync_SampledReference_GivesTheDistanceOfTheWholePopulation(DriftMethod method, double shift)
    {
        await LogAsync(shift);
        var expected = await DetectAsync(new() { NumericMethod = method, TestsWholeVector = false }, version: 2);

        foreach (var binning in new[] { DriftBinning.Quantiles, DriftBinning.EqualWidth })
        {
            var report = await DetectAsync(new() { NumericMethod = method, NumericBinning = binning, TestsWholeVector = false });
            var tolerance = binning == DriftBinning.Quantiles ? 0.03 : 0.06;
            Assert.Equal(expected.Find("x")!.Statistic, report.Find("x")!.Statistic, tolerance);
            Assert.Equal(expected.Find("single")!.Statistic, report.Find("single")!.Statistic, tolerance);
            Assert.Equal(expected.Find("x")!.Severity >= DriftSeverity.Moderate, report.Find("x")!.Severity >= DriftSeverity.Moderate);
        }
    }

    // What the rows between those picked had, nobody knows: one value in them is no rule.
    [Fact]
    public async Task DetectAsync_OneValueInTheSample_IsNotHeldToBeConstant()
    {
        await LogAsync(shift: 0, isStillMoving: true);

        var still = (await DetectAsync(new())).Find("still")!;

        Assert.Equal((false, DriftSeverity.None), (still.IsConstantReference, still.Severity));
        Assert.InRange(still.PopulationStabilityIndex, 1e-9, 0.1);
        Assert.True((await DetectAsync(new(), version: 2)).Find("still")!.IsConstantReference);
    }

    [Fact]
    public void Categorical_Weights_AreSharesAndAddUp()
    {
        var sampled = new SampledReference([1, 1, 10, 10, 4, 4]);

        var profile = sampled.Categorical("k", ["rare", "rare", "often", "often", null, "rare"]);

        // (Σ w)² / Σ w² = 900 / 234.
        Assert.Equal((30.0, 4L, 4L), (sampled.Weight, sampled.RowCount, profile.BinCounts.Sum()));
        Assert.Equal(["often", "rare"], profile.Categories.Select(c => c.Name));
        Assert.Equal<long>([3, 1, 0, 0, 0], profile.BinCounts);
    }

    private static DateTimeOffset TimeOf(int row) => Microseconds.ToDateTimeOffset(2_000 + row);

    private Task<DriftReport> DetectAsync(DriftOptions options, int version = 1) => new DriftDetector(
        _log.Directory,
        null,
        DriftConfiguration.Default with { Models = FrozenDictionary.ToFrozenDictionary([KeyValuePair.Create("tips", options)]) },
        new FakeTimeProvider()).DetectAsync("tips", version, TimeOf(CurrentStart), null, new ReferenceWindow(null, TimeOf(CurrentStart)));

    /// <summary>Version 1 has the sample, version 2 all rows of the reference; both have the same rows after.</summary>
    private async Task LogAsync(double shift, bool isStillMoving = false)
    {
        var (sampled, whole) = (_log.Writer.Attach(TestModels.Serve(Layout))!, _log.Writer.Attach(TestModels.Serve(Layout, version: 2))!);
        var random = new Random(5);
        for (var i = 0; i < PopulationRows; i++)
        {
            var rows = Fill(i, 0, 1);
            var isRare = rows.Float64Of(0)[0] > 1;
            LogHarness.RecordAs(whole, rows, i, 0.5);
            if (isRare || random.NextDouble() < 0.1)
            {
                LogHarness.RecordAs(sampled, rows, i, 0.5, isRare ? 1 : 10);
            }

            if (i % 4_000 == 0)
            {
                await _log.FlushAsync();
            }
        }

        for (var i = 0; i < 5_000; i++)
        {
            var rows = Fill(30_000 + i, shift, isStillMoving && i % 1_000 == 0 ? 2 : 1);
            LogHarness.RecordAs(whole, rows, CurrentStart + i, 0.5);
            LogHarness.RecordAs(sampled, rows, CurrentStart + i, 0.5);
        }

        await _log.FlushAsync();
    }

    private static FeatureRows Fill(int i, double shift, long still)
    {
        var rows = new FeatureRows(Layout, 1);
        rows.Reset(1);
        rows.StatusOf(0).Fill(FeatureStatus.Present);
        var x = GoldenSequences.NormalQuantile(GoldenSequences.Golden(i + 1));
        rows.Float64Of(0)[0] = x + shift;
        rows.Float32Of(0)[0] = (float)(x + shift);
        rows.SetString(0, 0, x > 1 ? "large" : x > 0 ? "positive" : "negative");
        rows.Int64Of(0)[0] = still;
        return rows;
    }
}

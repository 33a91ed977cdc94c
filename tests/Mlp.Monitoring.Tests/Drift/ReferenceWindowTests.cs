using System.Collections.Frozen;
using Microsoft.Extensions.Time.Testing;
using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Figures;
using Mlp.Monitoring.Tests.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Tests.Drift;

public sealed class ReferenceWindowTests : IDisposable
{
    private const int ReferenceRows = 2_000;
    private const int CurrentRows = 1_500;

    private static readonly FeatureRowLayout Layout = new([new("x", FeatureType.Float64, "v"), new("name", FeatureType.String, "v"), new("code", FeatureType.Int64, "v"), new("flag", FeatureType.Boolean, "v")]);
    private static readonly string[] Names = ["a", "b", "c", "d"];

    private readonly LogHarness _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task DetectAsync_ReferenceThatEndsBeforeItBegins_IsRefused()
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(
            () => Detector(new DriftOptions()).DetectAsync("tips", 1, null, null, new ReferenceWindow(TimeOf(1), TimeOf(0))));

        Assert.StartsWith("Expected the reference window to begin before it ends, but it reaches from ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DetectAsync_GoldenSamples_GivesTheFiguresOfAProfile()
    {
        await LogAsync();

        var report = await DetectAsync(new());

        Assert.Equal((ReferenceRows, CurrentRows), (report.ReferenceRowCount, report.RowCount));
        Assert.Equal(0.109084627, report.Find("x")!.PopulationStabilityIndex, 1e-9);
        Assert.Equal(DriftSeverity.Moderate, report.Find("x")!.Severity);
        Assert.Equal(["code", "flag", "name"], report.Features.Where(f => !f.IsScore && f.Severity == DriftSeverity.None).Select(f => f.Name).Order());
        Assert.Equal(["predicted class", "score"], report.Features.Where(f => f.IsScore).Select(f => f.Name).Order());
        Assert.All(report.Findings, f => Assert.Equal((TimeOf(ReferenceRows), (DateTimeOffset?)null), (f.From, f.To)));
    }

    [Fact]
    public async Task DetectAsync_IntegersThatAreCategories_AreComparedAsSuch()
    {
        await LogAsync();
        var options = new DriftOptions();
        options.Features["code"] = new() { IsCategorical = true };
        options.Features["flag"] = new() { IsIgnored = true };

        var report = await DetectAsync(options);

        Assert.Equal(["0", "1", "2", "3", "4"], report.Find("code")!.Histogram!.Bins.Select(b => b.Label));
        Assert.Null(report.Find("flag"));
        Assert.DoesNotContain("flag", report.NotCompared);
    }

    [Fact]
    public async Task DetectAsync_WholeVector_IsFoundByAClassifierOfTheHost()
    {
        await LogAsync();
        var estimator = new CountingEstimator();

        var report = await DetectAsync(new(), estimator);

        Assert.Equal(2, estimator.Fits);
        Assert.Equal(["domain-classifier", "pca-reconstruction"], report.Vector.Select(v => v.Test).Order());
        Assert.Contains(report.Findings, f => f is { Kind: FindingKind.MultivariateDrift, Test: "domain-classifier", PValue: < 1e-6 });
        Assert.Empty((await DetectAsync(new() { TestsWholeVector = false })).Vector);
    }

    [Fact]
    public async Task DetectAsync_BadReferences_AreRefusedWithASentence()
    {
        await LogAsync();
        var empty = await Assert.ThrowsAsync<InvalidOperationException>(() => Detector(new()).DetectAsync("tips", 1, null, null, new(TimeOf(90_000), null)));
        Assert.Contains("in the reference window, but found none between 1970", empty.Message, StringComparison.Ordinal);
        Assert.Contains("and the end", empty.Message, StringComparison.Ordinal);

        var nothing = await Detector(new()).DetectAsync("tips", 1, TimeOf(90_000), null, new(null, TimeOf(ReferenceRows)));
        Assert.Contains("but found none in the window", nothing.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DetectAsync_ProfileOfOtherColumns_IsRefusedWithASentence()
    {
        var registry = new ProfileRegistry("tips");
        var model = TestModels.Serve(Layout);
        model = model with { Manifest = registry.Add(model.Manifest, new ReferenceProfileBuilder().AddNumeric("other", new double[] { 1, 2, 3 }).Build()) };
        LogHarness.Record(_log.Writer.Attach(model)!, Fill(new FeatureRows(Layout, 1), 0, false), 0, 0, 0.5);
        await _log.FlushAsync();

        var error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => new DriftDetector(_log.Directory, registry, DriftConfiguration.Default, new FakeTimeProvider()).DetectAsync("tips", 1, null, null));

        Assert.Contains("('x', 'name', 'code', 'flag'), but found 'other'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DetectAsync_SeveralClasses_ComparesTheHighestScore()
    {
        var sink = _log.Writer.Attach(TestModels.Serve(Layout, outputs: 3, task: ModelTask.MulticlassClassification))!;
        for (var i = 0; i < 2_000; i++)
        {
            double[] scores = i < 1_000 || i % 2 == 0 ? [0.5, 0.3, 0.2] : [0.2, 0.3, 0.5];
            LogHarness.Record(sink, Fill(new FeatureRows(Layout, 1), i, false), 0, i, scores);
        }

        await _log.FlushAsync();
        var report = await Detector(new()).DetectAsync("tips", 1, TimeOf(1_000), null, new(null, TimeOf(1_000)));

        var predicted = report.Features.Single(f => f.Name == "predicted class");
        Assert.Equal((true, 0.5), (predicted.IsConstantReference, predicted.Statistic));
        Assert.Contains(report.Findings, f => f.Subject.Feature == "predicted class" && f.Test == "left-constant");
    }

    private static DateTimeOffset TimeOf(int row) => Microseconds.ToDateTimeOffset(2_000 + row);

    private static FeatureRows Fill(FeatureRows rows, int i, bool isMoved)
    {
        rows.Reset(1);
        rows.StatusOf(0).Fill(FeatureStatus.Present);
        rows.Float64Of(0)[0] = isMoved
            ? 0.3 + (1.2 * GoldenSequences.NormalQuantile(GoldenSequences.VanDerCorput(i + 1, 2)))
            : GoldenSequences.NormalQuantile(GoldenSequences.Golden(i + 1));
        rows.SetString(0, 0, Names[i % 4]);
        rows.Int64Of(0)[0] = i % 5;
        rows.BooleanOf(0)[0] = i % 3 == 0;
        return rows;
    }

    private async Task LogAsync()
    {
        var sink = _log.Writer.Attach(TestModels.Serve(Layout))!;
        var rows = new FeatureRows(Layout, 1);
        for (var i = 0; i < ReferenceRows + CurrentRows; i++)
        {
            var isMoved = i >= ReferenceRows;
            LogHarness.Record(sink, Fill(rows, isMoved ? i - ReferenceRows : i, isMoved), 0, i, GoldenSequences.Golden(i));
        }

        await _log.FlushAsync();
    }

    private Task<DriftReport> DetectAsync(DriftOptions options, IEstimator? estimator = null)
        => Detector(options, estimator).DetectAsync("tips", 1, TimeOf(ReferenceRows), null, new ReferenceWindow(null, TimeOf(ReferenceRows)));

    private DriftDetector Detector(DriftOptions options, IEstimator? estimator = null) => new(
        _log.Directory,
        null,
        DriftConfiguration.Default with { Models = FrozenDictionary.ToFrozenDictionary([KeyValuePair.Create("tips", options)]) },
        new FakeTimeProvider(),
        estimator);

    private sealed class CountingEstimator : IEstimator
    {
        private readonly RidgeLogisticEstimator _inner = new();

        public int Fits { get; private set; }

        public IFittedEstimator Fit(ReadOnlySpan<double> rows, int columnCount, ReadOnlySpan<byte> labels, ulong seed)
        {
            Fits++;
            return _inner.Fit(rows, columnCount, labels, seed);
        }
    }
}

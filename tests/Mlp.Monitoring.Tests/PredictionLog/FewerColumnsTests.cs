using Apache.Arrow;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.Tests.Drift;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Tests.PredictionLog;

public sealed class FewerColumnsTests : IDisposable
{
    private const string Fixture = "predictions-fewer-columns-v1.mlplog";

    private readonly LogHarness _log = new();

    public FewerColumnsTests()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_log.Directory.Predictions, "tips")).FullName;
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Fixtures", Fixture), Path.Combine(folder, "0.mlplog"));
    }

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task ReadAsync_FewerColumns_GivesWhatIsThere()
    {
        var whole = Assert.Single(await _log.ReadAsync());
        var part = Assert.Single(await _log.ReadAsync(from: 2_002, to: 2_004));

        Assert.Equal((FewerColumnsLog.RowCount, 2), (whole.Length, part.Length));
        Assert.Equal([0.5, 0.75], ((DoubleArray)part.Column("score")).Values.ToArray());
        Assert.Equal([2L, 3], ((Int64Array)part.Column("later_addition")).Values.ToArray());
    }

    [Fact]
    public async Task EvaluateAsync_FewerAndAllColumns_AreJoinedTogether()
    {
        using var labels = new LabelStore(_log.Directory, DiskSync.Instance, TimeProvider.System, NullLogger<LabelStore>.Instance);
        using var performance = new LivePerformance(_log.Directory, labels, 1_000);
        var layout = TestModels.FloatLayout(1);
        LogHarness.Record(_log.Writer.Attach(TestModels.Serve(layout))!, new FeatureRows(layout, 1), 0, 5, 0.9);
        await _log.FlushAsync();
        await labels.RecordAsync(new[] { 1, 3, 4, 5 }.Select(i => Label.ForPrediction(TestModels.Id(i), isPositive: i > 2, DateTimeOffset.UnixEpoch)).ToArray(), default);

        var result = Assert.Single(await performance.EvaluateAsync("tips", null, null, null, default));

        Assert.Equal((5, 4, 3), (result.PredictionCount, result.ScoredCount, result.LabelledCount));
        Assert.Equal((4.0, 0.75, 1.0), (result.ScoredWeight, result.LabelMaturity, result.BinaryClassification!.Auc));
    }

    [Fact]
    public async Task DetectAsync_FewerAndAllColumns_ComparesEachFeatureOverItsRows()
    {
        var registry = new ProfileRegistry("tips");
        var layout = TestModels.FloatLayout(2);
        var values = Enumerable.Range(0, 100).Select(i => (float)(i % 5)).ToArray();
        registry.Add(TestModels.Serve(layout).Manifest, new ReferenceProfileBuilder().AddNumeric("x0", values).AddNumeric("x1", values).Build());
        var rows = new FeatureRows(layout, 1);
        rows.Status.Fill(FeatureStatus.Present);
        rows.Float32.Fill(1);
        LogHarness.Record(_log.Writer.Attach(TestModels.Serve(layout))!, rows, 0, 5, 0.9);
        await _log.FlushAsync();

        var report = await new DriftDetector(_log.Directory, registry, DriftConfiguration.Default, new FakeTimeProvider()).DetectAsync("tips", null, null, null, default);

        Assert.Equal((4, 4, 1), (report.RowCount, report.Find("x0")!.RowCount, report.Find("x1")!.RowCount));
        Assert.Equal(0.25, report.Find("x0")!.MissingShare);
    }

    /// <summary>Writes the fixture anew where <c>MLP_WRITE_FIXTURES</c> names a folder.</summary>
    [Fact]
    public async Task Fixture_WrittenToday_HasTheSameRows()
    {
        var path = Path.Combine(_log.Directory.Predictions, "today", "0.mlplog");
        FewerColumnsLog.Write(path);
        if (Environment.GetEnvironmentVariable("MLP_WRITE_FIXTURES") is { Length: > 0 } folder)
        {
            File.Copy(path, Path.Combine(folder, Fixture), overwrite: true);
        }

        Assert.Equal(FewerColumnsLog.RowCount, await _log.CountAsync("today"));
    }
}

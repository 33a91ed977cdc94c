using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Figures;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Redaction;
using Mlp.Monitoring.Tests.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Tests.Drift;

public sealed class DriftDetectorTests : IDisposable
{
    private const int ReferenceRows = 2_000;
    private const int CurrentRows = 1_500;

    private static readonly FeatureRowLayout Layout = new(
    [
        new("stable", FeatureType.Float32, "trip"),
        new("moved", FeatureType.Float64, "trip"),
        new("company", FeatureType.String, "company"),
        new("area", FeatureType.Int64, "company"),
        new("is_weekend", FeatureType.Boolean, "trip"),
        new("unknown", FeatureType.Float32, "trip"),
    ]);

    private static readonly string[] Companies = ["a", "b", "c", "d"];

    private readonly LogHarness _log = new();
    private readonly ProfileRegistry _registry = new("tips");
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddDays(20_000));
    private readonly DriftDetector _detector;

    public DriftDetectorTests() => _detector = new DriftDetector(_log.Directory, _registry, DriftConfiguration.Default, _time);

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task DetectAsync_GoldenDistributions_GivesTheGoldenFigures()
    {
        await LogCurrentAsync();

        var report = await _detector.DetectAsync("tips", null, null, null);

        Assert.Equal((1, ReferenceRows, CurrentRows), (report.Version, report.ReferenceRowCount, report.RowCount));
        var moved = report.Find("moved")!;
        Assert.Equal(0.109084627, moved.PopulationStabilityIndex, 1e-9);
        Assert.Equal(0.139136984, moved.JensenShannonDistance, 1e-9);
        Assert.Equal(DriftSeverity.Moderate, moved.Severity);
        Assert.Equal(["unknown"], report.NotCompared);
    }

    [Fact]
    public async Task DetectAsync_OneFeatureMoved_RanksItFirstAndTheOthersStable()
    {
        await LogCurrentAsync();

        var report = await _detector.DetectAsync("tips", 1, null, null);

        Assert.Equal("moved", report.Features[0].Name);
        Assert.Equal(DriftSeverity.Moderate, report.Severity);
        Assert.Equal(report.Features.Select(f => f.PopulationStabilityIndex).OrderDescending(), report.Features.Select(f => f.PopulationStabilityIndex));
        Assert.All(report.Features.Skip(1), f => Assert.Equal(DriftSeverity.None, f.Severity));
        Assert.All(report.Features, f => Assert.InRange(f.NullThreshold, 0.001, 0.05));
        Assert.True(report.Features.Single(f => f.Name == "score").PopulationStabilityIndex < 0.01);
    }

    [Fact]
    public async Task DetectAsync_CategoricalGolden_GivesTheGoldenFigures()
    {
        int[] reference = [500, 300, 150, 50];
        int[] current = [420, 330, 180, 70];
        var layout = new FeatureRowLayout([new("company", FeatureType.String, "c"), new("area", FeatureType.Int64, "c")]);
        var names = Repeat(Companies, reference);
        var profile = new ReferenceProfileBuilder()
            .AddCategorical("company", names)
            .AddCategorical("area", Repeat([1L, 2, 3, 4], reference).AsSpan())
            .Build();
        var sink = Serve(layout, profile);
        var rows = new FeatureRows(layout, 1);
        var number = 0;
        for (var category = 0; category < 4; category++)
        {
            for (var i = 0; i < current[category]; i++)
            {
                rows.Reset(1);
                rows.StatusOf(0).Fill(FeatureStatus.Present);
                rows.SetString(0, 0, Companies[category]);
                rows.Int64Of(0)[0] = category + 1;
                LogHarness.Record(sink, rows, 0, number++, 0.5f);
            }
        }

        await _log.FlushAsync();
        var report = await _detector.DetectAsync("tips", null, null, null);

        Assert.Equal(2, report.Features.Count);
        Assert.All(report.Features, f =>
        {
            Assert.Equal(0.029006668, f.PopulationStabilityIndex, 1e-9);
            Assert.Equal(0.072253299, f.JensenShannonDistance, 1e-9);
            Assert.Equal(DriftSeverity.None, f.Severity);
        });
    }

    [Fact]
    public async Task DetectAsync_MissingAndUnseen_AreBinsOfTheirOwn()
    {
        var sink = Serve(Layout, Profile());
        var rows = new FeatureRows(Layout, 1);
        for (var i = 0; i < 1_000; i++)
        {
            Fill(rows, i, shift: 0);
            if (i % 4 == 0)
            {
                rows.StatusOf(0)[Layout.IndexOf("stable")] = FeatureStatus.Expired;
                rows.SetString(0, 0, "never seen");
            }

            LogHarness.Record(sink, rows, 0, i, 0.5f);
        }

        await _log.FlushAsync();
        var report = await _detector.DetectAsync("tips", null, null, null);

        var stable = report.Find("stable")!;
        Assert.Equal((0.0, 0.25), (stable.ReferenceMissingShare, stable.MissingShare));
        Assert.Equal(DriftSeverity.Major, stable.Severity);
        Assert.Equal(0.25, report.Find("company")!.UnseenShare);
        Assert.Equal(DriftSeverity.Major, report.Find("company")!.Severity);
    }

    [Fact]
    public async Task DetectAsync_FailedCallsAndOneOutlier_ChangeLittle()
    {
        var sink = await LogCurrentAsync();
        var before = (await _detector.DetectAsync("tips", null, null, null)).Find("moved")!;
        var rows = new FeatureRows(Layout, 1);
        for (var i = 0; i < 500; i++)
        {
            LogHarness.Record(sink, rows, 0, 10_000 + i);
        }

        await _log.FlushAsync();
        var withFailures = await _detector.DetectAsync("tips", null, null, null);
        Assert.Equal(CurrentRows, withFailures.RowCount);
        Assert.Equal(before.PopulationStabilityIndex, withFailures.Find("moved")!.PopulationStabilityIndex);

        Fill(rows, 1, shift: 0);
        rows.Float64Of(0)[0] = 1e6;
        LogHarness.Record(sink, rows, 0, 20_000, 0.5f);
        await _log.FlushAsync();
        var withOutlier = await _detector.DetectAsync("tips", null, null, null);
        Assert.Equal(before.PopulationStabilityIndex, withOutlier.Find("moved")!.PopulationStabilityIndex, 2.0 / CurrentRows);
    }

    [Fact]
    public async Task DetectAsync_SampledPredictions_CountAsManyAsTheyStandFor()
    {
        var rows = new FeatureRows(Layout, 1);
        var sink = Serve(Layout, Profile());
        var whole = _log.Writer.Attach(TestModels.Serve(Layout, version: 2) is var second ? second with { Manifest = _registry.Add(second.Manifest, Profile()) } : second)!;
        var number = 0;
        for (var i = 0; i < 400; i++)
        {
            Fill(rows, i, shift: 0.5);
            if (i % 5 == 0)
            {
                rows.StatusOf(0)[Layout.IndexOf("area")] = FeatureStatus.Missing;
                rows.StatusOf(0)[Layout.IndexOf("moved")] = FeatureStatus.Missing;
            }

            LogHarness.RecordAs(sink, rows, number++, GoldenSequences.Golden(i), weight: 1 + (i % 4));
            for (var repetition = 0; repetition <= i % 4; repetition++)
            {
                LogHarness.RecordAs(whole, rows, number++, GoldenSequences.Golden(i));
            }
        }

        await _log.FlushAsync();
        var sampled = await _detector.DetectAsync("tips", 1, null, null);
        var repeated = await _detector.DetectAsync("tips", 2, null, null);

        Assert.Equal((400, 1_000), (sampled.RowCount, repeated.RowCount));
        Assert.Equal(repeated.Features.Select(f => f.Name), sampled.Features.Select(f => f.Name));
        foreach (var (one, other) in sampled.Features.Zip(repeated.Features))
        {
            Assert.Equal(other.PopulationStabilityIndex, one.PopulationStabilityIndex, 1e-12);
            Assert.Equal(other.JensenShannonDistance, one.JensenShannonDistance, 1e-9);
            Assert.Equal(other.MissingShare, one.MissingShare, 1e-12);

            // 1,000² / Σ w² = 1,000² / 3,000 rows of equal weight say as much.
            Assert.Equal(other.NullThreshold * ((1.0 / ReferenceRows) + (3.0 / 1_000)) / ((1.0 / ReferenceRows) + (1.0 / 1_000)), one.NullThreshold, 1e-12);
        }
    }

    [Fact]
    public async Task DetectAsync_TooFewRowsOrNone_SaysSo()
    {
        await LogCurrentAsync();

        var few = await _detector.DetectAsync("tips", 1, Microseconds.ToDateTimeOffset(2_000), Microseconds.ToDateTimeOffset(2_050));
        var none = await _detector.DetectAsync("tips", 1, Microseconds.ToDateTimeOffset(9_000_000), null);

        Assert.Equal((50, DriftSeverity.Undetermined), (few.RowCount, few.Severity));
        Assert.Equal((0, DriftSeverity.Undetermined), (none.RowCount, none.Severity));
    }

    [Fact]
    public async Task DetectAsync_NothingToCompare_SaysWhat()
    {
        var unlogged = await Assert.ThrowsAsync<ModelNotFoundException>(() => _detector.DetectAsync("tips", null, null, null));
        Assert.Contains("logged predictions of model 'tips'", unlogged.Message, StringComparison.Ordinal);

        var unknown = await Assert.ThrowsAsync<ModelNotFoundException>(() => _detector.DetectAsync("tips", 7, null, null));
        Assert.Contains("version 7", unknown.Message, StringComparison.Ordinal);

        Serve(Layout, profile: null);
        var bare = await Assert.ThrowsAsync<InvalidOperationException>(() => _detector.DetectAsync("tips", 1, null, null));
        Assert.Contains("published without one", bare.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_RecentPredictions_AreReportedUntilTheWindowHasPassed()
    {
        await using var writer = new PredictionLogWriter(
            _log.Directory, PredictionLogConfiguration.Default, _ => true, DiskSync.Instance, _time, NullLogger<PredictionLogWriter>.Instance, served => [_detector.Watch(served)]);
        await writer.OpenAsync(default);
        var model = TestModels.Serve(Layout);
        model = model with { Manifest = _registry.Add(model.Manifest, Profile()) };
        var sink = writer.Attach(model)!;
        Assert.Empty(_detector.Recent);
        Record(sink, CurrentRows, shift: 0.3);
        await writer.FlushAsync(null, default);

        var report = Assert.Single(_detector.Recent);
        Assert.Equal(("moved", CurrentRows), (report.Features[0].Name, report.RowCount));
        Assert.Equal((await _detector.DetectAsync("tips", 1, null, null)).Features, report.Features);

        // What alerts watch, without reading a file.
        var psi = Assert.Single(_detector.Latest, f => f is { Name: "drift.psi", Subject.Feature: "moved" });
        Assert.Equal((0.109084627, CurrentRows, _time.GetUtcNow()), (Math.Round(psi.Value, 9), psi.RowCount, psi.To));
        Assert.Equal(1, Assert.Single(_detector.Latest, f => f.Name == "drift.features").Value);
        Assert.Equal("moved", Assert.Single(_detector.Findings).Subject.Feature);

        _time.Advance(TimeSpan.FromMinutes(30));
        Record(sink, 100, shift: 0);
        await writer.FlushAsync(null, default);
        Assert.Equal(CurrentRows + 100, Assert.Single(_detector.Recent).RowCount);
        _time.Advance(TimeSpan.FromMinutes(40));
        Assert.Equal(100, Assert.Single(_detector.Recent).RowCount);
        _time.Advance(TimeSpan.FromHours(5));
        Assert.Equal(0, Assert.Single(_detector.Recent).RowCount);

        ((IDisposable)sink).Dispose();
        await writer.FlushAsync(null, default);
        Assert.Empty(_detector.Recent);
    }

    [Fact]
    public async Task DetectAsync_RedactedFeatures_AreNamedAmongThoseNotCompared()
    {
        var redaction = new RedactionOptions().Erase("company").Bucket("moved", 0.5);
        await using var log = new LogHarness(configuration: PredictionLogConfiguration.Default with
        {
            Redaction = new Dictionary<string, RedactionConfiguration> { ["tips"] = RedactionConfiguration.From(redaction) },
        });
        var model = TestModels.Serve(Layout);
        Record(log.Writer.Attach(model with { Manifest = _registry.Add(model.Manifest, Profile()) })!, CurrentRows, shift: 3);
        await log.FlushAsync();

        var report = await new DriftDetector(log.Directory, _registry, DriftConfiguration.Default, _time).DetectAsync("tips", null, null, null);

        Assert.Equal(["unknown", "moved", "company"], report.NotCompared);
        Assert.Null(report.Find("moved"));
        Assert.NotNull(report.Find("stable"));
    }

    // The clock is ahead while one batch comes, and is set right: the window must not wait until that time comes.
    [Theory]
    [InlineData(30 * 24 * 60)]
    [InlineData(20)]
    [InlineData(60)]
    public async Task Watch_ClockSetBack_ReportsTheWindowOfTheRightTime(int minutesAhead)
    {
        await using var writer = new PredictionLogWriter(
            _log.Directory, PredictionLogConfiguration.Default, _ => true, DiskSync.Instance, _time, NullLogger<PredictionLogWriter>.Instance, served => [_detector.Watch(served)]);
        await writer.OpenAsync(default);
        var model = TestModels.Serve(Layout);
        var sink = writer.Attach(model with { Manifest = _registry.Add(model.Manifest, Profile()) })!;
        var right = _time.GetUtcNow();
        Record(sink, 100, shift: 0);
        await writer.FlushAsync(null, default);
        _time.AdjustTime(right.AddMinutes(minutesAhead));
        Record(sink, 200, shift: 0);
        await writer.FlushAsync(null, default);
        _time.AdjustTime(right);

        // What came while the clock was ahead is given up; of what came before, as much as the window still held then.
        Assert.Equal(minutesAhead < 60 ? 100 : 0, Assert.Single(_detector.Recent).RowCount);
        for (var hour = 0; hour < 3; hour++)
        {
            _time.Advance(TimeSpan.FromHours(2));
            Record(sink, 150, shift: 0);
            await writer.FlushAsync(null, default);
            Assert.Equal(150, Assert.Single(_detector.Recent).RowCount);
        }
    }

    [Theory]
    [InlineData(3, 0)]
    [InlineData(99, 0)]
    [InlineData(100, 50)]
    public async Task Latest_FewRows_SaysNothingUntilThereAreEnough(int rowCount, int expected)
    {
        await using var writer = new PredictionLogWriter(
            _log.Directory, PredictionLogConfiguration.Default, _ => true, DiskSync.Instance, _time, NullLogger<PredictionLogWriter>.Instance, served => [_detector.Watch(served)]);
        await writer.OpenAsync(default);
        var model = TestModels.Serve(Layout);
        var sink = writer.Attach(model with { Manifest = _registry.Add(model.Manifest, Profile()) })!;
        Record(sink, rowCount, shift: 3);
        await writer.FlushAsync(null, default);

        var figures = _detector.Latest.ToList();

        Assert.Equal(50, figures.Count);
        Assert.Equal(expected, figures.Count(f => !double.IsNaN(f.Value)));
        Assert.All(figures, f => Assert.Equal(rowCount, f.RowCount));
    }

    private static ReferenceProfile Profile()
    {
        var values = Enumerable.Range(1, ReferenceRows).Select(i => GoldenSequences.NormalQuantile(GoldenSequences.Golden(i))).ToArray();
        return new ReferenceProfileBuilder()
            .AddNumeric("stable", Enumerable.Range(0, ReferenceRows).Select(i => (float)GoldenSequences.Golden(i)).ToArray())
            .AddNumeric("moved", values)
            .AddCategorical("company", Enumerable.Range(0, ReferenceRows).Select(i => Companies[i % 4]).ToArray())
            .AddNumeric("area", Enumerable.Range(0, ReferenceRows).Select(i => (long)(i % 50)).ToArray())
            .AddBoolean("is_weekend", Enumerable.Range(0, ReferenceRows).Select(i => i % 7 < 2).ToArray())
            .SetScore(Enumerable.Range(0, ReferenceRows).Select(i => (float)GoldenSequences.Golden(i)).ToArray())
            .Build();
    }

    private static void Fill(FeatureRows rows, int i, double shift)
    {
        rows.Reset(1);
        rows.StatusOf(0).Fill(FeatureStatus.Present);
        rows.Float32Of(0)[0] = (float)GoldenSequences.Golden(i + 5);
        rows.Float64Of(0)[0] = shift == 0
            ? GoldenSequences.NormalQuantile(GoldenSequences.Golden(i + 1))
            : shift + (1.2 * GoldenSequences.NormalQuantile(GoldenSequences.VanDerCorput(i + 1, 2)));
        rows.SetString(0, 0, Companies[i % 4]);
        rows.Int64Of(0)[0] = i % 50;
        rows.BooleanOf(0)[0] = i % 7 < 2;
    }

    private static void Record(IPredictionSink sink, int count, double shift)
    {
        var rows = new FeatureRows(Layout, 1);
        for (var i = 0; i < count; i++)
        {
            Fill(rows, i, shift);
            LogHarness.Record(sink, rows, 0, i, (float)GoldenSequences.Golden(i));
        }
    }

    private static T[] Repeat<T>(T[] values, int[] counts) => [.. values.Zip(counts).SelectMany(p => Enumerable.Repeat(p.First, p.Second))];

    private IPredictionSink Serve(FeatureRowLayout layout, ReferenceProfile? profile)
    {
        var model = TestModels.Serve(layout);
        return _log.Writer.Attach(model with { Manifest = _registry.Add(model.Manifest, profile) })!;
    }

    private async Task<IPredictionSink> LogCurrentAsync()
    {
        var sink = Serve(Layout, Profile());
        Record(sink, CurrentRows, shift: 0.3);
        await _log.FlushAsync();
        return sink;
    }
}

using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Online;
using Mlp.Features.Skew;
using Mlp.Features.Tests.Materialization;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Skew;

public sealed class SkewCheckTests : IAsyncLifetime, IAsyncDisposable
{
    private static readonly FeatureCatalog Catalog = new FeaturesBuilder().Add<Shop>().Add<Visitor>()
        .AddService("shops", 1, s => s.From<Shop>())
        .AddService("all", 1, s => s.From<Shop>().From<Visitor>())
        .Build();

    private readonly FeatureStoreHarness _harness = new(Catalog);
    private SkewSampler _sampler = null!;
    private IPredictionSink _sink = null!;
    private int _number;

    private FeatureStore Store => _harness.Store;

    private DateTimeOffset Now => _harness.Clock.GetUtcNow();

    public async Task InitializeAsync()
    {
        await _harness.OpenAsync();
        Attach("shops", new SkewCheckOptions { SampleRate = 1, MaximumRows = 10 });
    }

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public ValueTask DisposeAsync() => _harness.DisposeAsync();

    [Fact]
    public async Task CheckSkewAsync_RowsThatWerePushedBothWays_DifferInNothing()
    {
        Attach("all", new SkewCheckOptions { SampleRate = 1, MaximumRows = 10 });
        var visitor = Guid.NewGuid();
        await Store.PushAsync([Row("a", -0f), Row("b", BitConverter.Int32BitsToSingle(0x7fc00001)), Row("n", null), Row(string.Empty, 3)]);
        await Store.PushAsync(new Visitor(visitor, 7, Now.AddSeconds(-1), null, "µ"));
        await ServeAsync("all", [["a", 7, visitor], ["b", 7, visitor], ["n", 8, visitor], [string.Empty, 7, EntityValue.Null], ["none", 7, Guid.NewGuid()]]);

        var report = await Store.CheckSkewAsync();
        Assert.Equal((5, 0, 15), (report.RowCount, report.DroppedRowCount, report.ValueCount));
        Assert.Empty(report.Counts);
        Assert.True(report.IsClean);
        Assert.Equal(0, (await Store.CheckSkewAsync()).RowCount);
    }

    [Fact]
    public async Task CheckSkewAsync_ServedAnotherValue_IsFoundAndNamed()
    {
        await Store.PushAsync([Row("a", 1), Row("b", 2)]);
        await ServeAsync("shops", [["a"], ["b"]], tamper: (rows, row) => rows.Float32Of(row)[0] = row == 1 ? 2.0000002f : 1);

        var report = await Store.CheckSkewAsync();
        var difference = Assert.Single(report.Differences);
        Assert.False(report.IsClean);
        Assert.Equal(1, report.Counts[SkewVerdict.DifferentValue]);
        Assert.Equal(("m", 3, "shop", "sales", SkewVerdict.DifferentValue), (difference.Model, difference.ModelVersion, difference.View, difference.Feature, difference.Verdict));
        Assert.Equal(["b"], difference.Key);
        Assert.Equal(Now, difference.Time);
        Assert.Equal(new SkewValue(FeatureStatus.Present, 2.0000002f, Now.AddSeconds(-1)), difference.Served);
        Assert.Equal(new SkewValue(FeatureStatus.Present, 2f, Now.AddSeconds(-1)), difference.Recomputed);
    }

    [Fact]
    public async Task CheckSkewAsync_ServedAnotherStatus_IsFound()
    {
        await Store.PushAsync(Row("a", 1));
        await ServeAsync("shops", [["a"]], tamper: (rows, row) => rows.StatusOf(row)[0] = FeatureStatus.Expired);
        var difference = Assert.Single((await Store.CheckSkewAsync()).Differences);
        Assert.Equal((SkewVerdict.DifferentValue, FeatureStatus.Expired, FeatureStatus.Present), (difference.Verdict, difference.Served.Status, difference.Recomputed.Status));
    }

    [Fact]
    public async Task CheckSkewAsync_PushedOnlineOnly_IsOnlineOnly()
    {
        await Store.PushAsync(Row("a", 1), PushTarget.Online);
        await ServeAsync("shops", [["a"]]);
        await Differs(SkewVerdict.OnlineOnly, new SkewValue(FeatureStatus.Present, 1f, Now.AddSeconds(-1)), new SkewValue(FeatureStatus.Missing, null, null));
    }

    [Fact]
    public async Task CheckSkewAsync_IngestedAndNotMaterialized_IsNotMaterialized()
    {
        await Store.PushAsync(Row("a", 1, age: 5));
        await Store.IngestAsync([Row("a", 2)]);
        await ServeAsync("shops", [["a"]]);
        await Differs(SkewVerdict.NotMaterialized, new SkewValue(FeatureStatus.Present, 1f, Now.AddSeconds(-5)), new SkewValue(FeatureStatus.Present, 2f, Now.AddSeconds(-1)));
    }

    [Fact]
    public async Task CheckSkewAsync_MaterializedAfterItWasServed_IsMaterializedLate()
    {
        await Store.IngestAsync([Row("a", 2)]);
        await ServeAsync("shops", [["a"]]);
        await Store.MaterializeAsync("shop");
        await Differs(SkewVerdict.MaterializedLate, new SkewValue(FeatureStatus.Missing, null, null), new SkewValue(FeatureStatus.Present, 2f, Now.AddSeconds(-1)));
    }

    [Fact]
    public async Task CheckSkewAsync_PushedOfflineOnly_IsOfflineOnly()
    {
        await Store.PushAsync(Row("a", 2), PushTarget.Offline);
        await ServeAsync("shops", [["a"]]);
        await Differs(SkewVerdict.OfflineOnly, new SkewValue(FeatureStatus.Missing, null, null), new SkewValue(FeatureStatus.Present, 2f, Now.AddSeconds(-1)));
    }

    [Fact]
    public async Task CheckSkewAsync_PushedAfterItWasServed_IsPushedLate()
    {
        await Store.PushAsync(Row("a", 1, age: 5));
        await ServeAsync("shops", [["a"]]);
        await Store.PushAsync(Row("a", 2, age: 5));
        await Differs(SkewVerdict.PushedLate, new SkewValue(FeatureStatus.Present, 1f, Now.AddSeconds(-5)), new SkewValue(FeatureStatus.Present, 2f, Now.AddSeconds(-5)));
    }

    [Fact]
    public async Task CheckSkewAsync_QuestionAboutAnEarlierTime_IsToldApart()
    {
        await Store.PushAsync(Row("a", 1, age: 5));
        await Store.PushAsync(Row("a", 2, age: 1));
        await ServeAsync("shops", [["a"]], asOf: Now.AddSeconds(-3));
        await Differs(SkewVerdict.QuestionAboutThePast, new SkewValue(FeatureStatus.Missing, null, null), new SkewValue(FeatureStatus.Present, 1f, Now.AddSeconds(-5)));
    }

    [Fact]
    public async Task Record_MoreThanThereIsRoomFor_DropsAndCounts()
    {
        await Store.PushAsync(Row("a", 1));
        await ServeAsync("shops", [.. Enumerable.Range(0, 13).Select(_ => (EntityValue[])["a"])]);
        var report = await Store.CheckSkewAsync();
        Assert.Equal((10, 3), (report.RowCount, report.DroppedRowCount));

        // There is room again.
        await ServeAsync("shops", [["a"]]);
        report = await Store.CheckSkewAsync();
        Assert.Equal((1, 0), (report.RowCount, report.DroppedRowCount));
    }

    [Fact]
    public async Task Record_TextsBeyondTheirRoom_AreDroppedAndCounted()
    {
        Attach("all", new SkewCheckOptions { SampleRate = 1, MaximumRows = 2 });
        var visitor = Guid.NewGuid();
        await Store.PushAsync(new Visitor(visitor, 7, Now.AddSeconds(-1), 1, new string('x', 400)));
        await ServeAsync("all", [["a", 7, visitor], ["a", 7, visitor]]);
        var report = await Store.CheckSkewAsync();
        Assert.Equal((1, 1), (report.RowCount, report.DroppedRowCount));
        Assert.Empty(report.Counts);
    }

    [Fact]
    public async Task Record_ByRate_KeepsThatShare()
    {
        Attach("shops", new SkewCheckOptions { SampleRate = 0.25, MaximumRows = 10_000 });
        await ServeAsync("shops", [.. Enumerable.Range(0, 4000).Select(_ => (EntityValue[])["a"])]);
        Assert.InRange((await Store.CheckSkewAsync()).RowCount, 850, 1150);
    }

    [Fact]
    public async Task Record_CallsThatFailedOrBroughtTheirFeatures_AreNotKept()
    {
        await ServeAsync("shops", [["a"]], outcome: PredictionOutcome.Error);
        await ServeAsync("shops", [[]], keys: []);
        Assert.Equal(0, (await Store.CheckSkewAsync()).RowCount);
    }

    [Fact]
    public void Record_Always_AllocatesNothing()
    {
        var rows = new FeatureRows(Catalog.FindService("shops")!.Description.Layout, 1);
        EntityValue[] key = ["a"];
        var allocated = Allocations.OfBestRun(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                Record(rows, 0, key, 1, 1, PredictionOutcome.Ok);
            }
        });
        Assert.Equal(0, allocated);
    }

    [Fact]
    public async Task Dispose_VersionThatLeftService_IsCheckedOnceMore()
    {
        await ServeAsync("shops", [["a"]]);
        ((IDisposable)_sink).Dispose();
        Assert.Equal(1, (await Store.CheckSkewAsync()).RowCount);
        Assert.Empty(_sampler.Sinks());
    }

    [Fact]
    public void Attach_RowsOfAnotherDefinition_AreNotWanted()
    {
        Assert.Null(_sampler.Attach(Model("shops") with { Service = null }));
        Assert.Null(_sampler.Attach(Model("shops") with { Service = new FeatureServiceReference("shops", 1, new string('0', 64)) }));
        Assert.Null(_sampler.Attach(Model("shops") with { Service = new FeatureServiceReference("others", 1, new string('0', 64)) }));
    }

    [Fact]
    public async Task CheckSkew_WrongSettingsOrNone_SaysSo()
    {
        Assert.Equal(
            "Expected SkewCheckOptions.SampleRate above 0 to 1, but found 1.5.",
            Assert.Throws<ArgumentOutOfRangeException>(() => new FeaturesBuilder().CheckSkew(o => o.SampleRate = 1.5)).Message);
        Assert.Equal(
            "Expected SkewCheckOptions.MaximumRows from 1 to 1000000, but found 0.",
            Assert.Throws<ArgumentOutOfRangeException>(() => new FeaturesBuilder().CheckSkew(o => o.MaximumRows = 0)).Message);
        Store.Skew = null;
        Assert.Equal(
            "Expected samples of served rows, but the features were added without CheckSkew.", (await Assert.ThrowsAsync<InvalidOperationException>(() => Store.CheckSkewAsync())).Message);
    }

    [Fact]
    public async Task AddFeatures_CheckSkew_AddsAnObserver()
    {
        using var temp = new TempDirectory();
        await using var platform = MlPlatform.CreateBuilder().UseDataDirectory(temp.FullName)
            .AddFeatures(f => f.Add<Shop>().AddService("shops", 1, s => s.From<Shop>()).CheckSkew()).AddFeatures(f => f.CheckSkew(o => o.SampleRate = 1)).Build();
        await platform.StartAsync();
        var observer = Assert.Single((IEnumerable<IPredictionObserver>)platform.Services.GetService(typeof(IEnumerable<IPredictionObserver>))!);
        Assert.NotNull(observer.Attach(Model("shops")));
        Assert.Equal(0, (await platform.Features.CheckSkewAsync()).RowCount);
    }

    private static ServedModel Model(string service)
    {
        var description = Catalog.FindService(service)!.Description;
        var manifest = TestManifest.Of("m", version: 3);
        return new ServedModel(manifest, "champion", description.Keys, description.Layout) { Service = description.Reference };
    }

    private void Attach(string service, SkewCheckOptions options)
    {
        _sampler = new SkewSampler(Catalog, options);
        Store.Skew = _sampler;
        _sink = _sampler.Attach(Model(service))!;
    }

    private Shop Row(string id, float? sales, int age = 1) => new(id, Now.AddSeconds(-age), Now.AddSeconds(-age), sales);

    private async Task ServeAsync(
        string service,
        EntityValue[][] entities,
        DateTimeOffset? asOf = null,
        Action<FeatureRows, int>? tamper = null,
        PredictionOutcome outcome = PredictionOutcome.Ok,
        EntityValue[]? keys = null)
    {
        var reader = Store.FindService(service)!;
        var rows = new FeatureRows(reader.Description.Layout, entities.Length);
        rows.Reset(entities.Length);
        if (keys is null)
        {
            await reader.ReadAsync(entities.SelectMany(e => e).ToArray(), Microseconds.FromRequestTime(asOf ?? Now), rows, 0, entities.Length);
        }

        for (var row = 0; row < entities.Length; row++)
        {
            tamper?.Invoke(rows, row);
            Record(rows, row, keys ?? entities[row], Microseconds.FromRequestTime(asOf ?? Now), _harness.Now, outcome);
        }
    }

    private void Record(FeatureRows rows, int row, EntityValue[] key, long time, long requestTime, PredictionOutcome outcome)
        => _sink.Record(new PredictionRecord
        {
            Id = new PredictionId(7, (ulong)++_number),
            EventTime = time,
            RequestTime = requestTime,
            LatencyNanoseconds = 1,
            Outcome = outcome,
            Keys = key,
            Features = rows.RowOf(row),
        });

    private async Task Differs(SkewVerdict verdict, SkewValue served, SkewValue recomputed)
    {
        var report = await Store.CheckSkewAsync();
        var difference = Assert.Single(report.Differences);
        Assert.Equal((verdict, served, recomputed), (difference.Verdict, difference.Served, difference.Recomputed));
        Assert.Equal([KeyValuePair.Create(verdict, 1L)], report.Counts);
        Assert.Equal(verdict != SkewVerdict.DifferentValue, report.IsClean);
    }
}

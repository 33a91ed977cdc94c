using System.Diagnostics.Metrics;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Online;
using Mlp.Features.Skew;
using Mlp.Features.Tests.Materialization;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Skew;

/// <summary>On-demand features: what was served, against what the method gives for the columns of the request, as a training set has them.</summary>
public sealed class SkewOnDemandTests : IAsyncLifetime, IAsyncDisposable
{
    private const string ModelName = "carts-model";

    private readonly FeatureCatalog _catalog;
    private readonly FeatureStoreHarness _harness;
    private SkewSampler _sampler = null!;
    private IPredictionSink _sink = null!;
    private float _factor = 1;
    private bool _fails;
    private int _number;

    public SkewOnDemandTests()
    {
        _catalog = new FeaturesBuilder().Add<Shop>()
            .AddOnDemand<Basket, BasketFeatures>(Compute)
            .AddOnDemand<Basket, BasketSize>(basket => new BasketSize(basket.Count ?? -1))
            .AddOnDemand<Visit, VisitFeatures>(visit => new VisitFeatures(visit.Hour >= 22))
            .AddService("carts", 1, s => s.From<Shop>().From<BasketFeatures>("share", "label", "scaled").From<BasketSize>().From<VisitFeatures>())
            .AddOnDemand<Visit, ShopInputs, VisitValue>((visit, shop) => new VisitValue((shop.Sales ?? -1) * visit.Hour * _factor, shop.SalesStatus.ToString()))
            .AddService("values", 1, s => s.From<VisitValue>().From<Shop>())
            .AddService("requests", 1, s => s.From<BasketFeatures>())
            .Build();
        _harness = new FeatureStoreHarness(_catalog);
    }

    private FeatureStore Store => _harness.Store;

    public async Task InitializeAsync()
    {
        await _harness.OpenAsync();
        await Store.PushAsync(new Shop("a", _harness.Clock.GetUtcNow().AddSeconds(-1), _harness.Clock.GetUtcNow().AddSeconds(-1), 7));
        Attach("carts", 20);
    }

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public ValueTask DisposeAsync() => _harness.DisposeAsync();

    [Fact]
    public async Task CheckSkewAsync_MethodOfTheRequestAlone_DiffersInNothing()
    {
        Basket[] baskets =
        [
            new(-0f, null, "grüße", true, [1, float.NaN, BitConverter.UInt32BitsToSingle(0x7FC0_0777)], 0.1),
            new(BitConverter.UInt32BitsToSingle(0xFFC0_0001), int.MinValue, null, null, null, double.NaN),
            new(float.PositiveInfinity, 0, string.Empty, false, [-0f, float.Epsilon, 3], -0.0),
        ];
        foreach (var basket in baskets)
        {
            await ServeAsync("carts", basket);
        }

        var report = await Store.CheckSkewAsync();

        // One stored and four computed values of each; the view that computes from visits was not asked.
        Assert.Equal((3, 15), (report.RowCount, report.ValueCount));
        Assert.Empty(report.Counts);
        Assert.Empty(report.Differences);
        Assert.Equal([new SkewOmission(ModelName, 3, "visit_features", SkewOmissionReason.NoRequest, 3)], report.NotCompared);
        Assert.Equal(_harness.Clock.GetUtcNow(), report.CheckedAt);
        Assert.Same(report, Store.LastSkewReport);
    }

    [Fact]
    public async Task CheckSkewAsync_MethodThatDependsOnASetting_IsNotRepeatable()
    {
        await ServeAsync("carts", new Basket(4, 2, "x", true, [1, 2, 3], 1));
        _factor = 2;

        var report = await Store.CheckSkewAsync();

        Assert.False(report.IsClean);
        Assert.Equal([KeyValuePair.Create(SkewVerdict.NotRepeatable, 2L)], report.Counts);
        var (share, scaled) = (report.Differences[0], report.Differences[1]);
        Assert.Equal(("basket_features", "share", SkewVerdict.NotRepeatable), (share.View, share.Feature, share.Verdict));
        Assert.Equal((new SkewValue(FeatureStatus.Present, 2f, null), new SkewValue(FeatureStatus.Present, 4f, null)), (share.Served, share.Recomputed));
        Assert.Equal("scaled", scaled.Feature);
        Assert.Equal<float>([1, 2, 3], (float[])scaled.Served.Value!);
        Assert.Equal<float>([2, 4, 6], (float[])scaled.Recomputed.Value!);
    }

    [Fact]
    public async Task CheckSkewAsync_ServedAnotherStatusOfAnOnDemandFeature_IsFound()
    {
        await ServeAsync("carts", new Basket(4, 2, null, true, null, 1), (rows, layout) => rows.StatusOf(0)[layout.IndexOf("label")] = FeatureStatus.Missing);

        var difference = Assert.Single((await Store.CheckSkewAsync()).Differences);
        Assert.Equal(("label", FeatureStatus.Missing, FeatureStatus.Null), (difference.Feature, difference.Served.Status, difference.Recomputed.Status));
    }

    [Fact]
    public async Task CheckSkewAsync_WhatCannotBeCompared_IsCountedByReason()
    {
        await ServeAsync<Basket>("carts", null);
        await ServeAsync("carts", new Visit(23));
        await ServeAsync("carts", new Basket(1, 1, "x", true, [1, 2], 1), compute: false);
        await ServeAsync("carts", new Basket(1, 1, "x", true, [1, 2, 3], 1));
        _fails = true;
        var omitted = new Dictionary<string, long>();
        using var listener = Listen("mlp.features.skew.not_compared", "reason", omitted);

        var report = await Store.CheckSkewAsync();

        Assert.Empty(report.Counts);
        Assert.True(report.IsClean);
        Assert.Equal(
            [
                ("basket_features", SkewOmissionReason.NoRequest, 6), ("basket_features", SkewOmissionReason.UnfitRequest, 3), ("basket_features", SkewOmissionReason.MethodFailed, 3),
                ("basket_size", SkewOmissionReason.NoRequest, 2), ("basket_size", SkewOmissionReason.UnfitRequest, 1), ("visit_features", SkewOmissionReason.NoRequest, 3),
            ],
            report.NotCompared.Select(o => (o.View, o.Reason, o.ValueCount)).Order());
        Assert.Equal(new Dictionary<string, long> { ["no-request"] = 11, ["unfit-request"] = 4, ["method-failed"] = 3 }, omitted);
    }

    [Fact]
    public async Task CheckSkewAsync_ServiceOfOnDemandViewsAlone_IsCompared()
    {
        Attach("requests", 5);
        await ServeAsync("requests", new Basket(3, 3, "x", true, null, 1), keys: []);
        await ServeAsync<Basket>("requests", null, keys: []);

        var report = await Store.CheckSkewAsync();

        Assert.Equal((1, 5, 0), (report.RowCount, report.ValueCount, report.Counts.Count));
        Assert.Empty(report.NotCompared);
    }

    [Fact]
    public async Task CheckSkewAsync_MethodOfStoredFeatures_TakesTheReasonOfItsInputs()
    {
        Attach("values", 20);
        var now = _harness.Clock.GetUtcNow();
        await Store.PushAsync([new Shop("b", now, now, 1)], PushTarget.Online);
        await ServeAsync("values", new Visit(3));
        await ServeAsync("values", new Visit(4), keys: ["b"]);
        await ServeAsync("values", new Visit(5), keys: ["none"]);

        var report = await Store.CheckSkewAsync();

        Assert.Equal([KeyValuePair.Create(SkewVerdict.OnlineOnly, 3L)], report.Counts);
        Assert.Equal(9, report.ValueCount);
        Assert.Equal(["sales", "value", "why"], report.Differences.Select(d => d.Feature));
        Assert.All(report.Differences, d => Assert.Equal(["b"], d.Key));
        Assert.Equal((new SkewValue(FeatureStatus.Present, 4f, null), new SkewValue(FeatureStatus.Present, -4f, null)), (report.Differences[1].Served, report.Differences[1].Recomputed));
        Assert.Equal(("Present", "Missing"), (report.Differences[2].Served.Value, report.Differences[2].Recomputed.Value));
    }

    [Fact]
    public async Task CheckSkewAsync_MethodOfStoredFeaturesThatDependsOnASetting_IsNotRepeatable()
    {
        Attach("values", 20);
        await ServeAsync("values", new Visit(3));
        var now = _harness.Clock.GetUtcNow();
        await Store.PushAsync([new Shop("b", now, now, 1)], PushTarget.Online);
        await ServeAsync("values", new Visit(4), keys: ["b"]);
        _factor = 2;

        var report = await Store.CheckSkewAsync();

        // What was served of the second call does not follow from its inputs, so the setting is to blame for both of its values.
        Assert.Equal(new Dictionary<SkewVerdict, long> { [SkewVerdict.OnlineOnly] = 1, [SkewVerdict.NotRepeatable] = 3 }, report.Counts);
        Assert.False(report.IsClean);
    }

    [Fact]
    public async Task Record_TextsOfRequestsBeyondTheirRoom_AreDroppedAndCounted()
    {
        Attach("carts", 2);
        await ServeAsync("carts", new Basket(1, 1, new string('x', 400), true, null, 1), (rows, layout) => rows.SetString(0, layout.OffsetOf(layout.IndexOf("label")), "short"));
        await ServeAsync("carts", new Basket(1, 1, new string('y', 200), true, null, 1), (rows, layout) => rows.SetString(0, layout.OffsetOf(layout.IndexOf("label")), "short"));
        await ServeAsync("carts", new Basket(1, 1, new string('z', 100), true, null, 1), (rows, layout) => rows.SetString(0, layout.OffsetOf(layout.IndexOf("label")), "short"));

        var report = await Store.CheckSkewAsync();
        Assert.Equal((2, 1), (report.RowCount, report.DroppedRowCount));
    }

    [Fact]
    public void Record_RequestWithTextsAndVectors_AllocatesNothing()
    {
        Attach("carts", Allocations.MaximumRuns * 400);
        var runs = 0;
        var rows = new FeatureRows(_catalog.FindService("carts")!.Description.Layout, 1);
        rows.Reset(1);
        var request = new KeptRequest<Basket>();
        request.Set(new Basket(1, 1, "grüße", true, new float[3], 1));
        EntityValue[] key = ["a"];
        Assert.Equal(0, Allocations.OfBestRun(() =>
        {
            runs++;
            for (var i = 0; i < 400; i++)
            {
                Record(rows, key, request);
            }
        }));
        Assert.Equal((runs * 400, 0), _sampler.Backlog());
    }

    [Fact]
    public async Task CheckSkewAsync_ListenerToTheMeter_HearsOfModelAndVersion()
    {
        var differences = new Dictionary<string, long>();
        var sampled = new Dictionary<string, long>();
        using var first = Listen("mlp.features.skew.differences", "verdict", differences);
        using var second = Listen("mlp.features.skew.sampled", "model", sampled);
        await ServeAsync("carts", new Basket(4, 2, "x", true, [1, 2, 3], 1));
        _factor = 3;
        await Store.CheckSkewAsync();

        Assert.Equal(new Dictionary<string, long> { ["not-repeatable"] = 2 }, differences);
        Assert.Equal(new Dictionary<string, long> { [ModelName] = 1 }, sampled);
    }

    private static MeterListener Listen(string instrument, string tag, Dictionary<string, long> sums)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (published, listener) =>
            {
                if (published.Name == instrument)
                {
                    listener.EnableMeasurementEvents(published);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, measurement, tags, _) =>
        {
            var all = tags.ToArray();

            // Tests beside this one have models of other names or versions.
            if (all.Contains(new("model", ModelName)) && all.Contains(new("version", 3)))
            {
                lock (sums)
                {
                    var key = (string)all.Single(t => t.Key == tag).Value!;
                    sums[key] = sums.GetValueOrDefault(key) + measurement;
                }
            }
        });
        listener.Start();
        return listener;
    }

    private BasketFeatures Compute(Basket basket) => _fails
        ? throw new InvalidOperationException("The tax table is closed.")
        : new BasketFeatures(
            basket.Total / 2 * _factor, basket.Label, basket.Weights is null ? null : [.. basket.Weights.Select(w => w * _factor)], basket.IsGift, basket.Discount);

    private void Attach(string service, int capacity)
    {
        _sampler = new SkewSampler(_catalog, new SkewCheckOptions { SampleRate = 1, MaximumRows = capacity });
        Store.Skew = _sampler;
        var description = _catalog.FindService(service)!.Description;
        var manifest = TestManifest.Of(ModelName, version: 3);
        _sink = _sampler.Attach(new ServedModel(manifest, "champion", description.Keys, description.Layout) { Service = description.Reference })!;
        Assert.True(((IRequestSink)_sink).WantsRequests);
    }

    private async Task ServeAsync<TRequest>(string service, TRequest? request, Action<FeatureRows, FeatureRowLayout>? tamper = null, bool compute = true, EntityValue[]? keys = null)
        where TRequest : class
    {
        var reader = Store.FindService(service)!;
        var rows = new FeatureRows(reader.Description.Layout, 1);
        rows.Reset(1);
        keys ??= ["a"];
        await reader.ReadAsync(keys, _harness.Now, rows, 0, 1);
        KeptRequest<TRequest>? kept = null;
        if (request is not null)
        {
            kept = new KeptRequest<TRequest>();
            kept.Set(request);
            if (compute)
            {
                reader.FindRequestWriter<TRequest>()!(request, rows, 0);
            }
        }

        tamper?.Invoke(rows, reader.Description.Layout);
        Record(rows, keys, kept);
    }

    private void Record(FeatureRows rows, EntityValue[] keys, KeptRequest? request)
        => _sink.Record(new PredictionRecord
        {
            Id = new PredictionId(7, (ulong)++_number),
            EventTime = _harness.Now,
            RequestTime = _harness.Now,
            LatencyNanoseconds = 1,
            Outcome = PredictionOutcome.Ok,
            Keys = keys,
            Features = rows.RowOf(0),
            Request = request,
        });

    private sealed record Basket(float Total, int? Count, string? Label, bool? IsGift, [property: Feature(Length = 3)] float[]? Weights, double Discount);

    private readonly record struct BasketFeatures(float Share, string? Label, [property: Feature(Length = 3)] float[]? Scaled, bool? IsGift, double Discount);

    private readonly record struct BasketSize(long Items);

    private sealed record Visit(int Hour);

    private readonly record struct VisitFeatures(bool IsNight);

    private sealed record ShopInputs(float? Sales, FeatureStatus SalesStatus);

    private readonly record struct VisitValue(float Value, string Why);
}

using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Apache.Arrow;
using Microsoft.Extensions.Time.Testing;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Inference;

/// <summary>What is read from a model when somebody collects, and what calls measure that had to wait. Each test has a model of its own name, for the meter hears the whole process.</summary>
public sealed class RuntimeGaugeTests : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, double> _read = [];

    public RuntimeGaugeTests()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == RuntimeMeter.Name)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.Start();
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task Slots_OneHeldAndTwoWaitingCalls_AreCounted()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        var features = TestFeatures.Floats(1);
        var reading = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var platform = await ServeAsync("gauged-slots", Package(TestGraphs.Logistic(1), Binary(), features.Description), o => o.PoolSize = 1, features, time);
        features.Pending = _ => reading.Task;
        var model = platform.Catalog.GetModel("gauged-slots");
        var calls = Enumerable.Range(0, 3).Select(_ => model.PredictAsync("a").AsTask()).ToList();

        Collect();

        Assert.Equal(1, _read["mlp.inference.slots.used gauged-slots 1 champion row"]);
        Assert.Equal(1, _read["mlp.inference.slots.limit gauged-slots 1 champion row"]);
        Assert.Equal(2, _read["mlp.inference.slots.waiting gauged-slots 1 champion row"]);
        Assert.Equal(0, _read["mlp.inference.slots.used gauged-slots 1 champion rows"]);

        time.Advance(TimeSpan.FromMilliseconds(30));
        reading.SetResult();
        await Task.WhenAll(calls);
        Collect();
        Assert.Equal(0, _read["mlp.inference.slots.used gauged-slots 1 champion row"]);
        Assert.Equal(0, _read["mlp.inference.slots.waiting gauged-slots 1 champion row"]);
        Assert.Equal(0.03, _read["mlp.inference.queue.duration gauged-slots 1"], 1e-9);
    }

    [Fact]
    public async Task ScoreAsync_WaitsForASlot_TheWaitIsMeasured()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        await using var platform = await ServeAsync("gauged-tables", Package(TestGraphs.Logistic(1), Binary()), o => o.PoolSize = 1, time: time);
        var model = (Model)platform.Catalog.GetModel("gauged-tables");
        var pool = model.Target.Current!.Batches;
        Assert.True(pool.TryRent(out var held));
        using var table = new RecordBatch.Builder().Append("x", nullable: false, a => a.Float(f => f.Append(0))).Build();

        var scoring = model.ScoreAsync(table);
        Assert.Equal(1, pool.WaitingCount);
        time.Advance(TimeSpan.FromMilliseconds(40));
        pool.Return(held);
        using var scored = await scoring;

        Assert.Equal(0.04, _read["mlp.inference.queue.duration gauged-tables 1"], 1e-9);
    }

    [Fact]
    public async Task Versions_OneTakesOver_TheRetiredOneIsGone()
    {
        await using var platform = await ServeAsync("gauged-versions", Package(TestGraphs.Logistic(1), Binary()));
        var model = platform.Catalog.GetModel("gauged-versions");
        Collect();
        Assert.Equal(1, _read["mlp.model.versions gauged-versions"]);
        Assert.Equal(model.Manifest!.OnnxByteCount, _read["mlp.model.weights.size gauged-versions 1 resident"]);
        Assert.Equal(0, _read["mlp.model.weights.size gauged-versions 1 mapped"]);
        Assert.Equal(1, Loads("gauged-versions 1 ok"));

        await platform.Catalog.CloseAsync(CancellationToken.None);

        Collect();
        Assert.DoesNotContain(_read.Keys, k => k.Contains("versions gauged-versions", StringComparison.Ordinal) || k.Contains("slots.used gauged-versions", StringComparison.Ordinal));
    }

    [Fact]
    public void Versions_NobodyHoldsTheSession_AreNotKeptAlive()
    {
        var session = Forget();

        for (var i = 0; i < 10 && session.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(session.IsAlive);
        Collect();
        Assert.DoesNotContain("mlp.model.versions gauged-forgotten", _read.Keys);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference Forget()
    {
        var fixture = new SlotFixture(TestGraphs.Logistic(1), Binary());
        LoadedSessions.Add(fixture.Session, fixture.Manifest with { Name = "gauged-forgotten" });
        Collect();
        Assert.Equal(1, _read["mlp.model.versions gauged-forgotten"]);
        return new WeakReference(fixture.Session);
    }

    private int Loads(string tags) => _read.Keys.Count(k => k == $"mlp.model.load.duration {tags}");

    private void Collect()
    {
        foreach (var name in _read.Keys.Where(k => !k.Contains("duration", StringComparison.Ordinal)).ToList())
        {
            _read.Remove(name);
        }

        _listener.RecordObservableInstruments();
    }

    private void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        // Calls of other tests come here too, on their threads, and some of them assert that they allocate nothing.
        if (tags.IsEmpty || tags[0].Value is not string model || !model.StartsWith("gauged", StringComparison.Ordinal))
        {
            return;
        }

        var text = FormattableString.Invariant($"{instrument.Name} {string.Join(' ', tags.ToArray().Select(t => t.Value))}");
        lock (_read)
        {
            _read[text] = value;
        }
    }

    private static async Task<TestPlatform> ServeAsync(
        string model, ModelPackage package, Action<ModelOptions>? configure = null, IFeatureSource? features = null, TimeProvider? time = null)
    {
        var platform = new TestPlatform(time, features);
        platform.AddModel(model, configure);
        var manifest = await platform.Registry.PublishAsync(model, package);
        await platform.Registry.SetAliasAsync(model, "champion", manifest.Version, 0);
        await platform.Catalog.OpenAsync(CancellationToken.None);
        return platform;
    }
}

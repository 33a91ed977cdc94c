using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Batching;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Tests.Inference;
using Mlp.Runtime.Versions;

namespace Mlp.Runtime.Tests.Batching;

/// <summary>A model in service with one lane or more, a clock that stands still, a curve that the test knows and runs that wait for the test.</summary>
internal sealed class BatcherFixture : IAsyncDisposable
{
    private readonly ExecutionSession _engine;
    private Task? _retiring;

    public BatcherFixture(
        byte[] onnx, ModelOutput output, Action<ModelOptions>? configure = null, IReadOnlyList<FeatureColumn>? features = null, int microsecondsPerRow = 1_000, int laneCount = 1, params IPredictionObserver[] observers)
    {
        var manifest = new ModelManifest
        {
            Name = $"batched-{Guid.NewGuid():N}",
            Version = 1,
            CreatedAt = default,
            OnnxSha256 = string.Empty,
            OnnxByteCount = onnx.Length,
            Signature = OnnxModelReader.Read("m", onnx).Signature,
            Output = output,
        };
        var graph = ServedGraph.Create(manifest, onnx);
        (manifest, var served) = (graph.Manifest, new OnnxFiles(graph.Onnx, null, WeightStorage.Resident, 0));
        var options = new ModelOptions { PoolSize = 1 }.WithDynamicBatching(b => b.LatencyBudget = TimeSpan.FromSeconds(1));
        configure?.Invoke(options);
        var settings = ModelSettings.From(manifest.Name, options);
        settings = settings with { Batching = settings.Batching! with { LaneCount = laneCount } };
        var clock = new PredictionClock(Time);
        var inputs = features is null ? InputPlan.ForSignature(manifest) : InputPlan.ForFeatures(manifest, new FeatureRowLayout(features));
        _engine = ExecutionSession.Create(manifest, served, AcceleratorChoice.Cpu);
        var outputs = new OutputProbe(manifest, _engine, inputs).Run();
        Session = new GatedSession(_engine);
        var model = new ServedModel(manifest, "champion", [], inputs.Layout);
        Version = new ServingVersion(model, Session, inputs, outputs, null, new PredictionRecorder(model, observers, NullLogger.Instance), clock, settings)
        {
            Nulls = NullRules.Create(manifest, inputs, settings.Nulls),
        };
        var curve = new CostCurve();
        for (var size = 1; size <= settings.Batching.MaximumBatchSize; size *= 2)
        {
            curve.Learn(size, size * microsecondsPerRow * 1_000L);
        }

        Version.StartBatching(settings.Batching, curve);
        Model = new Model(settings, new ServingTarget(settings.Name, settings.Selector), clock)
        {
            OpenVersion = static (_, _) => throw new NotSupportedException("The fixture has one version."),
            Files = new Mlp.Runtime.Scoring.FileScorings("m"),
            ViewOf = static _ => throw new NotSupportedException("The fixture has one version."),
        };
        Model.Target.Publish(Version);
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2024, 6, 1, 12, 0, 0, TimeSpan.Zero));

    public GatedSession Session { get; }

    public ServingVersion Version { get; }

    public Model Model { get; }

    public DynamicBatcher Batcher => Version.Batcher!;

    public ModelOutput Output => Version.Manifest.Output;

    /// <summary>Begins a run that keeps the lane until the test lets it go; calls wait behind it.</summary>
    public Task<Task> HoldLaneAsync() => HoldLaneAsync(() => Model.Predict([0f]));

    /// <inheritdoc cref="HoldLaneAsync()"/>
    /// <param name="call">A call of one row.</param>
    public async Task<Task> HoldLaneAsync(Action call)
    {
        Session.IsGated = true;
        var held = Task.Factory.StartNew(call, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        LastTicket = await Session.BegunAsync();
        return held;
    }

    /// <summary>The ticket of the run that <see cref="HoldLaneAsync()"/> has begun.</summary>
    public int LastTicket { get; private set; }

    /// <summary>Takes the version out of service.</summary>
    public Task RetireAsync() => _retiring ??= Version.RetireAsync();

    /// <summary>Waits until a number of calls wait.</summary>
    public async Task UntilWaitingAsync(int count)
    {
        while (Batcher.WaitingCount != count)
        {
            await Task.Delay(1);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Session.IsGated = false;
        Session.Release(100);
        Model.Target.Withdraw("the test is over", isFinal: true);
        await RetireAsync();
        Assert.True(Session.IsDisposed, "Somebody still holds a lease of the session.");
        _engine.Release();
    }
}

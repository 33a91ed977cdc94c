using System.Diagnostics.Metrics;
using Microsoft.Extensions.Time.Testing;
using Mlp.TestSupport;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Distributed.Diagnostics;

namespace Mlp.Training.Tests.Distributed.Diagnostics;

/// <summary>What counts as exposed, as a wait, and for whom, by a clock that only moves when told.</summary>
public sealed class StepWatchTests : IDisposable
{
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    private readonly FakeTimeProvider _clock = new();
    private readonly ScriptedBackend _backend;
    private readonly ProcessGroup _group;
    private readonly StepWatch _watch;

    public StepWatchTests()
    {
        _backend = new(4, _clock);
        _group = new(_backend, new() { TimeProvider = _clock });
        _watch = new(_clock, 0, 4, null);
        _watch.Watch(_group);
    }

    public void Dispose() => _watch.Dispose();

    [Fact]
    public void EndStep_CallsOfTheThread_AreExposed()
    {
        (_backend.Wait, _backend.LastRank, _backend.Transfer) = (3 * Millisecond, 2, 2 * Millisecond);

        _watch.BeginStep(1);
        _watch.Enter(StepPhase.Backward);
        _clock.Advance(10 * Millisecond);
        _group.AllReduce<float>(new float[25], tensor: "statistics");
        _watch.Enter(StepPhase.Gradients);
        _group.AllReduce<float>(new float[75], tensor: "gradients");
        _watch.EndStep(7);

        Assert.Equal([1, 7, 0.020, 0.010, 0.004, 400, 0.006], _watch.Figures.Own(), Near);
        Assert.Equal([0, 0, 0.006, 0, 0, 0, 1, 0], _watch.Figures.ByLastRank, Near);
    }

    [Fact]
    public void EndStep_BesideTheBackwardPass_IsNotExposed()
    {
        (_backend.Wait, _backend.LastRank, _backend.Transfer) = (3 * Millisecond, 2, 2 * Millisecond);

        _watch.BeginStep(1);
        _watch.Enter(StepPhase.Backward);
        _group.StartAllReduce<float>(new float[25]).Wait();
        _clock.Advance(Millisecond);
        _watch.EndStep(1);

        Assert.Equal([1, 1, 0.006, 0, 0.002, 100, 0], _watch.Figures.Own(), Near);
        Assert.All(_watch.Figures.ByLastRank, w => Assert.Equal(0, w));
    }

    [Fact]
    public void EndStep_WaitThatBeganBefore_CountsFromWhereTheThreadWaits()
    {
        using var isAsked = new ManualResetEventSlim();
        using var mayMeet = new ManualResetEventSlim();
        var group = new ProcessGroup(new HeldBackend(_backend, isAsked, mayMeet), new() { TimeProvider = _clock });
        _watch.Watch(group);
        (_backend.Wait, _backend.LastRank, _backend.Transfer) = (5 * Millisecond, 3, Millisecond);

        _watch.BeginStep(1);
        _watch.Enter(StepPhase.Backward);
        var handle = group.StartAllReduce<float>(new float[25]);
        Assert.True(isAsked.Wait(TimeSpan.FromMinutes(1)));
        _clock.Advance(4 * Millisecond);
        _watch.Enter(StepPhase.Gradients);
        mayMeet.Set();
        handle.Wait();
        _watch.EndStep(1);

        Assert.Equal([1, 1, 0.010, 0.006, 0.001, 100, 0.005], _watch.Figures.Own(), Near);
        Assert.Equal(0.005, _watch.Figures.ByLastRank[3], 1e-9);
    }

    [Fact]
    public void EndStep_OutsideAndBetweenEpochs_BelongToNoStep()
    {
        _backend.Wait = Millisecond;
        _watch.BeginStep(1);
        _clock.Advance(2 * Millisecond);
        _watch.EndStep(1);
        _watch.Outside("checkpoint", () => _group.Barrier());
        _clock.Advance(3 * Millisecond);
        _watch.BeginStep(2);
        _watch.EndStep(1);
        _watch.Rest();
        _group.Barrier();
        _watch.BeginStep(3);
        _clock.Advance(4 * Millisecond);
        _watch.EndStep(1);

        Assert.Equal([3, 3, 0.009, 0, 0, 0, 0], _watch.Figures.Own(), Near);
    }

    [Fact]
    public void EndStep_SumsOfSharedGradients_AreExposedButNobodyIsWaitedFor()
    {
        _watch.Plan([new GradientBucket(0, 100, [0])], overlaps: true);
        _watch.BeginStep(1);
        _watch.Enter(StepPhase.Backward);
        _watch.Ready(0);
        _watch.SumBegun(0);
        _clock.Advance(2 * Millisecond);
        _watch.SumEnded(0, isWhole: false);
        _watch.Enter(StepPhase.Gradients);
        _clock.Advance(5 * Millisecond);
        _watch.SumBegun(0);
        _clock.Advance(Millisecond);
        _watch.SumEnded(0, isWhole: true);
        _watch.Finished(lastRank: 1);
        _watch.EndStep(1);

        Assert.Equal([1, 1, 0.008, 0.008, 0.003, 0, 0.005], _watch.Figures.Own(), Near);
        Assert.Equal([0, 0.005, 0, 0, 0, 1, 0, 0], _watch.Figures.ByLastRank, Near);
    }

    [Fact]
    public void EndStep_ListenedTo_CountsAndAllocatesNothing()
    {
        var sums = new Dictionary<string, double>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == "Mlp.Training")
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            // Other tests measure too; these have ranks and a backend of their own.
            if (tags.Length > 0 && (tags[0].Value is "77" || (tags.Length > 1 && tags[1].Value is "scripted")))
            {
                System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(sums, instrument.Name, out _) += value;
            }
        }

        listener.SetMeasurementEventCallback<long>((i, v, t, _) => Add(i, v, t));
        listener.SetMeasurementEventCallback<double>((i, v, t, _) => Add(i, v, t));
        listener.Start();
        using var watch = new StepWatch(_clock, 77, 78, null);
        watch.Watch(_group);
        (_backend.Wait, _backend.LastRank) = (Millisecond, 2);
        var values = new float[25];
        var collectives = new CollectiveMetrics("scripted");
        void Step()
        {
            watch.BeginStep(1);
            watch.Enter(StepPhase.Forward);
            watch.Enter(StepPhase.Backward);
            watch.Enter(StepPhase.Gradients);
            _group.AllReduce<float>(values, tensor: "gradients");
            watch.EndStep(10);
            collectives.Add(CollectiveKind.AllReduce, 100, Millisecond);
        }

        Step();

        Assert.Equal(1, sums["mlp.training.steps"]);
        Assert.Equal(10, sums["mlp.training.rows"]);
        Assert.Equal(0.001, sums["mlp.training.step_time"], 1e-9);
        Assert.Equal(0.001, sums["mlp.training.exposed_communication_time"], 1e-9);
        Assert.Equal(0.001, sums["mlp.training.wait_time"], 1e-9);
        Assert.Equal(100, sums["mlp.collectives.payload"]);
        Assert.Equal(0.001, sums["mlp.collectives.duration"], 1e-9);
        Assert.Equal(0, Allocations.OfBestRun(Step));
    }

    [Fact]
    public void EndStep_WithATimeline_AllocatesNothing()
    {
        using var folder = new TempDirectory();
        var options = new TimelineOptions { Path = folder.Combine("run.json"), Steps = 1000 };
        using var file = TimelineFile.Open(options, null, _clock, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance)!;
        using var watch = new StepWatch(_clock, 0, 4, new(file, 0, 4, file.Began));
        watch.Watch(_group);
        watch.Plan([new GradientBucket(0, 100, [0])], overlaps: true);
        (_backend.Wait, _backend.LastRank) = (Millisecond, 2);
        var values = new float[25];

        Assert.Equal(0, Allocations.OfBestRun(() =>
        {
            watch.BeginStep(1);
            watch.Enter(StepPhase.Forward);
            _clock.Advance(Millisecond);
            watch.Enter(StepPhase.Gradients);
            _group.AllReduce<float>(values, tensor: "gradients");
            watch.Ready(0);
            watch.EndStep(10);
        }));
    }

    private static bool Near(double a, double b) => Math.Abs(a - b) < 1e-9;

    /// <summary>Waits at each call until it is let go.</summary>
    private sealed class HeldBackend(CollectiveBackend inner, ManualResetEventSlim isAsked, ManualResetEventSlim mayMeet) : CollectiveBackend
    {
        public override string Name => inner.Name;

        public override int Rank => inner.Rank;

        public override int WorldSize => inner.WorldSize;

        public override void AllReduce(in CollectiveCall call, Span<byte> values)
        {
            isAsked.Set();
            Assert.True(mayMeet.Wait(TimeSpan.FromMinutes(1)));
            var before = inner.Observer;
            inner.Observer = Observer;
            inner.AllReduce(call, values);
            inner.Observer = before;
        }

        public override void ReduceScatter(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result) => throw new NotSupportedException();

        public override void AllGather(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result) => throw new NotSupportedException();

        public override void Broadcast(in CollectiveCall call, Span<byte> values) => throw new NotSupportedException();

        public override void Reduce(in CollectiveCall call, Span<byte> values) => throw new NotSupportedException();

        public override void AllToAll(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result) => throw new NotSupportedException();

        public override void Barrier(in CollectiveCall call) => throw new NotSupportedException();

        public override void Send(in CollectiveCall call, ReadOnlySpan<byte> values) => throw new NotSupportedException();

        public override void Receive(in CollectiveCall call, Span<byte> values) => throw new NotSupportedException();

        public override CollectiveBackend? Split(in CollectiveCall call, IReadOnlyList<int> ranks) => throw new NotSupportedException();

        public override void Abort(CollectiveException reason) => inner.Abort(reason);

        public override ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}

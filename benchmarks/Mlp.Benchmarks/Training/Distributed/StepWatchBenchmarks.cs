using System.Diagnostics.Metrics;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Distributed.Diagnostics;

namespace Mlp.Benchmarks.Training.Distributed;

/// <summary>What it takes to watch a step of replicas, with every instrument listened to, against such a step of 128 rows and 0.8 M parameters without the others. The ratio is the share of a step.</summary>
[MemoryDiagnoser]
#pragma warning disable CA1001 // GlobalCleanup disposes.
public class StepWatchBenchmarks
#pragma warning restore CA1001
{
    private const int PieceLength = 1 << 15;

    private readonly string _path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
    private StepSubject? _subject;
    private MeterListener? _listener;
    private TimelineFile? _file;
    private StepWatch? _watch;
    private StepWatch? _writing;
    private GroupWatch? _group;
    private CollectiveCall _call;
    private int _pieces;

    /// <summary>Prepares.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        _subject = StepSubject.Mlp();
        _listener = new MeterListener { InstrumentPublished = static (instrument, l) => l.EnableMeasurementEvents(instrument) };
        _listener.SetMeasurementEventCallback<long>(static (_, _, _, _) => { });
        _listener.SetMeasurementEventCallback<double>(static (_, _, _, _) => { });
        _listener.Start();
        _file = TimelineFile.Open(new() { Path = _path, Steps = 1_000_000 }, null, TimeProvider.System, NullLogger.Instance)!;
        (_watch, _writing) = (new(TimeProvider.System, 0, 2, null), new(TimeProvider.System, 0, 2, new(_file, 0, 2, _file.Began)));
        _pieces = (int)(_subject.ParameterCount / PieceLength) + 1;
        Array.ForEach([_watch, _writing], w => w.Plan([new GradientBucket(0, (int)_subject.ParameterCount, [0])], overlaps: true));
        var group = ProcessGroup.CreateInProcess(2)[0];
        _group = new(_watch, group);
        _watch.Watch(group);
        _call = new(0, CollectiveKind.AllReduce, ElementType.Float32, 100, ReduceOperation.Sum, -1) { InBackground = true, Tensor = "gradients 0" };
    }

    /// <summary>Ends.</summary>
    [GlobalCleanup]
    public void CleanUp()
    {
        _file?.Dispose();
        File.Delete(_path);
        _listener?.Dispose();
        _subject?.Dispose();
    }

    /// <summary>The step.</summary>
    [Benchmark(Baseline = true)]
    public void Step() => _subject!.Step();

    /// <summary>What is watched in a step of replicas in one process.</summary>
    [Benchmark]
    public void WatchSharedGradients() => Shared(_watch!);

    /// <summary>The same with a timeline.</summary>
    [Benchmark]
    public void WriteSharedGradients() => Shared(_writing!);

    /// <summary>What is watched in a step of a group of processes, with four calls.</summary>
    [Benchmark]
    public void WatchGroup()
    {
        Begin(_watch!);
        _watch!.Enter(StepPhase.Gradients);
        for (var call = 0; call < 4; call++)
        {
            _group!.Begun(_call, 400);
            _group.Met(_call, 1);
            _group.Ended(_call, null);
        }

        _watch.Enter(StepPhase.Optimizer);
        _watch.EndStep(StepSubject.BatchRows);
    }

    private static void Begin(StepWatch watch)
    {
        watch.BeginStep(1);
        watch.Enter(StepPhase.Load);
        watch.Enter(StepPhase.Forward);
        watch.Enter(StepPhase.Backward);
    }

    private void Shared(StepWatch watch)
    {
        Begin(watch);
        watch.Ready(0);
        watch.Enter(StepPhase.Gradients);
        for (var piece = 1; piece <= _pieces; piece++)
        {
            watch.SumBegun(0);
            watch.SumEnded(0, isWhole: piece == _pieces);
        }

        watch.Finished(1);
        watch.Enter(StepPhase.Optimizer);
        watch.EndStep(StepSubject.BatchRows);
    }
}

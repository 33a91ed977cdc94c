using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.DataParallel;

namespace Mlp.Training.Distributed.Diagnostics;

/// <summary>
/// Measures what the steps of one replica are made of: what it computes, what it waits for, and for whom. Time that its thread spends waiting for others or moving values is exposed; what goes on beside its computing is not. For
/// the replica's thread; calls of groups may end on the groups' own threads.
/// </summary>
internal sealed class StepWatch : IGradientObserver, IDisposable
{
    // A shorter wait is the scheduler's, nobody is slow by it.
    private static readonly TimeSpan LeastWait = TimeSpan.FromMicroseconds(50);

    private readonly TimeProvider _clock;
    private readonly int _rank;
    private readonly double _secondsPerTick;
    private readonly TimelineTrack? _track;
    private readonly List<GroupWatch> _groups = [];
    private readonly TrainingMetrics _metrics;
    private long _stepBegan;
    private long _phaseBegan;
    private StepPhase _phase;
    private long _waitsSince;
    private long _exposed;
    private long _sums;
    private long _sumsAtWait;
    private long _sumBegan;
    private (long Ticks, int Rank) _longest = (0, -1);

    /// <summary>Begins.</summary>
    /// <param name="clock">Measures.</param>
    /// <param name="rank">The replica.</param>
    /// <param name="worldSize">Replicas.</param>
    /// <param name="track">Where events go; null for nowhere.</param>
    public StepWatch(TimeProvider clock, int rank, int worldSize, TimelineTrack? track)
    {
        (_clock, _rank, _track) = (clock, rank, track);
        _secondsPerTick = 1.0 / clock.TimestampFrequency;
        Figures = new(worldSize);
        _metrics = new(rank, worldSize);
    }

    /// <summary>What the steps since it was last cleared have come to.</summary>
    public StepFigures Figures { get; }

    /// <summary>How gradients are cut; null before it is known.</summary>
    public IReadOnlyList<GradientBucket>? Buckets { get; private set; }

    /// <summary>Whether buckets set out during the backward pass.</summary>
    public bool Overlaps { get; private set; }

    /// <summary>Whether a step is under way.</summary>
    public bool IsInStep => Volatile.Read(ref _stepBegan) != 0;

    /// <summary>Since when the replica's thread waits for gradients; 0 while it does not.</summary>
    public long WaitsSince => Volatile.Read(ref _waitsSince);

    /// <summary>The clock's time.</summary>
    public long Now() => _clock.GetTimestamp();

    /// <summary>Watches the calls of a group.</summary>
    public void Watch(ProcessGroup group) => _groups.Add(new GroupWatch(this, group).Attach());

    /// <summary>Says how gradients travel.</summary>
    /// <param name="buckets">How they are cut.</param>
    /// <param name="overlaps">Whether buckets set out during the backward pass.</param>
    public void Plan(IReadOnlyList<GradientBucket> buckets, bool overlaps) => (Buckets, Overlaps) = (buckets, overlaps);

    /// <summary>Says that gradients are cut in another way from the next step on.</summary>
    /// <param name="buckets">How they are cut.</param>
    public void Plan(IReadOnlyList<GradientBucket> buckets) => Buckets = buckets;

    /// <summary>Begins a step, unless it began where the one before ended.</summary>
    /// <param name="step">Its number.</param>
    public void BeginStep(long step)
    {
        _track?.BeginStep(step);
        if (_stepBegan == 0)
        {
            _phaseBegan = Now();
            Volatile.Write(ref _stepBegan, _phaseBegan);
        }
    }

    /// <summary>Ends what the replica does in a step and begins something else.</summary>
    public void Enter(StepPhase phase)
    {
        var now = Now();
        _track?.Add(_phase, _phaseBegan, now);
        if (_phase == StepPhase.Gradients)
        {
            // What it added up itself meanwhile it did not wait for.
            _exposed += now - _phaseBegan - (_sums - _sumsAtWait);
            Volatile.Write(ref _waitsSince, 0);
        }
        else if (phase == StepPhase.Gradients)
        {
            _sumsAtWait = _sums;
            Volatile.Write(ref _waitsSince, now);
        }

        (_phase, _phaseBegan) = (phase, now);
    }

    /// <summary>Ends a step; the next begins.</summary>
    /// <param name="rows">Rows of this replica.</param>
    public void EndStep(int rows)
    {
        Enter(StepPhase.Other);
        var exposed = _exposed + _sums;
        foreach (var group in _groups)
        {
            exposed += group.Take(Figures, _secondsPerTick, ref _longest);
        }

        Figures.TransferSeconds += _sums * _secondsPerTick;
        var (step, exposedSeconds) = ((_phaseBegan - _stepBegan) * _secondsPerTick, exposed * _secondsPerTick);
        Figures.Steps++;
        Figures.Rows += rows;
        Figures.StepSeconds += step;
        Figures.ExposedSeconds += exposedSeconds;
        if (_longest.Rank >= 0 && _longest.Ticks * _secondsPerTick >= LeastWait.TotalSeconds)
        {
            Figures.ByLastRank[(Figures.ByLastRank.Length / 2) + _longest.Rank]++;
            _metrics.Waited(_longest.Rank, _longest.Ticks * _secondsPerTick);
        }

        _metrics.StepEnded(step, exposedSeconds, rows);
        _track?.EndStep(_stepBegan, _phaseBegan);
        (_exposed, _sums, _sumsAtWait, _longest) = (0, 0, 0, (0, -1));
        Volatile.Write(ref _stepBegan, _phaseBegan);
    }

    /// <summary>What follows belongs to no step.</summary>
    public void Rest()
    {
        foreach (var group in _groups)
        {
            group.Take(new(Figures.ByLastRank.Length / 2), 0, ref _longest);
        }

        (_exposed, _sums, _sumsAtWait, _longest, _phase) = (0, 0, 0, (0, -1), StepPhase.Other);
        Volatile.Write(ref _stepBegan, 0);
    }

    /// <summary>Does something that belongs to no step.</summary>
    /// <param name="name">What timelines call it.</param>
    /// <param name="work">What to do.</param>
    public void Outside(string name, Action work)
    {
        var wasInStep = IsInStep;
        Rest();
        var began = Now();
        work();
        var now = Now();
        _track?.AddOutside(name, began, now);
        _phaseBegan = now;
        Volatile.Write(ref _stepBegan, wasInStep ? now : 0);
    }

    /// <summary>Notes a call that is over.</summary>
    public void Tell(in CollectiveCall call, long began, long met, long ended, int lastRank, long byteCount)
        => _track?.AddCall(call, began, met, ended, lastRank, byteCount);

    /// <inheritdoc/>
    public void Ready(int bucket) => _track?.AddBucket("ready", bucket, Now(), Buckets![bucket].Length);

    /// <inheritdoc/>
    public void Opened(int bucket) => _track?.AddBucket("last to come", bucket, Now(), Buckets![bucket].Length);

    /// <inheritdoc/>
    public void SumBegun(int bucket) => _sumBegan = Now();

    /// <inheritdoc/>
    public void SumEnded(int bucket, bool isWhole)
    {
        var now = Now();
        _sums += now - _sumBegan;
        _track?.AddSum(bucket, _sumBegan, now);
        if (isWhole)
        {
            _track?.AddBucket("summed", bucket, now, Buckets![bucket].Length);
        }
    }

    /// <inheritdoc/>
    public void Finished(int lastRank)
    {
        var waited = Now() - _phaseBegan - (_sums - _sumsAtWait);
        if (lastRank == _rank || waited <= 0)
        {
            return;
        }

        Figures.WaitSeconds += waited * _secondsPerTick;
        Figures.ByLastRank[lastRank] += waited * _secondsPerTick;
        if (waited > _longest.Ticks)
        {
            _longest = (waited, lastRank);
        }

        _track?.AddWait(lastRank, _phaseBegan, Now());
    }

    /// <summary>Watches no more calls.</summary>
    public void Dispose() => _groups.ForEach(g => g.Dispose());
}

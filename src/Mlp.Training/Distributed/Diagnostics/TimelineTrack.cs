using System.Globalization;
using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Distributed.Diagnostics;

/// <summary>The events of one rank in a timeline. Nothing is allocated per event. Its steps are told on the rank's thread, calls on any.</summary>
/// <param name="file">Where events go.</param>
/// <param name="rank">The rank.</param>
/// <param name="worldSize">Ranks.</param>
/// <param name="zero">When the timeline of rank 0 began, on this rank's clock and in its ticks.</param>
internal sealed class TimelineTrack(TimelineFile file, int rank, int worldSize, long zero)
{
    // Nanoseconds between pieces that look like one.
    private const double LongestGap = 20_000;

    private static readonly string[] Phases = [.. Enum.GetNames<StepPhase>().Select(n => n.ToLowerInvariant())];
    private static readonly string[] Calls = [.. Enumerable.Range(0, 1 + (int)CollectiveKind.Split).Select(k => ((CollectiveKind)k).ToString())];

    private readonly string[] _waits = [.. Enumerable.Range(0, worldSize).Select(r => string.Create(CultureInfo.InvariantCulture, $"wait for rank {r}"))];
    private readonly double _nanosecondsPerTick = 1e9 / file.Clock.TimestampFrequency;
    private long _seen;
    private long _step;
    private bool _isOpen = file.Options.FirstStep == 1;
    private (int Bucket, long Begin, long End) _sum = (-1, 0, 0);

    /// <summary>Says who this is.</summary>
    /// <param name="name">What timelines call the rank.</param>
    /// <param name="clockError">How far its times may be from those of rank 0, in nanoseconds.</param>
    public void Introduce(string name, long clockError) => file.Note(text =>
    {
        text.Name(rank, name);
        text.ClockError(rank, clockError);
    });

    /// <summary>A step begins.</summary>
    /// <param name="step">Its number in the training.</param>
    public void BeginStep(long step)
    {
        _step = step;
        _seen++;
        Volatile.Write(ref _isOpen, _seen >= file.Options.FirstStep && _seen - file.Options.FirstStep < file.Options.Steps);
    }

    /// <summary>A step has ended.</summary>
    public void EndStep(long began, long ended)
    {
        if (Volatile.Read(ref _isOpen))
        {
            EndSum();
            file.Add(Of("step", began, ended));
            file.FlushAt(ended);
        }
    }

    /// <summary>A part of a step is over.</summary>
    public void Add(StepPhase phase, long began, long ended)
    {
        if (Volatile.Read(ref _isOpen) && phase != StepPhase.Other)
        {
            EndSum();
            file.Add(Of(Phases[(int)phase], began, ended));
        }
    }

    /// <summary>Something between steps is over.</summary>
    public void AddOutside(string name, long began, long ended)
    {
        if (Volatile.Read(ref _isOpen))
        {
            file.Add(Of(name, began, ended) with { Step = 0 });
        }
    }

    /// <summary>A call is over.</summary>
    public void AddCall(in CollectiveCall call, long began, long met, long ended, int lastRank, long byteCount)
    {
        if (!Volatile.Read(ref _isOpen))
        {
            return;
        }

        file.Add(Of(Calls[(int)call.Kind], began, ended) with { Subject = call.Tensor, ByteCount = byteCount, LastRank = lastRank, IsCommunication = call.InBackground });
        if (met > began && lastRank >= 0 && lastRank != rank)
        {
            file.Add(Of(_waits[lastRank], began, met) with { IsCommunication = call.InBackground });
        }
    }

    /// <summary>The rank's thread has waited for gradients.</summary>
    public void AddWait(int lastRank, long began, long ended)
    {
        if (Volatile.Read(ref _isOpen))
        {
            EndSum();
            file.Add(Of(_waits[lastRank], began, ended));
        }
    }

    /// <summary>Something has happened to a bucket.</summary>
    public void AddBucket(string what, int bucket, long at, int length)
    {
        if (Volatile.Read(ref _isOpen))
        {
            file.Add(Of("bucket", at, at) with { Subject = what, Bucket = bucket, ByteCount = (long)length * sizeof(float) });
        }
    }

    /// <summary>The rank's thread has added up a piece of a bucket; pieces one after the other are one event.</summary>
    public void AddSum(int bucket, long began, long ended)
    {
        if (Volatile.Read(ref _isOpen))
        {
            if (_sum.Bucket != bucket || (began - _sum.End) * _nanosecondsPerTick > LongestGap)
            {
                EndSum();
                _sum = (bucket, began, ended);
            }

            _sum.End = ended;
        }
    }

    private void EndSum()
    {
        if (_sum.Bucket >= 0)
        {
            file.Add(Of("sum", _sum.Begin, _sum.End) with { Bucket = _sum.Bucket });
            _sum.Bucket = -1;
        }
    }

    private TimelineEvent Of(string name, long began, long ended) => new(name, rank, false, Nanoseconds(began), Nanoseconds(ended)) { Step = _step };

    private long Nanoseconds(long stamp) => (long)((stamp - zero) * _nanosecondsPerTick);
}

namespace Quickstart.Data;

/// <summary>The trips cut by time: the first part trains, the next decides at the gate, the last is replayed.</summary>
internal sealed class TripPartition
{
    public TripPartition(TripSource source, double gateStart, double replayStart)
    {
        Source = source;
        GateIndex = (int)(source.Trips.Count * gateStart);
        ReplayIndex = (int)(source.Trips.Count * replayStart);
    }

    public TripSource Source { get; }

    /// <summary>Index of the first trip for the gate.</summary>
    public int GateIndex { get; }

    /// <summary>Index of the first replayed trip.</summary>
    public int ReplayIndex { get; }

    /// <summary>All trips before the replay: for training and for the gate.</summary>
    public IReadOnlyList<Trip> History => [.. Source.Trips.Take(ReplayIndex)];

    public IReadOnlyList<Trip> Replay => [.. Source.Trips.Skip(ReplayIndex)];

    /// <summary>Where the gate's rows begin.</summary>
    public DateTimeOffset GateTime => Source.Trips[GateIndex].Start;

    /// <summary>Where the replay begins: what became known later is not known yet.</summary>
    public DateTimeOffset ReplayTime => Source.Trips[ReplayIndex].Start;
}

namespace Quickstart.Data;

/// <summary>The trips cut by time: the first part trains, the next decides at the gate, the last is replayed.</summary>
internal sealed class TripPartition
{
    /// <param name="source">The trips.</param>
    /// <param name="gateStart">Share of the trips before the gate's rows, 0 to 1.</param>
    /// <param name="replayStart">Share of the trips before the replay, 0 to 1.</param>
    public TripPartition(TripSource source, double gateStart, double replayStart)
    {
        Source = source;
        Labels = [.. source.Trips.Select(t => t.IsBigTip)];
        GateIndex = (int)(source.Trips.Count * gateStart);
        ReplayIndex = (int)(source.Trips.Count * replayStart);
    }

    public TripSource Source { get; }

    /// <summary>One label per trip.</summary>
    public IReadOnlyList<bool> Labels { get; }

    /// <summary>Index of the first trip for the gate.</summary>
    public int GateIndex { get; }

    /// <summary>Index of the first replayed trip.</summary>
    public int ReplayIndex { get; }

    /// <summary>All trips before the replay: for training and for the gate.</summary>
    public IReadOnlyList<Trip> History => [.. Source.Trips.Take(ReplayIndex)];

    public IReadOnlyList<bool> HistoryLabels => [.. Labels.Take(ReplayIndex)];

    public IReadOnlyList<Trip> Replay => [.. Source.Trips.Skip(ReplayIndex)];

    public IReadOnlyList<bool> ReplayLabels => [.. Labels.Skip(ReplayIndex)];

    /// <summary>Where the gate's rows begin.</summary>
    public DateTimeOffset GateTime => Source.Trips[GateIndex].Start;

    /// <summary>Where the replay begins: what became known later is not known yet.</summary>
    public DateTimeOffset ReplayTime => Source.Trips[ReplayIndex].Start;
}

namespace Quickstart.Data;

/// <summary>
/// The trips cut by time: the first part only fills the feature views, the next trains, the next decides at the gate, the last is replayed.
/// Without the first part the model would learn from views that have hardly seen a trip, which later ones never look like.
/// </summary>
internal sealed class TripPartition
{
    /// <summary>Trips needed for a training set, a gate and a replay that say anything.</summary>
    public const int SmallestCount = 500;

    private const double LongestWarmUpShare = 0.1;

    /// <param name="source">The trips.</param>
    /// <param name="warmUp">How long the views fill before the first trip is trained on; never longer than a tenth of the trips.</param>
    /// <param name="gateStart">Share of the trips before the gate's rows, 0 to 1.</param>
    /// <param name="replayStart">Share of the trips before the replay, 0 to 1.</param>
    /// <exception cref="InvalidDataException">There are fewer than <see cref="SmallestCount"/> trips.</exception>
    public TripPartition(TripSource source, TimeSpan warmUp, double gateStart, double replayStart)
    {
        if (source.Trips.Count < SmallestCount)
        {
            throw new InvalidDataException($"Expected at least {SmallestCount} trips to train on and to replay, but found {source.Trips.Count} in '{source.Name}'.");
        }

        Source = source;
        Labels = [.. source.Trips.Select(t => t.IsBigTip)];
        var warm = source.Trips[0].Start + warmUp;
        TrainingIndex = Math.Min((int)(source.Trips.Count * LongestWarmUpShare), source.Trips.TakeWhile(t => t.Start < warm).Count());
        GateIndex = (int)(source.Trips.Count * gateStart);
        ReplayIndex = (int)(source.Trips.Count * replayStart);
    }

    public TripSource Source { get; }

    /// <summary>One label per trip.</summary>
    public IReadOnlyList<bool> Labels { get; }

    /// <summary>Index of the first trip that is trained on.</summary>
    public int TrainingIndex { get; }

    /// <summary>Index of the first trip for the gate.</summary>
    public int GateIndex { get; }

    /// <summary>Index of the first replayed trip.</summary>
    public int ReplayIndex { get; }

    /// <summary>The trips before the replay that are asked about: for training and for the gate.</summary>
    public IReadOnlyList<Trip> History => [.. Source.Trips.Take(ReplayIndex).Skip(TrainingIndex)];

    public IReadOnlyList<bool> HistoryLabels => [.. Labels.Take(ReplayIndex).Skip(TrainingIndex)];

    public IReadOnlyList<Trip> Replay => [.. Source.Trips.Skip(ReplayIndex)];

    public IReadOnlyList<bool> ReplayLabels => [.. Labels.Skip(ReplayIndex)];

    /// <summary>Where the gate's rows begin.</summary>
    public DateTimeOffset GateTime => Source.Trips[GateIndex].Start;

    /// <summary>Where the replay begins: what became known later is not known yet.</summary>
    public DateTimeOffset ReplayTime => Source.Trips[ReplayIndex].Start;
}

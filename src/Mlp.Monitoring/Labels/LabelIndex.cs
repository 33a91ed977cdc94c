using Apache.Arrow;
using Apache.Arrow.Arrays;
using Mlp.Monitoring.Segments;
using Mlp.Runtime.Predictions;

namespace Mlp.Monitoring.Labels;

/// <summary>The label that counts of each prediction, in memory, brought up to date from the files. Not thread-safe.</summary>
/// <param name="store">The labels.</param>
/// <param name="maximumCount">Predictions whose label is remembered; beyond, those labelled first are forgotten.</param>
internal sealed class LabelIndex(LabelStore store, int maximumCount)
{
    private readonly SegmentFollower<LabelSegmentHeader> _follower = store.Follow();
    private readonly Dictionary<PredictionId, Entry> _entries = [];
    private readonly Queue<PredictionId> _order = new();

    /// <summary>Predictions with a label.</summary>
    public int Count => _entries.Count;

    /// <summary>Reads the labels that were recorded since the last call, by any process.</summary>
    public void Refresh(CancellationToken cancellationToken) => _follower.ReadNew((path, _, batch) => Add(path, batch), cancellationToken);

    /// <summary>The label of a prediction.</summary>
    public bool TryGet(PredictionId id, out double label)
    {
        var isKnown = _entries.TryGetValue(id, out var entry);
        label = entry.Label;
        return isKnown;
    }

    private void Add(string path, RecordBatch batch)
    {
        var ids = (FixedSizeBinaryArray)batch.Column(LabelColumns.PredictionId);
        var labels = ((DoubleArray)batch.Column(LabelColumns.Label)).Values;
        var observed = ((TimestampArray)batch.Column(LabelColumns.ObservedTime)).Values;
        var recorded = ((TimestampArray)batch.Column(LabelColumns.RecordedTime)).Values;
        for (var i = 0; i < batch.Length; i++)
        {
            Add(PredictionId.Read(ids.GetBytes(i)), new Entry(labels[i], observed[i], recorded[i], path));
        }
    }

    private void Add(PredictionId id, Entry entry)
    {
        if (_entries.TryGetValue(id, out var known))
        {
            if (entry.IsLaterThan(known))
            {
                _entries[id] = entry;
            }

            return;
        }

        if (_entries.Count == maximumCount)
        {
            _entries.Remove(_order.Dequeue());
        }

        _entries.Add(id, entry);
        _order.Enqueue(id);
    }

    private readonly record struct Entry(double Label, long Observed, long Recorded, string Path)
    {
        /// <summary>Observed later, then recorded later, then in the segment of the greater name; within a segment, which is read in order, the later row.</summary>
        public bool IsLaterThan(in Entry other)
        {
            if (Observed != other.Observed)
            {
                return Observed > other.Observed;
            }

            return Recorded != other.Recorded ? Recorded > other.Recorded : string.CompareOrdinal(Path, other.Path) >= 0;
        }
    }
}

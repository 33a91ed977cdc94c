using Apache.Arrow;
using Apache.Arrow.Arrays;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Segments;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;

namespace Mlp.Monitoring.Performance;

/// <summary>The scores of one model's logged predictions, in memory, brought up to date from the files. Not thread-safe.</summary>
/// <param name="directory">Folder of the model's log.</param>
/// <param name="maximumCount">Predictions that are remembered; beyond, those read first are forgotten.</param>
internal sealed class ScoreIndex(string directory, int maximumCount)
{
    private readonly SegmentFollower<SegmentHeader> _follower = new(directory, SegmentHeader.Read);
    private readonly Dictionary<int, ModelOutput> _outputs = [];
    private Entry[] _entries = new Entry[Math.Min(maximumCount, 1024)];
    private int _first;

    /// <summary>Predictions remembered.</summary>
    public int Count { get; private set; }

    /// <summary>The versions that were seen, ascending, with what their outputs mean.</summary>
    public IEnumerable<KeyValuePair<int, ModelOutput>> Versions => _outputs.OrderBy(v => v.Key);

    /// <summary>Reads the predictions that were written since the last call.</summary>
    public void Refresh(CancellationToken cancellationToken) => _follower.ReadNew((_, header, batch) => Add(header, batch), cancellationToken);

    /// <summary>A remembered prediction.</summary>
    /// <param name="i">From 0 to <see cref="Count"/> - 1, in the order of reading.</param>
    public ref readonly Entry this[int i] => ref _entries[(_first + i) % _entries.Length];

    private void Add(SegmentHeader header, RecordBatch batch)
    {
        _outputs[header.Version] = header.Output;
        var ids = (FixedSizeBinaryArray)batch.Column(PredictionColumns.PredictionId);
        var times = ((TimestampArray)batch.Column(PredictionColumns.LoggedTime)).Values;
        var outcomes = ((UInt8Array)batch.Column(PredictionColumns.Outcome)).Values;
        var scores = (DoubleArray)batch.Column(PredictionColumns.Score);
        var shadowOf = ShadowColumn.Find(batch);
        for (var i = 0; i < batch.Length; i++)
        {
            var isScored = outcomes[i] == (byte)PredictionOutcome.Ok && scores.IsValid(i);

            // Labels are recorded for what was served.
            var labelled = shadowOf is not null && shadowOf.IsValid(i) ? shadowOf : ids;
            Add(new Entry(PredictionId.Read(labelled.GetBytes(i)), times[i], header.Version, scores.Values[i], isScored));
        }
    }

    private void Add(in Entry entry)
    {
        if (Count == _entries.Length && Count < maximumCount)
        {
            // Nothing was forgotten yet, so the first one lies at 0.
            System.Array.Resize(ref _entries, (int)Math.Min(2L * Count, maximumCount));
        }

        if (Count == maximumCount)
        {
            _entries[_first] = entry;
            _first = (_first + 1) % _entries.Length;
        }
        else
        {
            _entries[Count++] = entry;
        }
    }

    /// <summary>A logged prediction.</summary>
    /// <param name="Id">The prediction that labels name: itself, or the one that it is a shadow of.</param>
    /// <param name="LoggedTime">Microseconds.</param>
    /// <param name="Version">Model version.</param>
    /// <param name="Score">The score, if there is one.</param>
    /// <param name="IsScored">Whether there is one.</param>
    internal readonly record struct Entry(PredictionId Id, long LoggedTime, int Version, double Score, bool IsScored);
}

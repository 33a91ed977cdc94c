using System.IO.Hashing;
using Apache.Arrow;
using Apache.Arrow.Arrays;
using Mlp.Monitoring.Compaction;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Segments;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;

namespace Mlp.Monitoring.Performance;

/// <summary>The scores of one model's logged predictions, in memory, brought up to date from the files. Not thread-safe.</summary>
/// <param name="model">Name of the model.</param>
/// <param name="directory">Folder of the model's log.</param>
/// <param name="settings">How DuckDB is limited where it reads what was compacted.</param>
/// <param name="maximumCount">Predictions that are remembered; beyond, those read first are forgotten.</param>
internal sealed class ScoreIndex(string model, string directory, DuckDbSettings settings, int maximumCount)
{
    private readonly SegmentFollower<SegmentHeader> _follower = new(directory, SegmentHeader.Read, (path, firstRow) => CompactedSegment.Follow(path, settings, firstRow));
    private readonly Dictionary<int, ModelOutput> _outputs = [];
    private readonly XxHash128 _hash = new();
    private Entry[] _entries = new Entry[Math.Min(maximumCount, 1024)];
    private int _first;

    /// <summary>Predictions remembered.</summary>
    public int Count { get; private set; }

    /// <summary>Whether predictions were forgotten, because there were more than are remembered.</summary>
    public bool HasForgotten { get; private set; }

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
        var ids = batch.Find<FixedSizeBinaryArray>(PredictionColumns.RequestId) ?? batch.Find<FixedSizeBinaryArray>(PredictionColumns.PredictionId);
        var keys = batch.Find<BinaryArray>(PredictionColumns.EntityKey);
        var eventTimes = batch.Find<TimestampArray>(PredictionColumns.EventTime);
        var times = batch.Find<TimestampArray>(PredictionColumns.RequestTime);
        var outcomes = batch.Find<UInt8Array>(PredictionColumns.Outcome);
        var weights = batch.Find<DoubleArray>(PredictionColumns.SamplingWeight);
        var scores = batch.Find<DoubleArray>(PredictionColumns.Score);
        for (var i = 0; i < batch.Length; i++)
        {
            Add(new Entry(
                ids is null ? default : PredictionId.Read(ids.GetBytes(i)),
                keys?.IsValid(i) == true && eventTimes?.GetValue(i) is { } eventTime ? LabelTarget.OfEntity(_hash, model, keys.GetBytes(i, out _), eventTime) : default,
                times?.GetValue(i) ?? Entry.UnknownTime,
                header.Version,
                scores?.GetValue(i) ?? 0,
                outcomes?.GetValue(i) == (byte)PredictionOutcome.Ok && scores?.IsValid(i) == true,
                weights?.GetValue(i) ?? 1));
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
            HasForgotten = true;
            _entries[_first] = entry;
            _first = (_first + 1) % _entries.Length;
        }
        else
        {
            _entries[Count++] = entry;
        }
    }

    /// <summary>A logged prediction.</summary>
    /// <param name="RequestId">The answer that was served for its request, by which labels are recorded; default when it is not known.</param>
    /// <param name="Entity">The entity and time that it was about (<see cref="LabelTarget"/>), by which labels are recorded too; default without an entity key.</param>
    /// <param name="RequestTime">When the call came in, microseconds, or <see cref="UnknownTime"/>.</param>
    /// <param name="Version">Model version.</param>
    /// <param name="Score">The score, if there is one.</param>
    /// <param name="IsScored">Whether there is one.</param>
    /// <param name="Weight">How many predictions it stands for.</param>
    internal readonly record struct Entry(PredictionId RequestId, PredictionId Entity, long RequestTime, int Version, double Score, bool IsScored, double Weight)
    {
        /// <summary>Stands for a time that is not known, which lies in no range but that of all times.</summary>
        public const long UnknownTime = long.MinValue;

        /// <summary>Whether the call came in within a range of times.</summary>
        /// <param name="from">Microseconds, inclusive; the least number for the beginning.</param>
        /// <param name="to">Microseconds, exclusive; the greatest number for the end.</param>
        public bool IsWithin(long from, long to)
            => RequestTime == UnknownTime ? from == long.MinValue && to == long.MaxValue : RequestTime >= from && RequestTime < to;
    }
}

using System.IO.Hashing;
using Apache.Arrow;
using Apache.Arrow.Arrays;
using Mlp.Monitoring.Segments;
using Mlp.Runtime.Predictions;

namespace Mlp.Monitoring.Labels;

/// <summary>The label that counts of each answer and entity by name, in memory, brought up to date from the files. Not thread-safe.</summary>
/// <param name="store">The labels.</param>
/// <param name="maximumCount">Labels that are remembered, of different answers, entities or names; beyond, those recorded first are forgotten.</param>
internal sealed class LabelIndex(LabelStore store, int maximumCount)
{
    private readonly SegmentFollower<LabelSegmentHeader> _follower = store.Follow(passesDamage: true);
    private readonly Dictionary<(PredictionId Target, int Name), Entry> _entries = [];
    private readonly Queue<(PredictionId Target, int Name)> _order = new();
    private readonly Dictionary<string, int> _names = new(StringComparer.Ordinal);
    private readonly XxHash128 _hash = new();
    private string? _problem;

    /// <summary>Labels remembered, retracted ones included.</summary>
    public int Count => _entries.Count;

    /// <summary>Whether labels were forgotten, because there were more than are remembered.</summary>
    public bool HasForgotten { get; private set; }

    /// <summary>Which labels could not be read, in a sentence; null where all could. May be asked by any thread.</summary>
    public string? Problem => Volatile.Read(ref _problem);

    /// <summary>Reads the labels that were recorded since the last call, by any process. Those behind the damage of a segment are left out (<see cref="Problem"/>).</summary>
    public void Refresh(CancellationToken cancellationToken)
    {
        _follower.ReadNew((_, _, batch) => Add(batch), cancellationToken);
        Volatile.Write(
            ref _problem,
            _follower.Damages.Count == 0 ? null : $"Labels of a damaged file are left out: restore it, or move it out of the folder and record its labels again. {string.Join(" ", _follower.Damages)}");
    }

    /// <summary>The label of an answer.</summary>
    /// <param name="requestId">The answer that was served.</param>
    /// <param name="entity">The entity and time that it was about (<see cref="LabelTarget"/>); default when there was none.</param>
    /// <param name="name">Which truth.</param>
    /// <param name="label">The one that counts, of those of the answer and those of the entity.</param>
    /// <returns>False when there is none, or it was retracted.</returns>
    public bool TryGet(PredictionId requestId, PredictionId entity, string name, out double label)
    {
        label = 0;
        if (!_names.TryGetValue(name, out var index))
        {
            return false;
        }

        var isKnown = _entries.TryGetValue((requestId, index), out var entry);
        if (entity != default && _entries.TryGetValue((entity, index), out var ofEntity) && (!isKnown || ofEntity.IsLaterThan(entry)))
        {
            (isKnown, entry) = (true, ofEntity);
        }

        label = entry.Label.GetValueOrDefault();
        return isKnown && entry.Label is not null;
    }

    private void Add(RecordBatch batch)
    {
        var labelIds = batch.Find<FixedSizeBinaryArray>(LabelColumns.LabelId);
        var names = batch.Find<StringArray>(LabelColumns.Name);
        var predictions = batch.Find<FixedSizeBinaryArray>(LabelColumns.PredictionId);
        var models = batch.Find<StringArray>(LabelColumns.Model);
        var keys = batch.Find<BinaryArray>(LabelColumns.EntityKey);
        var eventTimes = batch.Find<TimestampArray>(LabelColumns.EventTime);
        var labels = batch.Find<DoubleArray>(LabelColumns.Value);
        var observed = batch.Find<TimestampArray>(LabelColumns.ObservedTime);
        var recorded = batch.Find<TimestampArray>(LabelColumns.RecordedTime);
        for (var i = 0; i < batch.Length; i++)
        {
            PredictionId target;
            if (predictions?.IsValid(i) == true)
            {
                target = PredictionId.Read(predictions.GetBytes(i));
            }
            else if (models?.IsValid(i) == true && keys?.IsValid(i) == true && eventTimes?.IsValid(i) == true)
            {
                target = LabelTarget.OfEntity(_hash, models.GetString(i), keys.GetBytes(i, out _), eventTimes.GetValue(i)!.Value);
            }
            else
            {
                // About nothing that this version knows.
                continue;
            }

            var id = labelIds?.IsValid(i) == true ? PredictionId.Read(labelIds.GetBytes(i)) : default;
            var name = names?.IsValid(i) == true ? names.GetString(i) : Label.DefaultName;
            Add((target, IndexOf(name)), new Entry(labels?.GetValue(i), observed?.GetValue(i) ?? long.MinValue, recorded?.GetValue(i) ?? long.MinValue, id));
        }
    }

    private int IndexOf(string name)
    {
        if (!_names.TryGetValue(name, out var index))
        {
            index = _names.Count;
            _names.Add(name, index);
        }

        return index;
    }

    private void Add((PredictionId Target, int Name) key, Entry entry)
    {
        if (_entries.TryGetValue(key, out var known))
        {
            if (entry.IsLaterThan(known))
            {
                _entries[key] = entry;
            }

            return;
        }

        if (_entries.Count == maximumCount)
        {
            _entries.Remove(_order.Dequeue());
            HasForgotten = true;
        }

        _entries.Add(key, entry);
        _order.Enqueue(key);
    }

    private readonly record struct Entry(double? Label, long Observed, long Recorded, PredictionId Id)
    {
        /// <summary>Observed later, then recorded later, then of the greater id, which a process gives in the order of recording.</summary>
        public bool IsLaterThan(in Entry other)
        {
            if (Observed != other.Observed)
            {
                return Observed > other.Observed;
            }

            return Recorded != other.Recorded ? Recorded > other.Recorded : Id >= other.Id;
        }
    }
}

using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Arrays;
using Mlp.Monitoring.Segments;
using Mlp.Runtime.Predictions;

namespace Mlp.Monitoring.Labels.Joins;

/// <summary>
/// Joins the labels to logged answers in memory that does not grow with their number: both are shared out over files by a hash of what they are about, and one pair of files is joined at a time (a Grace hash
/// join: Kitsuregawa, Tanaka, Moto-oka, "Application of Hash to Data Base Machine and Its Architecture", New Generation Computing 1, 1983). Small joins make no file. Used once; not thread-safe.
/// </summary>
internal sealed class LabelJoin : IDisposable
{
    /// <summary>Labels per pair of files that the number of files aims at: about 20 MB of memory.</summary>
    private const int LabelsPerPart = 128 * 1024;

    private readonly string _folder;
    private readonly int _partCount;
    private readonly int _valueCount;
    private readonly int _sliceCount;
    private readonly SpillSet _labels;
    private readonly SpillSet _entityLabels;
    private readonly SpillSet _probes;
    private readonly SpillSet _rows;
    private readonly List<string> _names = [];
    private readonly List<string> _models = [];
    private readonly XxHash128 _hash = new();
    private long _labelCount;
    private long _rowCount;

    /// <summary>Prepares a join.</summary>
    /// <param name="root">A folder of the join's own is made in this one, if it is needed.</param>
    /// <param name="labelNames">Labels of other names are passed over; at most 255.</param>
    /// <param name="expectedLabelCount">About how many labels there are; decides on the number of files.</param>
    /// <param name="sliceCount">Slice numbers per row.</param>
    /// <param name="valueCount">Numbers per row beside its score, for example one score per class.</param>
    public LabelJoin(string root, IReadOnlyCollection<string> labelNames, long expectedLabelCount, int sliceCount = 0, int valueCount = 0)
    {
        _folder = Path.Combine(root, $"join-{Guid.NewGuid():N}");
        _names.AddRange(labelNames);
        _sliceCount = sliceCount;
        _valueCount = valueCount;
        _partCount = (int)Math.Clamp(System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)Math.Max(1, expectedLabelCount / LabelsPerPart)), 8, 256);
        _labels = Create("l", Unsafe.SizeOf<JoinLabel>());
        _entityLabels = Create("e", Unsafe.SizeOf<JoinLabel>());
        _probes = Create("p", Unsafe.SizeOf<Probe>());
        _rows = Create("r", Unsafe.SizeOf<JoinedRow>() + (sizeof(int) * sliceCount) + (sizeof(double) * valueCount));
    }

    /// <summary>Hears of a row.</summary>
    /// <param name="row">The answer with its label.</param>
    /// <param name="slices">Its slice numbers, valid during the call.</param>
    /// <param name="values">Its numbers, valid during the call.</param>
    public delegate void RowReader(in JoinedRow row, ReadOnlySpan<int> slices, ReadOnlySpan<double> values);

    /// <summary>The number of a label name.</summary>
    /// <exception cref="ArgumentException">It is not one of the names that were asked for.</exception>
    public byte IndexOf(string name)
        => _names.IndexOf(name) is >= 0 and var index ? (byte)index : throw new ArgumentException($"Expected a label name of this join, but found '{name}'.", nameof(name));

    /// <summary>Adds a batch of labels. All labels come before the first row.</summary>
    public void AddLabels(RecordBatch batch)
    {
        var labelIds = batch.Find<FixedSizeBinaryArray>(LabelColumns.LabelId);
        var names = batch.Find<StringArray>(LabelColumns.Name);
        var predictions = batch.Find<FixedSizeBinaryArray>(LabelColumns.PredictionId);
        var models = batch.Find<StringArray>(LabelColumns.Model);
        var keys = batch.Find<BinaryArray>(LabelColumns.EntityKey);
        var eventTimes = batch.Find<TimestampArray>(LabelColumns.EventTime);
        var values = batch.Find<DoubleArray>(LabelColumns.Value);
        var observed = batch.Find<TimestampArray>(LabelColumns.ObservedTime);
        var recorded = batch.Find<TimestampArray>(LabelColumns.RecordedTime);
        var (lastName, lastIndex) = (default(string), -1);
        for (var i = 0; i < batch.Length; i++)
        {
            var name = names?.IsValid(i) == true ? names.GetString(i) : Label.DefaultName;
            if (name != lastName)
            {
                (lastName, lastIndex) = (name, _names.IndexOf(name));
            }

            if (lastIndex < 0)
            {
                continue;
            }

            var label = new JoinLabel
            {
                Id = labelIds?.IsValid(i) == true ? PredictionId.Read(labelIds.GetBytes(i)) : default,
                Value = values?.GetValue(i) ?? 0,
                HasValue = values?.IsValid(i) == true,
                Observed = observed?.GetValue(i) ?? long.MinValue,
                Recorded = recorded?.GetValue(i) ?? long.MinValue,
                Name = (byte)lastIndex,
            };
            if (predictions?.IsValid(i) == true)
            {
                label.Target = PredictionId.Read(predictions.GetBytes(i));
                Append(_labels, label);
            }
            else if (models?.IsValid(i) == true && keys?.IsValid(i) == true && eventTimes?.IsValid(i) == true)
            {
                var model = models.GetString(i);
                label.Target = LabelTarget.OfEntity(_hash, model, keys.GetBytes(i, out _), eventTimes.GetValue(i)!.Value);
                label.Model = NumberOfModel(model);
                Append(_entityLabels, label);
            }
            else
            {
                // About nothing that this version knows.
                continue;
            }

            _labelCount++;
        }
    }

    /// <summary>Adds an answer. Its label is filled by <see cref="Run"/>.</summary>
    /// <param name="row">The answer.</param>
    /// <param name="slices">As many slice numbers as the join was made for.</param>
    /// <param name="values">As many numbers as the join was made for.</param>
    public void AddRow(in JoinedRow row, ReadOnlySpan<int> slices = default, ReadOnlySpan<double> values = default)
    {
        var record = _rows.Append(row.RequestId);
        MemoryMarshal.Write(record, in row);
        record = record[Unsafe.SizeOf<JoinedRow>()..];
        MemoryMarshal.AsBytes(slices[.._sliceCount]).CopyTo(record);
        MemoryMarshal.AsBytes(values[.._valueCount]).CopyTo(record[(sizeof(int) * _sliceCount)..]);
        _rowCount++;
        if (row.Entity != default && _entityLabels.Count > 0)
        {
            MemoryMarshal.Write(_probes.Append(row.Entity), new Probe { Entity = row.Entity, RequestId = row.RequestId, Name = row.Name });
        }
    }

    /// <summary>Joins, and hands over every row with its label.</summary>
    /// <param name="read">Hears of each row, in no order that means anything.</param>
    /// <param name="cancellationToken">Ends the join.</param>
    /// <param name="isLeftOut">Says of an answer that was not among those read whether it may have been left out by intent; null for never.</param>
    /// <exception cref="IOException">The disk refused.</exception>
    public JoinStatistics Run(RowReader read, CancellationToken cancellationToken, Func<PredictionId, bool>? isLeftOut = null)
    {
        var (unknown, leftOut) = (0L, 0L);
        var labels = new Dictionary<LabelKey, JoinLabel>();
        var unknownEntities = new long[_models.Count];
        for (var part = 0; part < _partCount && _entityLabels.Count > 0; part++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            FindByEntity(part, labels);
            foreach (var label in labels.Values.Where(l => l.HasValue && !l.IsMatched))
            {
                unknownEntities[label.Model]++;
            }
        }

        var spilled = _labels.SpilledByteCount + _entityLabels.SpilledByteCount + _probes.SpilledByteCount + _rows.SpilledByteCount;
        for (var part = 0; part < _partCount; part++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Load(_labels, part, labels);
            _rows.Read(part, record =>
            {
                var row = MemoryMarshal.Read<JoinedRow>(record);
                row.Label = FindLabel(labels, row);
                var rest = record[Unsafe.SizeOf<JoinedRow>()..];
                read(row, MemoryMarshal.Cast<byte, int>(rest[..(sizeof(int) * _sliceCount)]), MemoryMarshal.Cast<byte, double>(rest[(sizeof(int) * _sliceCount)..]));
            });
            _rows.Free(part);
            foreach (var label in labels.Values.Where(l => l.HasValue && !l.IsMatched && l.Scope == default))
            {
                if (isLeftOut?.Invoke(label.Target) == true)
                {
                    leftOut++;
                }
                else
                {
                    unknown++;
                }
            }
        }

        return new JoinStatistics(_labelCount, _rowCount, unknown, spilled)
        {
            LeftOutCount = leftOut,
            UnknownEntityCounts = _models.Zip(unknownEntities).Where(m => m.Second > 0).ToDictionary(m => m.First, m => m.Second, StringComparer.Ordinal),
        };
    }

    public void Dispose()
    {
        _labels.Dispose();
        _entityLabels.Dispose();
        _probes.Dispose();
        _rows.Dispose();
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private static void Append(SpillSet set, in JoinLabel label) => MemoryMarshal.Write(set.Append(label.Target), in label);

    /// <summary>The labels of one file that count.</summary>
    private static void Load(SpillSet set, int part, Dictionary<LabelKey, JoinLabel> labels)
    {
        labels.Clear();
        labels.EnsureCapacity((int)Math.Min(set.CountOf(part), int.MaxValue / 2));
        set.Read(part, record =>
        {
            var label = MemoryMarshal.Read<JoinLabel>(record);
            ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(labels, new LabelKey(label.Target, label.Scope, label.Name), out var isKnown);
            if (!isKnown || label.IsLaterThan(known))
            {
                known = label;
            }
        });
        set.Free(part);
    }

    private static double FindLabel(Dictionary<LabelKey, JoinLabel> labels, in JoinedRow row)
    {
        ref var own = ref CollectionsMarshal.GetValueRefOrNullRef(labels, new LabelKey(row.RequestId, default, row.Name));
        ref var counts = ref own;
        if (!Unsafe.IsNullRef(ref own))
        {
            own.IsMatched = true;
        }

        if (row.Entity != default)
        {
            ref var ofEntity = ref CollectionsMarshal.GetValueRefOrNullRef(labels, new LabelKey(row.RequestId, row.Entity, row.Name));
            if (!Unsafe.IsNullRef(ref ofEntity) && (Unsafe.IsNullRef(ref own) || ofEntity.IsLaterThan(own)))
            {
                counts = ref ofEntity;
            }
        }

        return Unsafe.IsNullRef(ref counts) || !counts.HasValue ? double.NaN : counts.Value;
    }

    /// <summary>Turns labels of entities into labels of the answers about them.</summary>
    private void FindByEntity(int part, Dictionary<LabelKey, JoinLabel> labels)
    {
        Load(_entityLabels, part, labels);
        _probes.Read(part, record =>
        {
            var probe = MemoryMarshal.Read<Probe>(record);
            ref var label = ref CollectionsMarshal.GetValueRefOrNullRef(labels, new LabelKey(probe.Entity, default, probe.Name));
            if (!Unsafe.IsNullRef(ref label))
            {
                label.IsMatched = true;
                Append(_labels, label with { Target = probe.RequestId, Scope = probe.Entity, IsMatched = false });
            }
        });
        _probes.Free(part);
    }

    private int NumberOfModel(string model)
    {
        var number = _models.IndexOf(model);
        if (number < 0)
        {
            number = _models.Count;
            _models.Add(model);
        }

        return number;
    }

    private SpillSet Create(string kind, int recordByteCount) => new(Path.Combine(_folder, kind), _partCount, recordByteCount);

    private readonly record struct LabelKey(PredictionId Target, PredictionId Scope, byte Name);

    /// <summary>Asks for the label of an answer's entity.</summary>
    private struct Probe
    {
        public PredictionId Entity;
        public PredictionId RequestId;
        public byte Name;
    }
}

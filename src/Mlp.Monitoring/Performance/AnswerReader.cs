using System.IO.Hashing;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Arrays;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.Labels.Joins;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Segments;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;

namespace Mlp.Monitoring.Performance;

/// <summary>Reads batches of logged predictions as rows of a join. Not thread-safe.</summary>
/// <param name="model">Name of the model.</param>
/// <param name="query">What groups the answers to one query; null for the request.</param>
internal sealed class AnswerReader(string model, SliceDefinition? query = null)
{
    private readonly XxHash128 _hash = new();
    private readonly List<string> _variants = [];
    private readonly SliceColumn? _query = query is null ? null : new SliceColumn(query);

    /// <summary>Hears of a row.</summary>
    /// <param name="row">The answer, without a label and the number of its label's name.</param>
    /// <param name="index">Its place in the batch.</param>
    public delegate void RowReader(ref JoinedRow row, int index);

    /// <summary>Names of the variants, by number.</summary>
    public IReadOnlyList<string> Variants => _variants;

    /// <summary>Reads a batch.</summary>
    /// <param name="version">Version that its segment names.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="read">Hears of each row.</param>
    public void Read(int version, RecordBatch batch, RowReader read)
    {
        var ids = batch.Find<FixedSizeBinaryArray>(PredictionColumns.RequestId) ?? batch.Find<FixedSizeBinaryArray>(PredictionColumns.PredictionId);
        var keys = batch.Find<BinaryArray>(PredictionColumns.EntityKey);
        var eventTimes = batch.Find<TimestampArray>(PredictionColumns.EventTime);
        var times = batch.Find<TimestampArray>(PredictionColumns.RequestTime);
        var outcomes = batch.Find<UInt8Array>(PredictionColumns.Outcome);
        var weights = batch.Find<DoubleArray>(PredictionColumns.SamplingWeight);
        var scores = batch.Find<DoubleArray>(PredictionColumns.Score);
        var variants = batch.Find<StringArray>(PredictionColumns.Variant);
        for (var i = 0; i < batch.Length; i++)
        {
            var id = ids is null ? default : PredictionId.Read(ids.GetBytes(i));
            var row = new JoinedRow
            {
                RequestId = id,
                Entity = keys?.IsValid(i) == true && eventTimes?.GetValue(i) is { } eventTime ? LabelTarget.OfEntity(_hash, model, keys.GetBytes(i, out _), eventTime) : default,
                RequestTime = times?.GetValue(i) ?? ScoreIndex.Entry.UnknownTime,
                Score = scores?.GetValue(i) ?? 0,
                Weight = weights?.GetValue(i) ?? 1,
                Label = double.NaN,
                Query = _query is null ? HashOf(id) : XxHash64.HashToUInt64(MemoryMarshal.AsBytes(_query.Read(batch, i).AsSpan())),
                Version = version,
                Variant = (short)(variants is null ? 0 : VariantOf(variants, i)),
                IsScored = outcomes?.GetValue(i) == (byte)PredictionOutcome.Ok && scores?.IsValid(i) == true,
            };
            read(ref row, i);
        }
    }

    /// <summary>The scores of a row's classes; empty where the log has none.</summary>
    public static ReadOnlySpan<double> ScoresOf(RecordBatch batch, int row)
        => batch.Find<ListArray>(PredictionColumns.Scores) is { } lists && lists.IsValid(row)
            ? ((DoubleArray)lists.Values).Values.Slice(lists.ValueOffsets[row], lists.GetValueLength(row))
            : [];

    /// <summary>The name of the label that judges a model.</summary>
    public static string LabelNameOf(ModelOutput output) => output.LabelName ?? Label.DefaultName;

    private static ulong HashOf(in PredictionId id) => XxHash64.HashToUInt64(MemoryMarshal.AsBytes(new ReadOnlySpan<PredictionId>(in id)));

    private int VariantOf(StringArray variants, int row)
    {
        var name = variants.GetString(row) ?? string.Empty;
        var index = _variants.IndexOf(name);
        if (index < 0)
        {
            index = _variants.Count;
            _variants.Add(name);
        }

        return index;
    }
}

using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Features.Ingestion;
using Mlp.Runtime.Data;

namespace Mlp.Features.Joins;

/// <summary>One sampled row of a training set.</summary>
/// <param name="Number">Its number in the set, from 0.</param>
/// <param name="Time">Its time, microseconds.</param>
/// <param name="Keys">The service's keys in their stored form: an integer, a text (also for a GUID) or null.</param>
/// <param name="Views">What the set says, per stored view.</param>
internal sealed record LeakageRow(long Number, long Time, EntityValue[] Keys, ViewAnswer[] Views);

/// <summary>Rows of a training set, chosen by chance and read into memory.</summary>
internal sealed class LeakageSample
{
    private LeakageSample(IReadOnlyList<LeakageRow> rows) => Rows = rows;

    internal IReadOnlyList<LeakageRow> Rows { get; }

    internal static async Task<LeakageSample> TakeAsync(
        ITrainingSet set, FeatureServiceDefinition service, string timeColumn, int sampleCount, int seed, CancellationToken cancellationToken)
    {
        var chosen = Choose(set.Manifest.RowCount, sampleCount, seed);
        var rows = new List<LeakageRow>();
        long first = 0;
        var next = 0;
        await foreach (var batch in set.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            using (batch)
            {
                for (; next < chosen.Count && chosen[next] < first + batch.Length; next++)
                {
                    rows.Add(Read(batch, (int)(chosen[next] - first), chosen[next], service, timeColumn));
                }

                first += batch.Length;
            }
        }

        return new LeakageSample(rows);
    }

    /// <summary>Reads a value as its bits.</summary>
    internal static FeatureBits Bits(IArrowArray array, int row) => array switch
    {
        _ when array.IsNull(row) => FeatureBits.Null,
        FloatArray x => new FeatureBits(false, BitConverter.SingleToInt32Bits(x.GetValue(row)!.Value), null),
        DoubleArray x => new FeatureBits(false, BitConverter.DoubleToInt64Bits(x.GetValue(row)!.Value), null),
        Int64Array x => new FeatureBits(false, x.GetValue(row)!.Value, null),
        BooleanArray x => new FeatureBits(false, x.GetValue(row)!.Value ? 1 : 0, null),
        StringArray x => new FeatureBits(false, 0, x.GetString(row)),
        _ when VectorColumn.TryCreate(array) is { } x => FeatureBits.Of(x.ValuesOf(row)),
        _ => throw new ArgumentException($"Expected a feature column, but found {array.Data.DataType.Name}.", nameof(array)),
    };

    /// <summary>Reads a key part in its stored form.</summary>
    internal static EntityValue Key(IArrowArray array, int row) => array switch
    {
        Int64Array x => x.GetValue(row),
        StringArray x => x.GetString(row),
        _ => throw new ArgumentException($"Expected a key column, but found {array.Data.DataType.Name}.", nameof(array)),
    };

    /// <summary>Floyd's choice of k out of n numbers, in order.</summary>
    private static List<long> Choose(long rowCount, int sampleCount, int seed)
    {
        if (rowCount <= sampleCount)
        {
            return [.. Enumerable.Range(0, (int)rowCount).Select(i => (long)i)];
        }

        // Chance here chooses rows to look at, nothing secret.
#pragma warning disable CA5394
        var random = new Random(seed);
        var chosen = new SortedSet<long>();
        for (var i = rowCount - sampleCount; i < rowCount; i++)
        {
            if (!chosen.Add(random.NextInt64(i + 1)))
            {
                chosen.Add(i);
            }
        }
#pragma warning restore CA5394

        return [.. chosen];
    }

    private static LeakageRow Read(RecordBatch batch, int row, long number, FeatureServiceDefinition service, string timeColumn)
    {
        IArrowArray Column(string name) => batch.Schema.GetFieldIndex(name) is >= 0 and var index
            ? batch.Column(index)
            : throw new ArgumentException($"Expected a column '{name}' in the training set, but it is missing.");
        static Exception Wrong(string expected, string found, int row) => new ArgumentException($"Expected a time column of the training set to be {expected}, but found {found}.");

        var layout = service.Description.Layout;
        var views = service.Views.Where(v => v.View is not null).Select(v => new ViewAnswer(
            (FeatureStatus)((UInt8Array)Column(TrainingSetColumns.StatusOf(v.Name))).GetValue(row)!.Value,
            ((Int64Array)Column(TrainingSetColumns.EventTimeOf(v.Name))).GetValue(row),
            [.. v.Columns.Select(c => Bits(Column(layout.Columns[c.ColumnIndex].Name), row))]));
        return new LeakageRow(
            number,
            ArrowColumns.ToTime(Column(timeColumn), roundUp: false, Wrong).Values[row],
            [.. service.Description.Keys.Select(k => Key(Column(k.Name), row))],
            [.. views]);
    }
}

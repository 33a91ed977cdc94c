using Apache.Arrow;
using Apache.Arrow.Arrays;
using Apache.Arrow.Types;
using Mlp.Runtime.Predictions;

namespace Mlp.Monitoring.PredictionLog;

/// <summary>The column <see cref="PredictionColumns.ShadowOf"/>, which logs of before there were shadows do not have. Pure functions.</summary>
internal static class ShadowColumn
{
    /// <summary>The column of a batch.</summary>
    /// <param name="batch">Logged predictions.</param>
    /// <returns>The column; null where there is none, also where a feature of an old log has its name.</returns>
    public static FixedSizeBinaryArray? Find(RecordBatch batch)
        => batch.Schema.GetFieldIndex(PredictionColumns.ShadowOf) is >= 0 and var index && batch.Schema.GetFieldByIndex(index) is { HasMetadata: false }
            ? batch.Column(index) as FixedSizeBinaryArray
            : null;

    /// <summary>A batch with the column, so that those of one version have one schema whenever they were written.</summary>
    /// <param name="batch">Logged predictions.</param>
    /// <returns>The batch itself, or one of the same columns and an empty one.</returns>
    public static RecordBatch Ensure(RecordBatch batch)
    {
        if (batch.Schema.GetFieldIndex(PredictionColumns.ShadowOf) >= 0)
        {
            return batch;
        }

        var at = batch.Schema.GetFieldIndex(PredictionColumns.Tags) + 1;
        var fields = batch.Schema.FieldsList.ToList();
        var columns = batch.Arrays.ToList();
        var type = new FixedSizeBinaryType(PredictionId.ByteCount);
        fields.Insert(at, new Field(PredictionColumns.ShadowOf, type, nullable: true));
        columns.Insert(at, new FixedSizeBinaryArray(new ArrayData(
            type, batch.Length, batch.Length, 0, [new ArrowBuffer(new byte[(batch.Length + 7) / 8]), new ArrowBuffer(new byte[batch.Length * PredictionId.ByteCount])])));
        return new RecordBatch(new Schema(fields, batch.Schema.Metadata), columns, batch.Length);
    }
}

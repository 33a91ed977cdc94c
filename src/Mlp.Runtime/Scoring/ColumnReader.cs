using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Scoring;

/// <summary>One column of a record batch and the feature that it brings.</summary>
/// <param name="column">The column.</param>
internal abstract class ColumnReader(SourceColumn column)
{
    /// <summary>The column.</summary>
    protected SourceColumn Column => column;

    /// <summary>The rule of the feature.</summary>
    protected NullRule Rule => column.Rule;

    /// <summary>Whether any value may be null.</summary>
    protected virtual bool HasNulls => column.Array.NullCount != 0;

    /// <summary>Reads the statuses of some rows.</summary>
    /// <param name="first">First row of the column.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="status">Shape (rows, features).</param>
    /// <param name="width">Number of features.</param>
    public void ReadStatus(int first, int count, Span<FeatureStatus> status, int width)
    {
        var hasNulls = HasNulls;
        for (var row = 0; row < count; row++)
        {
            status[(row * width) + column.Index] = hasNulls && IsNull(first + row) ? StatusOfNull(first + row) : FeatureStatus.Present;
        }
    }

    /// <summary>Whether a value is null.</summary>
    /// <param name="row">Row of the column.</param>
    protected virtual bool IsNull(int row) => column.Array.IsNull(row);

    /// <summary>The exception for a null that the feature may not be.</summary>
    /// <param name="row">Row of the column.</param>
    protected NullFeatureException Refuse(int row) => Rule.Refuse(column.FirstRow + row, StatusOfNull(row));

    /// <summary>Why a null is there: what its feature says, else what its view says. Neither can say Present of a value that is null.</summary>
    private FeatureStatus StatusOfNull(int row)
        => Read(column.Status, row) ?? Read(column.ViewStatus, row) ?? FeatureStatus.Null;

    private static FeatureStatus? Read(UInt8Array? column, int row)
        => column is not null && !column.IsNull(row) && (FeatureStatus)column.GetValue(row)!.Value is var status and (FeatureStatus.Missing or FeatureStatus.Null or FeatureStatus.Expired)
            ? status
            : null;
}

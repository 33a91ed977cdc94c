using Apache.Arrow;
using Mlp.Runtime.Data;

namespace Mlp.Runtime.Scoring;

/// <summary>Brings one column of a record batch into feature rows.</summary>
/// <param name="array">The column.</param>
/// <param name="layout">The features.</param>
/// <param name="column">Index of the feature.</param>
/// <param name="viewStatus">What is known of the rows of the feature's view; null when the batch does not say.</param>
internal abstract class FeatureColumnReader(IArrowArray array, FeatureRowLayout layout, int column, UInt8Array? viewStatus)
{
    /// <summary>Width of the block that the feature lies in.</summary>
    protected int BlockWidth { get; } = layout.CountOf(layout.Columns[column].Type);

    /// <summary>Position of the feature in the block.</summary>
    protected int Ordinal { get; } = layout.OrdinalOf(column);

    /// <summary>Whether any value may be null.</summary>
    protected virtual bool HasNulls => array.NullCount != 0;

    /// <summary>Reads some rows of the column into the first rows of the destination, which has just been reset.</summary>
    /// <param name="first">First row of the column.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="rows">The destination.</param>
    public void Read(int first, int count, FeatureRows rows)
    {
        ReadValues(first, count, rows);
        var status = rows.Status;
        var width = layout.Columns.Count;
        if (!HasNulls)
        {
            for (var row = 0; row < count; row++)
            {
                status[(row * width) + column] = FeatureStatus.Present;
            }

            return;
        }

        for (var row = 0; row < count; row++)
        {
            var isNull = IsNull(first + row);
            status[(row * width) + column] = isNull ? StatusOfNull(first + row) : FeatureStatus.Present;
            if (isNull)
            {
                Clear(row, rows);
            }
        }
    }

    /// <summary>Whether a value is null.</summary>
    /// <param name="index">Row of the column.</param>
    protected virtual bool IsNull(int index) => array.IsNull(index);

    /// <summary>Brings the values over; those of nulls do not matter.</summary>
    /// <param name="first">First row of the column.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="rows">The destination.</param>
    protected abstract void ReadValues(int first, int count, FeatureRows rows);

    /// <summary>Sets the value that stands for none.</summary>
    /// <param name="row">Row of the destination.</param>
    /// <param name="rows">The destination.</param>
    protected abstract void Clear(int row, FeatureRows rows);

    private FeatureStatus StatusOfNull(int index)
        => viewStatus is not null && !viewStatus.IsNull(index) && (FeatureStatus)viewStatus.Values[index] is FeatureStatus.Missing or FeatureStatus.Expired
            ? (FeatureStatus)viewStatus.Values[index]
            : FeatureStatus.Null;
}

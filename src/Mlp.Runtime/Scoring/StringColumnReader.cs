using Apache.Arrow;
using Mlp.Runtime.Data;

namespace Mlp.Runtime.Scoring;

/// <summary>Reads text as UTF-8, without making strings.</summary>
/// <param name="array">The column.</param>
/// <param name="layout">The features.</param>
/// <param name="column">Index of the feature.</param>
/// <param name="viewStatus">What is known of the rows of the feature's view.</param>
/// <param name="textOf">The text of a row that is not null.</param>
/// <param name="isNull">Whether a row is null.</param>
/// <param name="isCoded">Whether the words lie in a dictionary, where they can be null too.</param>
internal sealed class StringColumnReader(
    IArrowArray array, FeatureRowLayout layout, int column, UInt8Array? viewStatus, TextAccessor textOf, Func<int, bool> isNull, bool isCoded)
    : FeatureColumnReader(array, layout, column, viewStatus)
{
    /// <inheritdoc/>
    protected override bool HasNulls => isCoded || base.HasNulls;

    /// <inheritdoc/>
    protected override bool IsNull(int index) => isNull(index);

    /// <inheritdoc/>
    protected override void ReadValues(int first, int count, FeatureRows rows)
    {
        for (var row = 0; row < count; row++)
        {
            if (!isNull(first + row))
            {
                rows.SetString(row, Ordinal, textOf(first + row));
            }
        }
    }

    /// <inheritdoc/>
    protected override void Clear(int row, FeatureRows rows)
    {
    }
}

using Apache.Arrow;
using Mlp.Runtime.Data;

namespace Mlp.Runtime.Scoring;

/// <summary>Reads truth values, which Arrow keeps as bits and a tensor as bytes.</summary>
internal sealed class BooleanColumnReader(BooleanArray array, FeatureRowLayout layout, int column, UInt8Array? viewStatus)
    : FeatureColumnReader(array, layout, column, viewStatus)
{
    /// <inheritdoc/>
    protected override void ReadValues(int first, int count, FeatureRows rows)
    {
        for (var row = 0; row < count; row++)
        {
            rows.Boolean[(row * BlockWidth) + Ordinal] = array.GetValue(first + row) ?? false;
        }
    }

    /// <inheritdoc/>
    protected override void Clear(int row, FeatureRows rows) => rows.Boolean[(row * BlockWidth) + Ordinal] = false;
}

using Apache.Arrow;
using Mlp.Runtime.Data;

namespace Mlp.Runtime.Scoring;

/// <summary>Reads a column of Arrow's null type: no value at all. The reset has set what stands for none.</summary>
internal sealed class NullColumnReader(IArrowArray array, FeatureRowLayout layout, int column, UInt8Array? viewStatus)
    : FeatureColumnReader(array, layout, column, viewStatus)
{
    /// <inheritdoc/>
    protected override bool HasNulls => true;

    /// <inheritdoc/>
    protected override bool IsNull(int index) => true;

    /// <inheritdoc/>
    protected override void ReadValues(int first, int count, FeatureRows rows)
    {
    }

    /// <inheritdoc/>
    protected override void Clear(int row, FeatureRows rows)
    {
    }
}

using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Scoring;

/// <summary>The statuses of all features, for a model that takes them.</summary>
/// <param name="readers">One per feature, in order.</param>
internal sealed class StatusColumns(IReadOnlyList<ColumnReader> readers) : InputColumns
{
    /// <inheritdoc/>
    public override void Write(int first, int count, InputBuffer input, FeatureRows rows)
    {
        foreach (var reader in readers)
        {
            reader.ReadStatus(first, count, rows.Status, readers.Count);
        }
    }
}

using Mlp.Features.Definitions;
using Mlp.Runtime.Data;

namespace Mlp.Features.OnDemand;

/// <summary>Where a field of a view goes in <see cref="FeatureRows"/>.</summary>
/// <param name="Column">Index of the column in the service's layout; -1 where the service does not use the field.</param>
/// <param name="Ordinal">Position within the block of its type.</param>
internal readonly record struct FeatureTarget(int Column, int Ordinal)
{
    public bool IsUsed => Column >= 0;

    /// <summary>One target per field of a view, in order.</summary>
    public static FeatureTarget[] Of(FeatureServiceView view, FeatureRowLayout layout)
    {
        var targets = new FeatureTarget[view.Fields.Count];
        Array.Fill(targets, new FeatureTarget(-1, -1));
        foreach (var column in view.Columns)
        {
            targets[column.FieldIndex] = new FeatureTarget(column.ColumnIndex, layout.OffsetOf(column.ColumnIndex));
        }

        return targets;
    }
}

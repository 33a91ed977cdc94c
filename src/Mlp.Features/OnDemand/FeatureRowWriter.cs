using Mlp.Features.Definitions;
using Mlp.Runtime.Data;

namespace Mlp.Features.OnDemand;

/// <summary>Writes the fields of a view, with their statuses, into one row.</summary>
internal readonly struct FeatureRowWriter(FeatureRows rows, int row, FeatureTarget[] targets) : IFeatureFieldWriter
{
    public void WriteFloat32(int field, float value)
    {
        if (targets[field] is { IsUsed: true } target)
        {
            rows.Float32Of(row)[target.Ordinal] = value;
            rows.StatusOf(row)[target.Column] = FeatureStatus.Present;
        }
    }

    public void WriteFloat64(int field, double value)
    {
        if (targets[field] is { IsUsed: true } target)
        {
            rows.Float64Of(row)[target.Ordinal] = value;
            rows.StatusOf(row)[target.Column] = FeatureStatus.Present;
        }
    }

    public void WriteInt64(int field, long value)
    {
        if (targets[field] is { IsUsed: true } target)
        {
            rows.Int64Of(row)[target.Ordinal] = value;
            rows.StatusOf(row)[target.Column] = FeatureStatus.Present;
        }
    }

    public void WriteBoolean(int field, bool value)
    {
        if (targets[field] is { IsUsed: true } target)
        {
            rows.BooleanOf(row)[target.Ordinal] = value;
            rows.StatusOf(row)[target.Column] = FeatureStatus.Present;
        }
    }

    public void WriteString(int field, string value)
    {
        if (targets[field] is { IsUsed: true } target)
        {
            rows.SetString(row, target.Ordinal, value);
            rows.StatusOf(row)[target.Column] = FeatureStatus.Present;
        }
    }

    public void WriteVector(int field, ReadOnlySpan<float> value)
    {
        if (targets[field] is { IsUsed: true } target)
        {
            value.CopyTo(rows.Float32Of(row).Slice(target.Ordinal, rows.Layout.Columns[target.Column].Length));
            rows.StatusOf(row)[target.Column] = FeatureStatus.Present;
        }
    }

    public void WriteNull(int field)
    {
        if (targets[field] is { IsUsed: true } target)
        {
            // The value of a feature that is not present was set when the row was reset.
            rows.StatusOf(row)[target.Column] = FeatureStatus.Null;
        }
    }
}

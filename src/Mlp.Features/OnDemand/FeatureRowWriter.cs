using Mlp.Features.Definitions;
using Mlp.Runtime.Data;

namespace Mlp.Features.OnDemand;

/// <summary>Writes the fields of a record into one row of <see cref="FeatureRows"/>. Allocates nothing.</summary>
internal readonly ref struct FeatureRowWriter(FeatureRowCell[] cells, FeatureRows rows, int row) : IFeatureFieldWriter
{
    public void WriteFloat32(int field, float value)
    {
        if (Take(field, FeatureStatus.Present) is { Column: >= 0 } cell)
        {
            rows.Float32Of(row)[cell.Ordinal] = value;
        }
    }

    public void WriteFloat64(int field, double value)
    {
        if (Take(field, FeatureStatus.Present) is { Column: >= 0 } cell)
        {
            rows.Float64Of(row)[cell.Ordinal] = value;
        }
    }

    public void WriteInt64(int field, long value)
    {
        if (Take(field, FeatureStatus.Present) is { Column: >= 0 } cell)
        {
            rows.Int64Of(row)[cell.Ordinal] = value;
        }
    }

    public void WriteBoolean(int field, bool value)
    {
        if (Take(field, FeatureStatus.Present) is { Column: >= 0 } cell)
        {
            rows.BooleanOf(row)[cell.Ordinal] = value;
        }
    }

    public void WriteString(int field, string value)
    {
        if (Take(field, FeatureStatus.Present) is { Column: >= 0 } cell)
        {
            rows.SetString(row, cell.Ordinal, value.AsSpan());
        }
    }

    /// <summary>The values of what is not present, as <see cref="FeatureRows"/> defines them.</summary>
    public void WriteNull(int field)
    {
        var cell = Take(field, FeatureStatus.Null);
        if (cell.Column < 0)
        {
            return;
        }

        switch (cell.Type)
        {
            case FeatureType.Float32:
                rows.Float32Of(row)[cell.Ordinal] = float.NaN;
                break;
            case FeatureType.Float64:
                rows.Float64Of(row)[cell.Ordinal] = double.NaN;
                break;
            case FeatureType.Int64:
                rows.Int64Of(row)[cell.Ordinal] = 0;
                break;
            case FeatureType.Boolean:
                rows.BooleanOf(row)[cell.Ordinal] = false;
                break;
            default:
                rows.SetString(row, cell.Ordinal, ReadOnlySpan<byte>.Empty);
                break;
        }
    }

    private FeatureRowCell Take(int field, FeatureStatus status)
    {
        var cell = cells[field];
        if (cell.Column >= 0)
        {
            rows.StatusOf(row)[cell.Column] = status;
        }

        return cell;
    }
}

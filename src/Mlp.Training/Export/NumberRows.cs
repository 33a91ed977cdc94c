using Mlp.Runtime.Data;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Export;

/// <summary>Rows of numbers as tables of features and back, for models that take plain matrices.</summary>
internal static class NumberRows
{
    /// <summary>Makes a table.</summary>
    /// <param name="features">The features, all of type float32.</param>
    /// <param name="values">Shape (rows, elements of all features), row-major; NaN where a value is missing.</param>
    public static FeatureTable ToTable(IReadOnlyList<FeatureColumn> features, ReadOnlySpan<float> values)
    {
        var rows = Create(features, values.Length);
        values.CopyTo(rows.Float32);
        return ToTable(rows);
    }

    /// <summary>Makes a table.</summary>
    /// <param name="features">The features, all of type float64.</param>
    /// <param name="values">Shape (rows, features), row-major; NaN where a value is missing.</param>
    public static FeatureTable ToTable(IReadOnlyList<FeatureColumn> features, ReadOnlySpan<double> values)
    {
        var rows = Create(features, values.Length);
        values.CopyTo(rows.Float64);
        return ToTable(rows);
    }

    /// <summary>The rows of a table, as blocks of numbers with NaN where a value is not present.</summary>
    /// <param name="table">At least one row.</param>
    public static FeatureRows Of(FeatureTable table)
    {
        var rows = new FeatureRows(table.Layout, table.RowCount);
        TableRows.Copy(table, 0, table.RowCount, rows);
        return rows;
    }

    private static FeatureRows Create(IReadOnlyList<FeatureColumn> features, int valueCount)
    {
        var rows = new FeatureRows(new FeatureRowLayout(features), valueCount / features.Sum(f => f.Length));
        rows.Reset(rows.Capacity);
        rows.Status.Fill(FeatureStatus.Present);
        return rows;
    }

    private static FeatureTable ToTable(FeatureRows rows) => FeatureTable.Of(ProofRows.ToBatch(rows), rows.Layout.Columns);
}

using Mlp.Runtime.Data;

namespace Mlp.Training.Sampling;

/// <summary>Which columns of Parquet files are what.</summary>
public sealed record ParquetColumns
{
    /// <summary>The feature columns with their types.</summary>
    public required IReadOnlyList<FeatureColumn> Features { get; init; }

    /// <summary>Name of the label column: numbers, truth values or texts; null when there is none.</summary>
    public string? LabelColumn { get; init; }

    /// <summary>Name of the column with the time of each row: timestamps, dates or whole microseconds; null when rows have no time.</summary>
    public string? TimeColumn { get; init; }

    /// <summary>Name of the column that says how much each row counts; null when all count the same.</summary>
    public string? WeightColumn { get; init; }

    /// <summary>Further columns, for example keys to split by: numbers, truth values or texts.</summary>
    public IReadOnlyList<string> OtherColumns { get; init; } = [];
}

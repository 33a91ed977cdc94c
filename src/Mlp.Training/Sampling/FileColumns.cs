using Mlp.Runtime.Data;

namespace Mlp.Training.Sampling;

/// <summary>Which columns of files are what.</summary>
public sealed record FileColumns
{
    /// <summary>The feature columns with their types.</summary>
    public required IReadOnlyList<FeatureColumn> Features { get; init; }

    /// <summary>Name of the label column: numbers, truth values or texts; null when there is none.</summary>
    public string? LabelColumn { get; init; }

    /// <summary>Name of the column with the time of each row: timestamps, dates or whole microseconds; null when rows have no time.</summary>
    public string? TimeColumn { get; init; }

    /// <summary>Name of the column that says how much each row counts; null when all count the same.</summary>
    public string? WeightColumn { get; init; }

    /// <summary>Further columns, for example keys to split by: numbers, truth values, texts or times.</summary>
    public IReadOnlyList<string> OtherColumns { get; init; } = [];

    /// <summary>The columns that are no features and of which no type is declared: the others and the label.</summary>
    internal IEnumerable<string> Undeclared
        => OtherColumns.Append(LabelColumn).OfType<string>().Distinct(StringComparer.Ordinal).Where(n => n != WeightColumn && n != TimeColumn && !IsFeature(n));

    internal bool IsFeature(string name) => Features.Any(f => f.Name == name);
}

namespace Mlp.Features.Ingestion;

/// <summary>One column of a view as it is computed from a file that stands in a table.</summary>
/// <param name="Name">Column of the view.</param>
/// <param name="Source">What it is read from, for messages.</param>
/// <param name="Value">SQL of the value in its stored type.</param>
/// <param name="Expected">What its values must be, with an article, for messages.</param>
/// <param name="IsTime">Whether null is not allowed.</param>
internal sealed record FileColumn(string Name, string Source, string Value, string Expected, bool IsTime)
{
    /// <summary>SQL that is true for a text that cannot be read; null when there is no such check.</summary>
    internal string? IsBad { get; init; }

    /// <summary>Number of elements that a vector must have; 1 for anything else.</summary>
    internal int Length { get; init; } = 1;

    /// <summary>SQL that is true for a value that must not be; null when every one may.</summary>
    internal string? IsWrong => Length == 1
        ? IsBad
        : FormattableString.Invariant($"({IsBad ?? "false"} OR coalesce(len({Value}) <> {Length} OR list_aggregate({Value}, 'count') <> {Length}, false))");

    /// <summary>What such a text is not, in words.</summary>
    internal string NotSuch => Expected switch
    {
        _ when Length > 1 => "no list of numbers of 32 bits",
        _ when IsTime => "no time",
        _ when Expected.Contains("Int64", StringComparison.Ordinal) => "no whole number of 64 bits",
        _ when Expected.Contains("Float32", StringComparison.Ordinal) => "no number of 32 bits",
        _ when Expected.Contains("Float", StringComparison.Ordinal) => "no number of 64 bits",
        _ when Expected.Contains("Bool", StringComparison.Ordinal) => "neither true nor false",
        _ when Expected.Contains("Guid", StringComparison.Ordinal) => "no GUID",
        _ when Expected.Contains("String", StringComparison.Ordinal) => "no text",
        _ => "none",
    };
}

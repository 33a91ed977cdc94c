using Mlp.Features.Interop;

namespace Mlp.Features.Ingestion;

/// <summary>One column of a view as it is computed from a file that stands in a table.</summary>
/// <param name="Name">Column of the view.</param>
/// <param name="Source">What it is read from, for messages.</param>
/// <param name="Value">SQL of the value in its stored type.</param>
/// <param name="Expected">What its values must be, with an article, for messages.</param>
/// <param name="Target">SQL type of the value; UUID for a GUID, which is stored as its text.</param>
internal sealed record FileColumn(string Name, string Source, string Value, string Expected, string Target)
{
    /// <summary>SQL of the text that is read; null for a column that has a type.</summary>
    internal string? Text { get; init; }

    /// <summary>SQL that is true for a value which the source marks as another kind; null where it marks none.</summary>
    internal string? IsOfAnotherKind { get; init; }

    /// <summary>SQL that is true for a text that cannot be read; null when there is no such check.</summary>
    internal string? IsBad { get; init; }

    /// <summary>Number of elements that a vector must have; 1 for anything else.</summary>
    internal int Length { get; init; } = 1;

    /// <summary>Whether null is not allowed.</summary>
    internal bool IsTime => Target == "TIMESTAMP";

    /// <summary>Whether values are stored as text.</summary>
    internal bool IsText => Target is "VARCHAR" or "UUID";

    /// <summary>SQL that is true for a value that must not be; null when every one may.</summary>
    internal string? IsWrong => Length == 1
        ? IsBad
        : FormattableString.Invariant($"({IsBad ?? "false"} OR coalesce(len({Value}) <> {Length} OR list_aggregate({Value}, 'count') <> {Length}, false))");

    /// <summary>What such a text is not, in words.</summary>
    internal string NotSuch => Target switch
    {
        Sql.VectorType => "no list of numbers of 32 bits",
        "TIMESTAMP" => "no time",
        "BIGINT" => "no whole number of 64 bits",
        "FLOAT" => "no number of 32 bits",
        "DOUBLE" => "no number of 64 bits",
        "BOOLEAN" => "neither true nor false",
        "UUID" => "no GUID",
        _ => "no text",
    };
}

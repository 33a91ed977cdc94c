namespace Mlp.Runtime.Scoring;

/// <summary>Eight columns of the same length.</summary>
/// <typeparam name="T">The element type.</typeparam>
internal readonly ref struct ColumnSpans<T>
{
    public required ReadOnlySpan<T> C0 { get; init; }

    public required ReadOnlySpan<T> C1 { get; init; }

    public required ReadOnlySpan<T> C2 { get; init; }

    public required ReadOnlySpan<T> C3 { get; init; }

    public required ReadOnlySpan<T> C4 { get; init; }

    public required ReadOnlySpan<T> C5 { get; init; }

    public required ReadOnlySpan<T> C6 { get; init; }

    public required ReadOnlySpan<T> C7 { get; init; }
}

namespace Mlp.Runtime.Scoring;

/// <summary>Reads a column of Arrow's null type: no value at all.</summary>
internal sealed class NullReader<T>(SourceColumn column, T missing) : ValueReader<T>(column, missing)
    where T : unmanaged
{
    /// <inheritdoc/>
    protected override bool HasNulls => Column.Array.Length > 0;

    /// <inheritdoc/>
    protected override bool IsNull(int row) => true;

    /// <inheritdoc/>
    protected override ReadOnlySpan<T> ReadValues(int first, int count, Span<T> scratch) => scratch;
}

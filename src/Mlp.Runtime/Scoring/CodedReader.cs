using Apache.Arrow;

namespace Mlp.Runtime.Scoring;

/// <summary>Reads a dictionary-encoded column of fixed-size values.</summary>
/// <param name="column">The column.</param>
/// <param name="missing">What stands for null.</param>
/// <param name="words">Reads the dictionary.</param>
/// <param name="indexOf">The position in the dictionary of a row that is not null.</param>
internal sealed class CodedReader<T>(SourceColumn column, T missing, ValueReader<T> words, Func<int, int> indexOf) : ValueReader<T>(column, missing)
    where T : unmanaged
{
    private readonly IArrowArray _dictionary = ((DictionaryArray)column.Array).Dictionary;
    private T[]? _words;

    /// <inheritdoc/>
    protected override bool HasNulls => base.HasNulls || _dictionary.NullCount != 0;

    /// <inheritdoc/>
    protected override bool IsNull(int row) => base.IsNull(row) || _dictionary.IsNull(indexOf(row));

    /// <inheritdoc/>
    protected override ReadOnlySpan<T> ReadValues(int first, int count, Span<T> scratch)
    {
        _words ??= words.Decode(_dictionary.Length);
        for (var row = 0; row < count; row++)
        {
            scratch[row] = base.IsNull(first + row) ? default : _words[indexOf(first + row)];
        }

        return scratch;
    }
}

using Apache.Arrow;

namespace Mlp.Features.Ingestion;

/// <summary>Reads the bytes of the text in a row.</summary>
/// <param name="row">Row index.</param>
internal delegate ReadOnlySpan<byte> ArrowText(int row);

/// <summary>Texts of Arrow columns as plain UTF-8, whatever their encoding. Bytes that are no UTF-8 are refused.</summary>
internal static class ArrowTexts
{
    /// <summary>The texts of a column; null when it is none of texts. A column that is plain already is taken as it is.</summary>
    /// <param name="array">The column.</param>
    /// <param name="error">Makes the error.</param>
    internal static StringArray? Read(IArrowArray array, ColumnError error)
    {
        switch (array)
        {
            case StringArray plain:
                Check(plain, row => plain.GetBytes(row), error);
                return plain;
            case StringViewArray view:
                return Copy(view, row => view.GetBytes(row), error);
            case LargeStringArray large:
                return Copy(large, row => large.GetBytes(row), error);
            case DictionaryArray dictionary when Read(dictionary.Dictionary, error) is { } words && ArrowColumns.ToInt64(dictionary.Indices) is { } indices:
                return Copy(
                    dictionary, row => words.GetBytes((int)indices.GetValue(row)!.Value), error, words.NullCount == 0 ? null : row => words.IsNull((int)indices.GetValue(row)!.Value));
            default:
                return null;
        }
    }

    /// <summary>Texts that are made of the values of another column.</summary>
    /// <param name="source">The column.</param>
    /// <param name="read">Makes the text of a row that is not null.</param>
    internal static StringArray Build(IArrowArray source, Func<int, string?> read)
    {
        var builder = new StringArray.Builder();
        builder.Reserve(source.Length);
        for (var row = 0; row < source.Length; row++)
        {
            builder.Append(source.IsValid(row) ? read(row) : null);
        }

        return builder.Build();
    }

    private static StringArray Copy(IArrowArray source, ArrowText read, ColumnError error, Func<int, bool>? isWordNull = null)
    {
        var builder = new StringArray.Builder();
        builder.Reserve(source.Length);
        for (var row = 0; row < source.Length; row++)
        {
            if (source.IsNull(row) || isWordNull?.Invoke(row) == true)
            {
                builder.AppendNull();
            }
            else
            {
                builder.Append(Require(read(row), row, error));
            }
        }

        return builder.Build();
    }

    private static void Check(StringArray source, ArrowText read, ColumnError error)
    {
        for (var row = 0; row < source.Length; row++)
        {
            if (source.IsValid(row))
            {
                Require(read(row), row, error);
            }
        }
    }

    private static ReadOnlySpan<byte> Require(ReadOnlySpan<byte> text, int row, ColumnError error)
        => TextRule.FindFault(text) is { } fault ? throw error(TextRule.Expected, fault, row) : text;
}

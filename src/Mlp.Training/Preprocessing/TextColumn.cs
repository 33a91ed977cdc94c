using System.Runtime.InteropServices;
using Apache.Arrow;
using Mlp.Runtime.Data;

namespace Mlp.Training.Preprocessing;

/// <summary>A text feature. Each distinct text is kept once; a row holds its number.</summary>
internal sealed class TextColumn(FeatureColumn feature) : TableColumn(feature)
{
    /// <summary>The number of a row without a value.</summary>
    public const int Absent = -1;

    private readonly List<int> _codes = [];
    private readonly List<string> _texts = [];
    private readonly Dictionary<string, int> _codeOf = new(StringComparer.Ordinal);

    /// <summary>Per row an index in <see cref="Texts"/>, or <see cref="Absent"/>.</summary>
    public ReadOnlySpan<int> Codes => CollectionsMarshal.AsSpan(_codes);

    /// <summary>The distinct texts in order of first use.</summary>
    public IReadOnlyList<string> Texts => _texts;

    /// <summary>The text of a row; empty where it is not present.</summary>
    public string TextAt(int row) => _codes[row] == Absent ? string.Empty : _texts[_codes[row]];

    protected override void AppendValues(IArrowArray array)
    {
        if (array is not StringArray text)
        {
            throw WrongType(array);
        }

        for (var row = 0; row < text.Length; row++)
        {
            _codes.Add(text.IsValid(row) ? CodeOf(text.GetString(row)) : Absent);
        }
    }

    private int CodeOf(string text)
    {
        ref var code = ref CollectionsMarshal.GetValueRefOrAddDefault(_codeOf, text, out var known);
        if (!known)
        {
            code = _texts.Count;
            _texts.Add(text);
        }

        return code;
    }
}

using System.Text.Json;

namespace Mlp.Features.Ingestion;

/// <summary>Collects the names of members. SQL does not tell names apart by case.</summary>
internal sealed class JsonColumnNames : IJsonLineVisitor
{
    /// <summary>How many names are taken: more are keys of a map, not columns.</summary>
    internal const int MaximumCount = 10_000;

    private readonly Dictionary<string, int> _indexes = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<(string Name, byte[] Bytes)> _names = [];

    internal IReadOnlyList<string> Names => _names.ConvertAll(name => name.Name);

    /// <summary>The first name that is another one but for its case; null when there is none.</summary>
    internal string? Ambiguous { get; private set; }

    internal bool AreTooMany => _names.Count > MaximumCount;

    public void Visit(ref Utf8JsonReader name, ref Utf8JsonReader value, ReadOnlySpan<byte> raw) => IndexOf(ref name, 0, mayAdd: true);

    /// <summary>Index of a member's name.</summary>
    /// <param name="name">The reader at the name.</param>
    /// <param name="hint">Where it probably is.</param>
    /// <param name="mayAdd">Whether a new name is added.</param>
    /// <returns>The index, or -1.</returns>
    internal int IndexOf(ref Utf8JsonReader name, int hint, bool mayAdd = false)
    {
        if (hint < _names.Count && name.ValueTextEquals(_names[hint].Bytes))
        {
            return hint;
        }

        var text = name.GetString()!;
        if (_indexes.TryGetValue(text, out var index))
        {
            if (_names[index].Name != text)
            {
                Ambiguous ??= text;
            }

            return index;
        }

        if (!mayAdd || AreTooMany)
        {
            return -1;
        }

        _indexes.Add(text, _names.Count);
        _names.Add((text, System.Text.Encoding.UTF8.GetBytes(text)));
        return _names.Count - 1;
    }
}

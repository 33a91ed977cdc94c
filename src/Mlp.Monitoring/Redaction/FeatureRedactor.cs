using Mlp.Runtime.Data;

namespace Mlp.Monitoring.Redaction;

/// <summary>Copies features and leaves out, hashes or rounds those that are redacted on the way: nothing of them reaches the destination. Immutable, thread-safe, allocates nothing.</summary>
internal sealed class FeatureRedactor
{
    private readonly ColumnRedaction?[] _columns;
    private readonly Part[][] _byType;
    private readonly ColumnRedaction?[] _texts;
    private readonly RedactionKey? _key;

    private FeatureRedactor(FeatureRowLayout layout, ColumnRedaction?[] columns, RedactionKey? key)
    {
        _columns = columns;
        _key = key;
        _byType = [.. Enumerable.Range(0, 1 + (int)FeatureType.String).Select(type => PartsOf(layout, (FeatureType)type))];
        _texts = new ColumnRedaction?[layout.WidthOf(FeatureType.String)];
        foreach (var part in _byType[(int)FeatureType.String])
        {
            _texts[part.Offset] = part.Redaction;
        }
    }

    /// <summary>The redactor of a model's features, or null where none of them is redacted.</summary>
    /// <param name="configuration">The redaction of the model, or null.</param>
    /// <param name="layout">Its features.</param>
    public static FeatureRedactor? For(RedactionConfiguration? configuration, FeatureRowLayout layout)
        => configuration is not null && layout.Columns.Any(c => configuration.Columns.ContainsKey(c.Name))
            ? new(layout, [.. layout.Columns.Select(c => configuration.Columns.TryGetValue(c.Name, out var column) ? column : (ColumnRedaction?)null)], configuration.Key)
            : null;

    /// <summary>How a feature is redacted, or null.</summary>
    /// <param name="column">Index of the feature in its layout.</param>
    public ColumnRedaction? Of(int column) => _columns[column];

    /// <summary>Bytes that a text takes at most.</summary>
    /// <param name="ordinal">Position among the text features.</param>
    /// <param name="length">Its own length.</param>
    public int LengthOfText(int ordinal, int length) => _texts[ordinal]?.Kind switch
    {
        null => length,
        RedactionKind.Hash => RedactionKey.TextLength,
        _ => 0,
    };

    /// <summary>Copies a text.</summary>
    /// <param name="ordinal">Position among the text features.</param>
    /// <param name="text">UTF-8 bytes; empty where the feature is not present.</param>
    /// <param name="destination">At least <see cref="LengthOfText"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    public int CopyText(int ordinal, ReadOnlySpan<byte> text, Span<byte> destination)
    {
        switch (_texts[ordinal]?.Kind)
        {
            case null:
                text.CopyTo(destination);
                return text.Length;
            case RedactionKind.Hash:
                _key!.HashToText(text, destination);
                return RedactionKey.TextLength;
            default:
                return 0;
        }
    }

    /// <summary>Copies the block of float32.</summary>
    public void Copy(ReadOnlySpan<float> values, Span<float> destination) => Copy(FeatureType.Float32, values, destination, static (_, part, value) => part.Redaction.Floor(value));

    /// <summary>Copies the block of float64.</summary>
    public void Copy(ReadOnlySpan<double> values, Span<double> destination) => Copy(FeatureType.Float64, values, destination, static (_, part, value) => part.Redaction.Floor(value));

    /// <summary>Copies the block of int64.</summary>
    public void Copy(ReadOnlySpan<long> values, Span<long> destination)
        => Copy(FeatureType.Int64, values, destination, static (key, part, value) => part.Redaction.Kind == RedactionKind.Hash ? key!.Hash(value) : part.Redaction.Floor(value));

    /// <summary>Copies the block of truth values, one byte each, of which one can only be left out.</summary>
    public void CopyBooleans(ReadOnlySpan<byte> values, Span<byte> destination) => Copy(FeatureType.Boolean, values, destination, static (_, _, _) => 0);

    private void Copy<T>(FeatureType type, ReadOnlySpan<T> values, Span<T> destination, Func<RedactionKey?, Part, T, T> redact)
    {
        var from = 0;
        foreach (var part in _byType[(int)type])
        {
            values[from..part.Offset].CopyTo(destination[from..]);
            from = part.Offset + part.Length;
            if (part.Redaction.Kind == RedactionKind.Erase)
            {
                destination[part.Offset..from].Clear();
            }
            else
            {
                destination[part.Offset] = redact(_key, part, values[part.Offset]);
            }
        }

        values[from..].CopyTo(destination[from..]);
    }

    private Part[] PartsOf(FeatureRowLayout layout, FeatureType type)
        => [.. Enumerable.Range(0, layout.Columns.Count)
            .Where(i => layout.Columns[i].Type == type && _columns[i] is not null)
            .Select(i => new Part(layout.OffsetOf(i), layout.Columns[i].Length, _columns[i]!.Value))
            .OrderBy(p => p.Offset)];

    /// <summary>A redacted feature within the block of its type.</summary>
    private readonly record struct Part(int Offset, int Length, ColumnRedaction Redaction);
}

namespace Mlp.Monitoring.Redaction;

/// <summary>Says what is logged in place of a tag's value. Immutable, thread-safe, allocates nothing.</summary>
internal sealed class TagRedactor
{
    private readonly IReadOnlyDictionary<string, ColumnRedaction> _tags;
    private readonly ColumnRedaction? _others;
    private readonly RedactionKey? _key;

    private TagRedactor(RedactionConfiguration configuration)
    {
        _tags = configuration.Tags;
        _others = _tags.TryGetValue(RedactionOptions.AllTags, out var others) ? others : null;
        _key = configuration.Key;
    }

    /// <summary>The redactor of a model's tags, or null where none of them is redacted.</summary>
    /// <param name="configuration">The redaction of the model, or null.</param>
    public static TagRedactor? For(RedactionConfiguration? configuration) => configuration is { Tags.Count: > 0 } ? new(configuration) : null;

    /// <summary>Bytes that a value takes at most.</summary>
    /// <param name="value">The value; may be null.</param>
    public static long GetMaximumLength(string? value) => Math.Max((value?.Length ?? 0) * 3L, RedactionKey.TextLength);

    /// <summary>How a tag is redacted, or null.</summary>
    /// <param name="name">Its name.</param>
    public ColumnRedaction? Of(string name) => _tags.TryGetValue(name, out var redaction) ? redaction : _others;

    /// <summary>Writes the hash of a value as hexadecimal digits.</summary>
    /// <param name="value">The value.</param>
    /// <param name="destination">At least <see cref="RedactionKey.TextLength"/> bytes.</param>
    public void WriteHash(string value, Span<byte> destination) => _key!.HashToText(value, destination);
}

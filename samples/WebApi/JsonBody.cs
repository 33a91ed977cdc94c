using System.Globalization;
using System.Text.Json;

namespace WebApi;

/// <summary>
/// A request's JSON object, read field by field. What is wrong with it is said in one sentence for all fields: which are missing, which are not known, which are of another type. Values never
/// appear, since they may be personal.
/// </summary>
internal sealed class JsonBody : IDisposable
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private readonly JsonDocument _document;
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly List<string> _missing = [];
    private readonly List<string> _problems = [];

    private JsonBody(JsonDocument document) => _document = document;

    /// <exception cref="BadHttpRequestException">The body is no JSON object.</exception>
    public static async Task<JsonBody> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!request.HasJsonContentType())
        {
            throw new BadHttpRequestException("Expected the content type application/json, but found another one.", StatusCodes.Status415UnsupportedMediaType);
        }

        using var bytes = new MemoryStream();
        await request.Body.CopyToAsync(bytes, cancellationToken);
        if (bytes.Length == 0)
        {
            throw new BadHttpRequestException("Expected a JSON object, but found an empty body.");
        }

        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(bytes.GetBuffer().AsMemory(0, (int)bytes.Length), Strict);
        }
        catch (JsonException e)
        {
            var where = e.LineNumber is { } line ? string.Create(CultureInfo.InvariantCulture, $", in line {line + 1}") : string.Empty;
            throw new BadHttpRequestException($"Expected a JSON object with each field once, but found text that is none{where}.", e);
        }

        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            using (document)
            {
                throw new BadHttpRequestException($"Expected a JSON object, but found {Kind(document.RootElement)}.");
            }
        }

        return new JsonBody(document);
    }

    /// <summary>A text.</summary>
    public string Text(string field) => Find(field, isRequired: true) is { } value ? TextOf(field, value) ?? string.Empty : string.Empty;

    /// <summary>A text, or null.</summary>
    public string? OptionalText(string field) => Find(field, isRequired: false) is { } value ? TextOf(field, value) : null;

    /// <summary>A truth value.</summary>
    public bool Truth(string field)
    {
        if (Find(field, isRequired: true) is not { } value)
        {
            return false;
        }

        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : Wrong<bool>(field, "true or false", Kind(value));
    }

    /// <summary>A whole number.</summary>
    public long Whole(string field, long minimum, long maximum) => Find(field, isRequired: true) is { } value ? WholeOf(field, value, minimum, maximum) : 0;

    /// <summary>A whole number, or null.</summary>
    public long? OptionalWhole(string field, long minimum, long maximum) => Find(field, isRequired: false) is { } value ? WholeOf(field, value, minimum, maximum) : null;

    /// <summary>A number.</summary>
    public double Number(string field, double minimum, double maximum)
    {
        if (Find(field, isRequired: true) is not { } value)
        {
            return 0;
        }

        var expected = string.Create(CultureInfo.InvariantCulture, $"a number from {minimum:#,0} to {maximum:#,0}");
        return value.ValueKind != JsonValueKind.Number ? Wrong<double>(field, expected, Kind(value))
            : value.TryGetDouble(out var number) && number >= minimum && number <= maximum ? number
            : Wrong<double>(field, expected, "one outside that range");
    }

    /// <summary>A time, or null.</summary>
    public DateTimeOffset? OptionalTime(string field)
    {
        if (Find(field, isRequired: false) is not { } value)
        {
            return null;
        }

        const string Expected = "a time such as \"2025-12-31T00:00:00Z\"";
        return value.ValueKind != JsonValueKind.String ? Wrong<DateTimeOffset?>(field, Expected, Kind(value))
            : value.TryGetDateTimeOffset(out var time) ? time : Wrong<DateTimeOffset?>(field, Expected, "another text");
    }

    /// <summary>Says what is wrong, when all fields have been asked for.</summary>
    /// <exception cref="BadHttpRequestException">Something is.</exception>
    public void ThrowIfWrong()
    {
        var unknown = _document.RootElement.EnumerateObject().Select(NameOf).Where(n => !_known.Contains(n)).ToList();
        var sentences = new List<string>();
        if (_missing.Count > 0)
        {
            sentences.Add($"Expected the field{Plural(_missing)} {Quoted(_missing)}, but found none.");
        }

        if (unknown.Count > 0)
        {
            sentences.Add($"Expected no other fields than {Quoted(_known)}, but found {unknown.Count.ToString(CultureInfo.InvariantCulture)} other{Plural(unknown)}.");
        }

        sentences.AddRange(_problems);
        if (sentences.Count > 0)
        {
            throw new BadHttpRequestException(string.Join(" ", sentences));
        }
    }

    public void Dispose() => _document.Dispose();

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };

    private static string Quoted(IEnumerable<string> names) => string.Join(", ", names.Select(n => $"'{n}'"));

    private static string Plural(List<string> names) => names.Count == 1 ? string.Empty : "s";

    /// <summary>The value of a field; null where it is absent or null.</summary>
    private JsonElement? Find(string field, bool isRequired)
    {
        _known.Add(field);
        if (_document.RootElement.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null)
        {
            return value;
        }

        if (isRequired)
        {
            _missing.Add(field);
        }

        return null;
    }

    private string? TextOf(string field, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            return Wrong<string?>(field, "a text", Kind(value));
        }

        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return Wrong<string?>(field, "a text", "half of a surrogate pair");
        }
    }

    private static string NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            return "half of a surrogate pair";
        }
    }

    private long WholeOf(string field, JsonElement value, long minimum, long maximum)
    {
        var expected = string.Create(CultureInfo.InvariantCulture, $"a whole number from {minimum:#,0} to {maximum:#,0}");
        return value.ValueKind != JsonValueKind.Number ? Wrong<long>(field, expected, Kind(value))
            : !value.TryGetInt64(out var number) ? Wrong<long>(field, expected, "another number")
            : number >= minimum && number <= maximum ? number : Wrong<long>(field, expected, "one outside that range");
    }

    private T? Wrong<T>(string field, string expected, string found)
    {
        _problems.Add($"Expected '{field}' to be {expected}, but found {found}.");
        return default;
    }
}

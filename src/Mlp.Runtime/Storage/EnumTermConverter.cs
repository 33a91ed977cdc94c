using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mlp.Runtime.Storage;

/// <summary>An enumeration in JSON: its words (<see cref="EnumTerms{T}"/>), and never a number, which would mean another member once members are added in between.</summary>
/// <typeparam name="T">The enumeration.</typeparam>
internal sealed class EnumTermConverter<T> : JsonConverter<T>
    where T : struct, Enum
{
    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        return EnumTerms<T>.Find(text)
            ?? throw new JsonException($"Expected one of {string.Join(", ", EnumTerms<T>.All.Select(term => $"'{term}'"))}, but found {(text is null ? Kind(reader.TokenType) : Quote(text))}.");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(EnumTerms<T>.Of(value));

    private static string Quote(string text) => text.Length <= 100 ? $"'{text}'" : $"'{text[..100]}...'";

    private static string Kind(JsonTokenType token) => token switch
    {
        JsonTokenType.Number => "a number",
        JsonTokenType.Null => "null",
        JsonTokenType.True or JsonTokenType.False => "a truth value",
        JsonTokenType.StartArray => "an array",
        _ => "an object",
    };
}

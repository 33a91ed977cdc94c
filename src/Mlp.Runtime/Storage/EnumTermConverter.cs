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
        => (reader.TokenType == JsonTokenType.String ? EnumTerms<T>.Find(reader.GetString()) : null)
            ?? throw new JsonException($"Expected one of {string.Join(", ", EnumTerms<T>.All.Select(term => $"'{term}'"))}.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(EnumTerms<T>.Of(value));
}

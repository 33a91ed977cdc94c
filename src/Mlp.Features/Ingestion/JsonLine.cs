using System.Text.Json;
using System.Text.Unicode;

namespace Mlp.Features.Ingestion;

/// <summary>Receives the members of a line.</summary>
internal interface IJsonLineVisitor
{
    /// <summary>One member; the reader stands at its value, which may be a number, a string, true, false or null.</summary>
    /// <param name="name">The reader at the member's name.</param>
    /// <param name="value">The reader at its value.</param>
    /// <param name="raw">The bytes of the value as they are written.</param>
    void Visit(ref Utf8JsonReader name, ref Utf8JsonReader value, ReadOnlySpan<byte> raw);
}

/// <summary>Reads a line of JSON.</summary>
internal static class JsonLine
{
    /// <summary>Hands every member of the object to a visitor.</summary>
    /// <exception cref="JsonException">The line is not one JSON object.</exception>
    internal static void Read<TVisitor>(ReadOnlySpan<byte> line, ref TVisitor visitor)
        where TVisitor : IJsonLineVisitor
    {
        if (!Utf8.IsValid(line))
        {
            throw new JsonException();
        }

        var reader = new Utf8JsonReader(line);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException();
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader;
            reader.Read();
            var value = reader;
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            visitor.Visit(ref name, ref value, line[start..(int)reader.BytesConsumed]);
        }

        // Refuses what follows the object.
        reader.Read();
    }
}

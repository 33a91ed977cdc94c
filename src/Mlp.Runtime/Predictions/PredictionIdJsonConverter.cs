using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mlp.Runtime.Predictions;

/// <summary>Writes an id as the text form of a UUID, as a value and as the name of a property. Thread-safe.</summary>
internal sealed class PredictionIdJsonConverter : JsonConverter<PredictionId>
{
    /// <inheritdoc/>
    public override PredictionId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        => reader.TokenType == JsonTokenType.String
            ? ReadText(ref reader)
            : throw new JsonException($"Expected the id of a prediction as text, such as \"{PredictionId.Example}\", but found a value of another kind ({reader.TokenType}).");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, PredictionId value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToGuid());

    /// <inheritdoc/>
    public override PredictionId ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => ReadText(ref reader);

    /// <inheritdoc/>
    public override void WriteAsPropertyName(Utf8JsonWriter writer, PredictionId value, JsonSerializerOptions options) => writer.WritePropertyName(value.ToString());

    private static PredictionId ReadText(ref Utf8JsonReader reader)
        => PredictionId.TryParse(reader.GetString(), provider: null, out var id) ? id : throw new JsonException(PredictionId.NoId);
}

using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mlp.Training.Networks.Layers;

/// <summary>Definitions as JSON: <c>{ "format": "mlp.network", "version": 1, "layers": [{ "kind": "linear", ... }] }</c>.</summary>
internal static class NetworkDefinitionJson
{
    private const string Format = "mlp.network";
    private const int Version = 1;
    private const int MaximumDepth = 256;

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowOutOfOrderMetadataProperties = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        MaxDepth = MaximumDepth,
        WriteIndented = true,
        NewLine = "\n",
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    public static string Write(NetworkDefinition definition) => JsonSerializer.Serialize(new Document(Format, Version, definition.Layers), Options);

    public static NetworkDefinition Read(string json, IReadOnlyDictionary<string, Func<IUserModule>>? modules)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            using var parsed = JsonDocument.Parse(json, new() { MaxDepth = MaximumDepth });
            RequireFormat(parsed.RootElement);
            var document = parsed.RootElement.Deserialize<Document>(Options) ?? throw new JsonException("it is null");
            var layers = document.Layers.Select((layer, i) => Complete(layer, FormattableString.Invariant($"layers[{i}]"), modules)).ToArray();
            return new NetworkDefinition(layers);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException)
        {
            var place = e is JsonException { Path: { Length: > 1 } path } ? $" at {path}" : string.Empty;
            throw new NetworkDefinitionException($"Expected the JSON of a network's definition, but it cannot be read{place}: {e.Message}", innerException: e);
        }
        catch (ArgumentException e)
        {
            throw new NetworkDefinitionException($"Expected the JSON of a network's definition, but found settings out of range: {e.Message}", innerException: e);
        }
    }

    private static void RequireFormat(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("format", out var format) || format.ValueKind != JsonValueKind.String || format.GetString() != Format)
        {
            throw new NetworkDefinitionException($"Expected JSON of the format '{Format}', but found another document.");
        }

        if (!root.TryGetProperty("version", out var version) || version.ValueKind != JsonValueKind.Number || !version.TryGetInt32(out var number) || number < 1)
        {
            throw new NetworkDefinitionException("Expected a format version from 1, but found none.");
        }

        if (number > Version)
        {
            throw new NetworkDefinitionException(
                FormattableString.Invariant($"Expected format version {Version} or older, but found {number}: the definition was written by a newer version of the library."));
        }
    }

    // Checks settings as the factory does, and hands the application's modules over.
    private static LayerDefinition Complete(LayerDefinition? layer, string place, IReadOnlyDictionary<string, Func<IUserModule>>? modules)
    {
        layer = layer switch
        {
            null => throw new JsonException($"{place} is null"),
            UserModuleLayer user => user with { Factory = FactoryOf(user, modules) },
            SequentialBlock block => block with { Layers = CompleteAll(block.Layers, place, modules) },
            ParallelBlock block => block with { Branches = CompleteAll(block.Branches, place, modules) },
            ResidualBlock block => block with
            {
                Body = Complete(block.Body, place + ".body", modules),
                Shortcut = block.Shortcut is null ? null : Complete(block.Shortcut, place + ".shortcut", modules),
            },
            _ => layer,
        };
        return Layer.Checked(layer);
    }

    private static LayerDefinition[] CompleteAll(IReadOnlyList<LayerDefinition> layers, string place, IReadOnlyDictionary<string, Func<IUserModule>>? modules)
        => [.. layers.Select((layer, i) => Complete(layer, FormattableString.Invariant($"{place}[{i}]"), modules))];

    private static Func<IUserModule> FactoryOf(UserModuleLayer layer, IReadOnlyDictionary<string, Func<IUserModule>>? modules)
        => modules is not null && modules.TryGetValue(layer.Module, out var factory)
            ? factory
            : throw new NetworkDefinitionException(
                $"Expected a module '{layer.Module}' among those handed over, but found {(modules is { Count: > 0 } ? string.Join(", ", modules.Keys.Select(k => $"'{k}'")) : "none")}.");

    private sealed record Document(string Format, int Version, IReadOnlyList<LayerDefinition> Layers);
}

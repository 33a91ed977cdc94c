using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Mlp.Training;

/// <summary>Settings of a trainer as texts by path, as runs and files name them: also those at their default, which another version may have changed. Those that are null or empty are left out.</summary>
internal static class SettingTexts
{
    /// <summary>Name of the setting that says which trainer it was.</summary>
    public const string Kind = "Kind";

    private static readonly JsonSerializerOptions Json = new()
    {
        Converters = { new JsonStringEnumConverter() },
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>The settings of options.</summary>
    /// <param name="kind">What trains by them.</param>
    /// <param name="options">The options.</param>
    /// <returns>Paths of properties, parts separated by a point; lists of numbers and words are one text.</returns>
    public static SortedDictionary<string, string> Of<T>(string kind, T options)
    {
        var settings = new SortedDictionary<string, string>(StringComparer.Ordinal) { [Kind] = kind };
        Add(string.Empty, JsonSerializer.SerializeToNode(options, Json), settings);
        return settings;
    }

    /// <summary>The name of a file without the folders of the machine that it lay on.</summary>
    /// <param name="path">A path of any system.</param>
    public static string FileNameOf(string path) => path[(path.LastIndexOfAny(['/', '\\']) + 1)..];

    private static void Add(string path, JsonNode? node, SortedDictionary<string, string> settings)
    {
        switch (node)
        {
            case JsonObject section:
                foreach (var (name, value) in section)
                {
                    Add(path.Length == 0 ? name : $"{path}.{name}", value, settings);
                }

                break;
            case JsonArray list when list.Any(item => item is JsonObject or JsonArray):
                for (var i = 0; i < list.Count; i++)
                {
                    Add(FormattableString.Invariant($"{path}.{i}"), list[i], settings);
                }

                break;
            case JsonArray { Count: > 0 } list:
                settings[path] = string.Join(", ", list.Select(item => item?.ToString()));
                break;
            case JsonValue value:
                settings[path] = value.ToString();
                break;
        }
    }
}

using System.Globalization;

namespace Mlp.Runtime.Registry;

/// <summary>Where things lie in the registry's folder.</summary>
/// <param name="root">The folder <c>registry</c> of the data directory.</param>
internal sealed class RegistryPaths(string root)
{
    public const string ManifestName = "manifest.json";

    public const string CardName = "MODEL_CARD.md";

    public const string ExternalDataName = "external";

    private const string JsonExtension = ".json";

    public string Root { get; } = root;

    public string Models { get; } = Path.Combine(root, "models");

    public string Blobs { get; } = Path.Combine(root, "blobs", "sha256");

    /// <summary>Weights of one-file models in the form that can be mapped: made from the blobs when needed, checked at every use, and no loss when deleted.</summary>
    public string MappedWeights { get; } = Path.Combine(root, "cache", "weights");

    /// <summary>External data of a version by the names that its ONNX file uses.</summary>
    public string ExternalData(string model, int version) => Path.Combine(Version(model, version), ExternalDataName);

    public string Versions(string model) => Path.Combine(Models, model, "versions");

    public string Version(string model, int version) => Path.Combine(Versions(model), version.ToString(CultureInfo.InvariantCulture));

    public string Manifest(string model, int version) => Path.Combine(Version(model, version), ManifestName);

    public string Card(string model, int version) => Path.Combine(Version(model, version), CardName);

    public string Alias(string model, string alias) => Path.Combine(Models, model, "aliases", alias);

    public string AliasRevision(string model, string alias, long revision)
        => Path.Combine(Alias(model, alias), revision.ToString(CultureInfo.InvariantCulture) + JsonExtension);

    public string Route(string model) => Path.Combine(Models, model, "route");

    public string RouteRevision(string model, long revision) => Path.Combine(Route(model), revision.ToString(CultureInfo.InvariantCulture) + JsonExtension);

    public string Blob(string sha256) => Path.Combine(Blobs, sha256[..2], sha256[2..]);

    /// <summary>The version a folder stands for, or 0: unfinished ones have other names.</summary>
    public static int ParseVersion(string path)
        => int.TryParse(Path.GetFileName(path.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0;

    /// <summary>The revision a file stands for, or 0: unfinished ones have other names.</summary>
    public static long ParseRevision(string path)
    {
        var name = Path.GetFileName(path.AsSpan());
        return name.EndsWith(JsonExtension, StringComparison.Ordinal)
            && long.TryParse(name[..^JsonExtension.Length], NumberStyles.None, CultureInfo.InvariantCulture, out var revision)
                ? revision
                : 0;
    }
}

using System.Globalization;
using System.Text;
using Mlp.Runtime.Data;

namespace Mlp.Runtime.Models.Packages;

/// <summary>
/// The entries of a model package (<c>.mlpkg</c>), in their order: first what the file is and in which version of the format, then the manifest, which says which of the others follow.
/// </summary>
internal static class PackageFormat
{
    /// <summary>The newest format version that is written and read.</summary>
    public const int CurrentVersion = 1;

    public const string TypeEntry = "mimetype";
    public const string ManifestEntry = "manifest.json";
    public const string OnnxEntry = "model.onnx";
    public const string TrainingSetEntry = TrainingSetManifestJson.FileName;
    public const string ReferenceProfileEntry = "reference-profile.json";
    public const string GoldenRowsEntry = "golden-rows.arrow";
    public const string CardEntry = "MODEL_CARD.md";

    /// <summary>Greatest size of an entry that is read for what it says rather than copied.</summary>
    public const int MaximumDocumentLength = 16 << 20;

    private const string MediaType = "application/vnd.mlp.model-package+zip; version=";

    /// <summary>The name of a file of external data.</summary>
    /// <param name="location">Where the ONNX file says that it lies.</param>
    public static string ExternalDataEntry(string location) => "external/" + location;

    /// <summary>The content of the first entry.</summary>
    public static byte[] Type() => Encoding.ASCII.GetBytes(MediaType + CurrentVersion.ToString(CultureInfo.InvariantCulture));

    /// <summary>Checks the content of the first entry.</summary>
    /// <param name="content">The content.</param>
    /// <param name="path">Path of the package, for messages.</param>
    /// <exception cref="CorruptFileException">It is another kind of file.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    public static void RequireType(ReadOnlySpan<byte> content, string path)
    {
        var text = Encoding.Latin1.GetString(content);
        if (!text.StartsWith(MediaType, StringComparison.Ordinal)
            || !int.TryParse(text.AsSpan(MediaType.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            || version < 1)
        {
            throw new CorruptFileException(path, $"Expected a model package ('{MediaType}{CurrentVersion}') in '{path}', but found another kind of archive.");
        }

        if (version > CurrentVersion)
        {
            throw new UnsupportedFormatVersionException(path, version, CurrentVersion);
        }
    }
}

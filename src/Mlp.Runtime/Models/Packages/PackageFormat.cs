using System.Globalization;
using System.Text;
using Mlp.Runtime.Data;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Models.Packages;

/// <summary>
/// The entries of a model package (<c>.mlpkg</c>), in their order: first what the file is and in which version of the format, then the manifest, which says which of the others follow.
/// </summary>
internal static class PackageFormat
{
    /// <summary>The newest format version that is read. Another entry raises it; a property of the manifest does not.</summary>
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

    private const string WithoutGoldenRows = "; golden-rows=left-out";

    private const string MediaType = "application/vnd.mlp.model-package+zip; version=";

    /// <summary>The name of a file of external data.</summary>
    /// <param name="location">Where the ONNX file says that it lies.</param>
    public static string ExternalDataEntry(string location) => "external/" + location;

    /// <summary>The content of the first entry.</summary>
    /// <param name="leavesOutGoldenRows">Whether the golden rows that the manifest names do not follow.</param>
    public static byte[] Type(bool leavesOutGoldenRows = false)
        => Encoding.ASCII.GetBytes(MediaType + VersionedJson.FirstVersion.ToString(CultureInfo.InvariantCulture) + (leavesOutGoldenRows ? WithoutGoldenRows : string.Empty));

    /// <summary>Checks and reads the content of the first entry.</summary>
    /// <param name="content">The content.</param>
    /// <param name="path">Path of the package, for messages.</param>
    /// <returns>Whether the golden rows that the manifest names were left out.</returns>
    /// <exception cref="CorruptFileException">It is another kind of file.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    public static bool ReadType(ReadOnlySpan<byte> content, string path)
    {
        var text = Encoding.Latin1.GetString(content);
        var rest = text.StartsWith(MediaType, StringComparison.Ordinal) ? text[MediaType.Length..] : string.Empty;
        var digits = rest.AsSpan().IndexOfAnyExceptInRange('0', '9') is var end && end >= 0 ? rest[..end] : rest;
        var parameters = rest[digits.Length..];
        var isPackage = int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version >= 1;

        if (isPackage && version > CurrentVersion)
        {
            throw new UnsupportedFormatVersionException(path, version, CurrentVersion);
        }

        return isPackage && parameters is ("" or WithoutGoldenRows)
            ? parameters.Length > 0
            : throw new CorruptFileException(path, $"Expected a model package ('{MediaType}{CurrentVersion}') in '{path}', but found another kind of archive.");
    }
}

using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Data;

/// <summary>The file that makes a folder a training set: its manifest, its columns and its data files.</summary>
internal sealed record FrozenTrainingSetDocument
{
    internal const string FileName = "frozen-training-set.json";
    internal const string FormatName = "mlp-frozen-training-set";

    /// <summary>The newest format version that is read. Written is 1, or 2 where a column is one of vectors.</summary>
    internal const int CurrentFormatVersion = VectorLength.FirstFormatVersion;

    public string Format { get; init; } = FormatName;

    public int FormatVersion { get; init; } = VersionedJson.FirstVersion;

    /// <summary>The manifest, a document of its own.</summary>
    public required JsonElement Manifest { get; init; }

    public required IReadOnlyList<FrozenColumn> Columns { get; init; }

    /// <summary>The data files; their rows follow each other.</summary>
    public required IReadOnlyList<FrozenFile> Files { get; init; }

    internal byte[] ToJson() => DocumentSeal.Add(JsonSerializer.SerializeToUtf8Bytes(this, FrozenTrainingSetJson.Default.FrozenTrainingSetDocument));

    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote the file.</exception>
    /// <exception cref="CorruptFileException">The file is something else, or damaged.</exception>
    internal static (FrozenTrainingSetDocument Document, TrainingSetManifest Manifest) Read(ReadOnlySpan<byte> json, string path)
    {
        var document = VersionedJson.Read(json, path, FormatName, CurrentFormatVersion, FrozenTrainingSetJson.Default.FrozenTrainingSetDocument);
        if (document.Columns.Any(column => column is null) || document.Files.Any(file => file is null))
        {
            throw new CorruptFileException(path, $"Expected columns and files in '{path}', but found null among them.");
        }

        var manifest = TrainingSetManifestJson.Deserialize(Encoding.UTF8.GetBytes(document.Manifest.GetRawText()), path);
        var rows = document.Files.Sum(file => file.RowCount);
        if (rows != manifest.RowCount)
        {
            throw new CorruptFileException(path, $"Expected files with {manifest.RowCount} rows in '{path}', but they have {rows}.");
        }

        var names = manifest.Features.Select(feature => feature.Name).Concat(manifest.LabelColumns).Concat(manifest.Keys.Select(key => key.Name));
        return names.FirstOrDefault(name => document.Columns.All(column => column.Name != name)) is { } missing
            ? throw new CorruptFileException(path, $"Expected a column '{missing}' in '{path}', but found {string.Join(", ", document.Columns.Select(c => $"'{c.Name}'"))}.")
            : (document, manifest);
    }
}

/// <summary>One column of a training set in files.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type (<see cref="ColumnTypeName"/>).</param>
/// <param name="IsNullable">Whether it may hold nulls.</param>
internal sealed record FrozenColumn(string Name, string Type, bool IsNullable);

/// <summary>One data file of a training set.</summary>
/// <param name="Name">Its name in the folder.</param>
/// <param name="RowCount">Number of rows.</param>
/// <param name="Length">Bytes.</param>
/// <param name="XxHash128">Hash of its content, 32 lower-case digits.</param>
internal sealed record FrozenFile(string Name, long RowCount, long Length, string XxHash128);

/// <summary>How the document is written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(FrozenTrainingSetDocument))]
internal sealed partial class FrozenTrainingSetJson : JsonSerializerContext;

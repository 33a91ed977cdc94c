using System.Collections.ObjectModel;
using System.Text.Json;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;

namespace Mlp.Training.Export;

/// <summary>
/// Where a model comes from, as the ONNX file itself says it in its metadata (<c>metadata_props</c>): it stays with the file wherever that goes. What a file does not say is null or empty.
/// Immutable and thread-safe.
/// </summary>
public sealed record ModelLineage
{
    internal const string RowCountKey = "mlp.training_set.rows";
    internal const string LabelKey = "mlp.label";
    internal const string CodeVersionKey = "mlp.code.version";
    internal const string CodeCommitKey = "mlp.code.commit";
    internal const string ParametersKey = "mlp.parameters";
    internal const string LibrariesKey = "mlp.libraries";
    internal const string PrecisionKey = "mlp.precision";

    /// <summary>Content hash of the training set, key <c>mlp.training_set.sha256</c>.</summary>
    public string? TrainingSetHash { get; init; }

    /// <summary>Rows of the training set, key <c>mlp.training_set.rows</c>.</summary>
    public long? RowCount { get; init; }

    /// <summary>Name and version of the feature service, as <c>trips/2</c>, key <c>mlp.feature_service</c>.</summary>
    public string? FeatureService { get; init; }

    /// <summary>Name of the label column, key <c>mlp.label</c>.</summary>
    public string? Label { get; init; }

    /// <summary>Version of the application's code, key <c>mlp.code.version</c>.</summary>
    public string? CodeVersion { get; init; }

    /// <summary>The commit in that version, where the build has stamped one (<c>1.2.0+</c> and 40 hexadecimal digits), key <c>mlp.code.commit</c>.</summary>
    public string? CodeCommit { get; init; }

    /// <summary>Id of the training run, key <c>mlp.run.id</c>.</summary>
    public string? RunId { get; init; }

    /// <summary>What the scores mean: task, classes, decision threshold, unit; key <c>mlp.output</c>. Null in files of other tools and of earlier versions.</summary>
    public ModelOutput? Output { get; init; }

    /// <summary>Settings of the training by name, key <c>mlp.parameters</c>, a JSON object of texts.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Quality by name, key <c>mlp.metrics</c>, a JSON object of numbers (<c>"NaN"</c> where a metric is none).</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = ReadOnlyDictionary<string, double>.Empty;

    /// <summary>Versions of the libraries that trained and wrote it, by name, key <c>mlp.libraries</c>, a JSON object of texts.</summary>
    public IReadOnlyDictionary<string, string> Libraries { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>The narrower numbers that it computes with, <c>float16</c> or <c>int8</c>, key <c>mlp.precision</c>; null for those that it was trained with.</summary>
    public string? Precision { get; init; }

    /// <summary>Reads the lineage of a file.</summary>
    /// <param name="onnx">Bytes of the ONNX file, of this platform or of any other.</param>
    /// <exception cref="InvalidModelException">The bytes are not an ONNX model, or its metadata is damaged.</exception>
    public static ModelLineage Read(ReadOnlyMemory<byte> onnx) => Of(OnnxModelReader.Read("file", onnx.Span).Metadata);

    /// <summary>Reads the lineage of a file.</summary>
    /// <param name="path">Path of the ONNX file.</param>
    /// <exception cref="FileNotFoundException">There is no file.</exception>
    /// <exception cref="InvalidModelException">It is not an ONNX model, or its metadata is damaged.</exception>
    public static ModelLineage ReadFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Of(OnnxModelReader.Read(Path.GetFileNameWithoutExtension(path), File.ReadAllBytes(path), path).Metadata);
    }

    private static ModelLineage Of(IReadOnlyDictionary<string, string> metadata) => new()
    {
        TrainingSetHash = metadata.GetValueOrDefault(ModelFileDescription.TrainingSetHashKey),
        RowCount = long.TryParse(metadata.GetValueOrDefault(RowCountKey), System.Globalization.CultureInfo.InvariantCulture, out var rows) ? rows : null,
        FeatureService = metadata.GetValueOrDefault(ModelFileDescription.FeatureServiceKey),
        Label = metadata.GetValueOrDefault(LabelKey),
        CodeVersion = metadata.GetValueOrDefault(CodeVersionKey),
        CodeCommit = metadata.GetValueOrDefault(CodeCommitKey),
        RunId = metadata.GetValueOrDefault(ModelFileDescription.RunIdKey),
        Output = Parse(metadata, ModelFileDescription.OutputKey, ModelManifestJsonContext.Default.ModelOutput),
        Parameters = Parse(metadata, ParametersKey, LineageJson.Default.IReadOnlyDictionaryStringString) ?? ReadOnlyDictionary<string, string>.Empty,
        Metrics = Parse(metadata, ModelFileDescription.MetricsKey, LineageJson.Default.IReadOnlyDictionaryStringDouble) ?? ReadOnlyDictionary<string, double>.Empty,
        Libraries = Parse(metadata, LibrariesKey, LineageJson.Default.IReadOnlyDictionaryStringString) ?? ReadOnlyDictionary<string, string>.Empty,
        Precision = metadata.GetValueOrDefault(PrecisionKey),
    };

    private static T? Parse<T>(IReadOnlyDictionary<string, string> metadata, string key, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return metadata.TryGetValue(key, out var json) ? JsonSerializer.Deserialize(json, type) : null;
        }
        catch (JsonException e)
        {
            throw new InvalidModelException("file", $"Expected the metadata '{key}' of the ONNX file to be a JSON object, but it cannot be read: {e.Message}", e);
        }
    }
}

using System.Buffers.Text;
using System.Collections.ObjectModel;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models.Packages;
using Mlp.Runtime.Onnx;

namespace Mlp.Runtime.Models;

/// <summary>What an ONNX file of this platform says of itself in its metadata (<c>metadata_props</c>). Immutable.</summary>
internal sealed record ModelFileDescription
{
    public const string OutputKey = "mlp.output";
    public const string FeaturesKey = "mlp.features";
    public const string FeatureServiceKey = "mlp.feature_service";
    public const string FingerprintKey = "mlp.feature_service.fingerprint";
    public const string TrainingSetHashKey = "mlp.training_set.sha256";
    public const string RunIdKey = "mlp.run.id";
    public const string MetricsKey = "mlp.metrics";

    /// <summary>The proof as JSON. This and the keys below are written when a model is saved, and taken out when it is read.</summary>
    public const string ProofKey = "mlp.proof";

    /// <summary>The manifest of the training set, as JSON.</summary>
    public const string TrainingSetKey = "mlp.training_set";

    /// <summary>The reference profile, as JSON.</summary>
    public const string ProfileKey = "mlp.reference_profile";

    /// <summary>Golden rows as an Arrow stream, in base64.</summary>
    public const string GoldenRowsKey = "mlp.golden_rows";

    /// <summary>The function of a calibration and how it was fitted, as JSON.</summary>
    public const string CalibrationKey = "mlp.calibration.function";

    private static readonly string[] SavedKeys = [ProofKey, TrainingSetKey, ProfileKey, GoldenRowsKey, CalibrationKey, ModelFileSeal.MarkKey, ModelFileSeal.Key];

    public required ModelOutput Output { get; init; }

    public IReadOnlyList<FeatureColumn>? Features { get; init; }

    public FeatureServiceReference? FeatureService { get; init; }

    public string? TrainingSetHash { get; init; }

    public string? RunId { get; init; }

    public IReadOnlyDictionary<string, double> Metrics { get; init; } = ReadOnlyDictionary<string, double>.Empty;

    public ExportProof? ExportProof { get; init; }

    public ReadOnlyMemory<byte> TrainingSetManifest { get; init; }

    public ReadOnlyMemory<byte> ReferenceProfile { get; init; }

    public GoldenRows? GoldenRows { get; init; }

    /// <summary>The calibration as it stands in the file; empty for none.</summary>
    public ReadOnlyMemory<byte> Calibration { get; init; }

    /// <summary>Reads the bytes of a model.</summary>
    /// <param name="path">Full path of the file.</param>
    /// <exception cref="FileNotFoundException">There is no file.</exception>
    public static byte[] ReadBytes(string path)
        => File.Exists(path) ? File.ReadAllBytes(path) : throw new FileNotFoundException($"Expected an ONNX file at '{path}', but found none.", path);

    /// <summary>Reads a model and what it says.</summary>
    /// <param name="path">Full path of the file.</param>
    /// <returns>The file as it was exported, without what saving has added, and what both say.</returns>
    /// <exception cref="FileNotFoundException">There is no file.</exception>
    /// <exception cref="InvalidModelException">It is no ONNX file, or does not say what its outputs mean.</exception>
    /// <exception cref="CorruptFileException">It is not what was saved, or what it says cannot be read.</exception>
    public static (byte[] Onnx, ModelFileDescription Said) ReadFile(string path)
    {
        var onnx = ReadBytes(path);
        var isSealed = ModelFileSeal.Ends(onnx);
        if (isSealed)
        {
            ModelFileSeal.ThrowIfBroken(onnx, path);
        }

        var name = Path.GetFileNameWithoutExtension(path);
        var metadata = OnnxModelReader.Read(name, onnx, path).Metadata;
        if (!isSealed && metadata.ContainsKey(ModelFileSeal.MarkKey))
        {
            throw ModelFileSeal.Broken(path, "none");
        }

        if (!metadata.ContainsKey(OutputKey))
        {
            throw new InvalidModelException(
                name,
                $"Expected a model that says in its metadata ('{OutputKey}') what its outputs mean, but the file '{path}' does not, as only exports of this platform's trainers do: say it by {nameof(ModelPackage)}.{nameof(ModelPackage.FromFile)}(path, output).");
        }

        var said = Of(metadata, path);
        if (!SavedKeys.Any(metadata.ContainsKey))
        {
            return (onnx, said);
        }

        var editor = OnnxModelEditor.Open(name, onnx);
        foreach (var key in SavedKeys)
        {
            editor.RemoveMetadata(key);
        }

        return (editor.ToArray(), said);
    }

    private static ModelFileDescription Of(IReadOnlyDictionary<string, string> metadata, string path)
    {
        var json = ModelManifestJsonContext.Default;
        return new()
        {
            Output = Parse(metadata, OutputKey, json.ModelOutput, path)!,
            Features = Parse(metadata, FeaturesKey, json.IReadOnlyListFeatureColumn, path) is { } features
                ? features.All(f => f is { Name: not null, View: not null }) ? features : throw Damaged(FeaturesKey, path, "a feature is null")
                : null,
            FeatureService = ServiceOf(metadata, path),
            TrainingSetHash = metadata.GetValueOrDefault(TrainingSetHashKey),
            RunId = metadata.GetValueOrDefault(RunIdKey),
            Metrics = Parse(metadata, MetricsKey, json.IReadOnlyDictionaryStringDouble, path) ?? ReadOnlyDictionary<string, double>.Empty,
            ExportProof = Parse(metadata, ProofKey, json.ExportProof, path),
            TrainingSetManifest = Bytes(metadata, TrainingSetKey),
            ReferenceProfile = Bytes(metadata, ProfileKey),
            GoldenRows = metadata.TryGetValue(GoldenRowsKey, out var rows)
                ? Base64.IsValid(rows) ? GoldenRowsFile.Read(Convert.FromBase64String(rows), path) : throw Damaged(GoldenRowsKey, path, "it is no base64")
                : null,
            Calibration = Bytes(metadata, CalibrationKey),
        };
    }

    private static FeatureServiceReference? ServiceOf(IReadOnlyDictionary<string, string> metadata, string path)
    {
        if (!metadata.TryGetValue(FeatureServiceKey, out var service))
        {
            return null;
        }

        var slash = service.LastIndexOf('/');
        return slash > 0 && int.TryParse(service.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            && metadata.TryGetValue(FingerprintKey, out var fingerprint)
            ? new(service[..slash], version, fingerprint)
            : throw Damaged(FeatureServiceKey, path, $"it is no name/version with a '{FingerprintKey}'");
    }

    private static ReadOnlyMemory<byte> Bytes(IReadOnlyDictionary<string, string> metadata, string key)
        => metadata.TryGetValue(key, out var text) ? Encoding.UTF8.GetBytes(text) : ReadOnlyMemory<byte>.Empty;

    private static T? Parse<T>(IReadOnlyDictionary<string, string> metadata, string key, JsonTypeInfo<T> type, string path)
        where T : class
    {
        try
        {
            return metadata.TryGetValue(key, out var json) ? JsonSerializer.Deserialize(json, type) ?? throw Damaged(key, path, "it is null") : null;
        }
        catch (JsonException e)
        {
            throw Damaged(key, path, e.Message.TrimEnd('.'), e);
        }
    }

    private static CorruptFileException Damaged(string key, string path, string found, Exception? cause = null)
        => new(path, $"Expected the metadata '{key}' of the ONNX file '{path}' as it was written, but it cannot be read: {found}.", innerException: cause);
}

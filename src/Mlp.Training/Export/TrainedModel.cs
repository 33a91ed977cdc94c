using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Training.Evaluation.Calibration;

namespace Mlp.Training.Export;

/// <summary>A trained model as a file with its proof: all that is needed to evaluate, compare and publish it. Immutable and thread-safe.</summary>
public sealed record TrainedModel
{
    /// <summary>Bytes of the ONNX file.</summary>
    public required ReadOnlyMemory<byte> Onnx { get; init; }

    /// <summary>The features it takes, in order.</summary>
    public required IReadOnlyList<FeatureColumn> Features { get; init; }

    /// <summary>What its output means.</summary>
    public required ModelOutput Output { get; init; }

    /// <summary>Agreement of the file with the trained network.</summary>
    public required ExportProof ExportProof { get; init; }

    /// <summary>The feature service that the training set came from; null when it came from elsewhere.</summary>
    public FeatureServiceReference? FeatureService { get; init; }

    /// <summary>What it was trained on; null when nobody has said.</summary>
    public TrainingSetManifest? TrainingSet { get; init; }

    /// <summary>Id of the training run that made it; null when nobody has said.</summary>
    public string? RunId { get; init; }

    /// <summary>Content hash of the training set.</summary>
    public string? TrainingSetHash => TrainingSet?.ContentHash;

    /// <summary>The reference profile of the training set's rows and of the scores on them, as JSON.</summary>
    public ReadOnlyMemory<byte> ReferenceProfile { get; init; }

    /// <summary>Some of the rows that proved the export, with the exported file's answers; null when none are kept.</summary>
    public GoldenRows? GoldenRows { get; init; }

    /// <summary>What makes the file's scores come true; null where they are as they were trained.</summary>
    public ScoreCalibration? Calibration { get; init; }

    /// <summary>The model as the registry takes it. The manifest's metrics are those given and those of the calibration.</summary>
    /// <param name="metrics">Quality on a holdout, by name; see <see cref="Evaluation.EvaluationResult.Metrics"/>. The file's metadata names them too.</param>
    /// <param name="parentVersion">The version that this one was compared with.</param>
    /// <param name="description">A sentence for people.</param>
    /// <param name="tags">Free labels.</param>
    public ModelPackage ToPackage(
        IReadOnlyDictionary<string, double>? metrics = null, int? parentVersion = null, string? description = null, IReadOnlyDictionary<string, string>? tags = null) => new()
        {
            Onnx = metrics is { Count: > 0 } ? LineageStamp.AddMetrics(Onnx, metrics) : Onnx,
            Output = Output,
            FeatureService = FeatureService,
            Features = Features,
            Metrics = MetricsWith(metrics),
            TrainingSetHash = TrainingSetHash,
            TrainingSetManifest = TrainingSet?.ToJson() ?? ReadOnlyMemory<byte>.Empty,
            ReferenceProfile = ReferenceProfile,
            GoldenRows = GoldenRows,
            ExportProof = ExportProof,
            ParentVersion = parentVersion,
            RunId = RunId,
            Description = description,
            Tags = tags ?? new Dictionary<string, string>(),
        };

    /// <summary>
    /// Saves the model as one ONNX file that <see cref="LoadAsync"/> reads back, whole or not at all; what was reported as saved survives a power loss. What <see cref="Onnx"/> does not say itself, such as proof and reference
    /// profile, stands in the file's metadata.
    /// </summary>
    /// <param name="path">Path of the file; its folder exists.</param>
    /// <param name="options">How; null for the defaults: one file, and none is replaced.</param>
    /// <param name="cancellationToken">Looked at before anything gets its name.</param>
    /// <exception cref="FileWriteException">The folder is missing or may not be written, the path is taken, or the disk is full or failed. Nothing new is left behind.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public Task SaveAsync(string path, ModelFileOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new();
        OptionRanges.ThrowIfViolated(options);
        return Task.Run(() => ModelFile.Default.Save(SavedModel.Write(this, options.IncludeGoldenRows), path, options, cancellationToken), cancellationToken);
    }

    /// <summary>
    /// Reads a model that <see cref="SaveAsync"/> wrote, on any machine: it is evaluated, compared and published like the one that was saved. The golden rows are there if the file was told to hold them.
    /// </summary>
    /// <param name="path">Path of the file; external data lies beside it and becomes part of <see cref="Onnx"/> again.</param>
    /// <param name="cancellationToken">Looked at before the file is read.</param>
    /// <returns>The model.</returns>
    /// <exception cref="FileNotFoundException">There is no file.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidModelException">It is no ONNX file, or none that <see cref="SaveAsync"/> wrote; or its external data is missing.</exception>
    /// <exception cref="Mlp.Runtime.CorruptFileException">It or its external data is not what was written.</exception>
    public static Task<TrainedModel> LoadAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Task.Run(() => SavedModel.Read(Path.GetFullPath(path)), cancellationToken);
    }

    // What the caller says of a name stands.
    private Dictionary<string, double> MetricsWith(IReadOnlyDictionary<string, double>? metrics)
    {
        var all = new Dictionary<string, double>(Calibration?.Metrics ?? new Dictionary<string, double>(), StringComparer.Ordinal);
        foreach (var (name, value) in metrics ?? new Dictionary<string, double>())
        {
            all[name] = value;
        }

        return all;
    }
}

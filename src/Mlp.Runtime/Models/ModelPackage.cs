using System.Text.Json;
using Mlp.Runtime.Data;

namespace Mlp.Runtime.Models;

/// <summary>A model as it is handed to the registry: any valid ONNX file with a description, from our exporter or any other.</summary>
public sealed record ModelPackage
{
    /// <summary>Bytes of the ONNX file.</summary>
    public required ReadOnlyMemory<byte> Onnx { get; init; }

    /// <summary>
    /// The folder that the ONNX file's references to external data are relative to; null for a model that is one file. The registry copies the files from there while it publishes.
    /// </summary>
    public string? ExternalDataDirectory { get; init; }

    /// <summary>Where the ONNX file was read from, for messages; null when it was not read by <see cref="FromFile(string, ModelOutput)"/>.</summary>
    internal string? SourcePath { get; init; }

    /// <summary>What the outputs mean.</summary>
    public required ModelOutput Output { get; init; }

    /// <summary>The feature service whose features the model takes; null when callers bring the inputs themselves.</summary>
    public FeatureServiceReference? FeatureService { get; init; }

    /// <summary>The features the model takes, in order; null when callers bring the inputs themselves.</summary>
    public IReadOnlyList<FeatureColumn>? Features { get; init; }

    /// <summary>Quality on the holdout, by name, for example <c>auc</c>.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>();

    /// <summary>Content hash of the training set; null takes that of <see cref="TrainingSetManifest"/>.</summary>
    public string? TrainingSetHash { get; init; }

    /// <summary>The manifest of the training set as JSON (<see cref="Data.TrainingSetManifest.ToJson"/>); empty when there is none.</summary>
    public ReadOnlyMemory<byte> TrainingSetManifest { get; init; }

    /// <summary>The reference profile as JSON (see <c>ReferenceProfile</c>); empty when there is none.</summary>
    public ReadOnlyMemory<byte> ReferenceProfile { get; init; }

    /// <summary>
    /// Rows with the answers that the model gives them; null when there are none. They are run whenever the version is loaded, and a version that answers them differently is refused.
    /// They are rows of real data that whoever reads the registry can read.
    /// </summary>
    public GoldenRows? GoldenRows { get; init; }

    /// <summary>Agreement of the file with the trained model; null when the file came from elsewhere.</summary>
    public ExportProof? ExportProof { get; init; }

    /// <summary>The version this one was compared with or trained from.</summary>
    public int? ParentVersion { get; init; }

    /// <summary>Id of the training run that made it; null when nobody says.</summary>
    public string? RunId { get; init; }

    /// <summary>A sentence for people.</summary>
    public string? Description { get; init; }

    /// <summary>Free labels.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>Properties of an imported manifest that this version of the platform does not know.</summary>
    internal Dictionary<string, JsonElement>? Unknown { get; init; }

    /// <summary>Reads a model from a folder: the ONNX file itself, and whatever external data lies beside it.</summary>
    /// <param name="path">Path of the ONNX file.</param>
    /// <param name="output">What the outputs mean.</param>
    /// <returns>A package to complete by <c>with</c>.</returns>
    /// <exception cref="FileNotFoundException">There is no file.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ModelPackage FromFile(string path, ModelOutput output)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(output);
        var full = Path.GetFullPath(path);
        return new ModelPackage { Onnx = ModelFileDescription.ReadBytes(full), ExternalDataDirectory = Path.GetDirectoryName(full), SourcePath = full, Output = output };
    }

    /// <summary>
    /// Reads a model that this platform exported from a folder: its metadata says what the outputs mean, which features it takes, and where it comes from. One that <c>TrainedModel.SaveAsync</c> wrote brings its proof, the manifest
    /// of its training set and its reference profile too.
    /// </summary>
    /// <param name="path">Path of the ONNX file; external data lies beside it.</param>
    /// <returns>A package to publish, or to complete by <c>with</c>.</returns>
    /// <exception cref="FileNotFoundException">There is no file.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidModelException">It is no ONNX file, or another tool's, which does not say what its outputs mean.</exception>
    /// <exception cref="CorruptFileException">It is not what <c>TrainedModel.SaveAsync</c> wrote, or its metadata is damaged.</exception>
    public static ModelPackage FromFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var full = Path.GetFullPath(path);
        var (onnx, said) = ModelFileDescription.ReadFile(full);
        return new ModelPackage
        {
            Onnx = onnx,
            ExternalDataDirectory = Path.GetDirectoryName(full),
            SourcePath = full,
            Output = said.Output,
            FeatureService = said.FeatureService,
            Features = said.Features,
            Metrics = said.Metrics,
            TrainingSetHash = said.TrainingSetHash,
            TrainingSetManifest = said.TrainingSetManifest,
            ReferenceProfile = said.ReferenceProfile,
            GoldenRows = said.GoldenRows,
            ExportProof = said.ExportProof,
            RunId = said.RunId,
        };
    }
}

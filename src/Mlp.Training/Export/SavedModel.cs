using System.Globalization;
using System.Text;
using System.Text.Json;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Models.Packages;
using Mlp.Runtime.Onnx;
using Mlp.Training.Evaluation.Calibration;

namespace Mlp.Training.Export;

/// <summary>A model as its file: what the ONNX file does not say anyway stands in its metadata, so that it comes back whole.</summary>
internal static class SavedModel
{
    /// <summary>The file of a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="includeGoldenRows">Whether golden rows are in it.</param>
    /// <returns>Its ONNX file with what the file is not told at export, to be sealed by <see cref="ModelFile.Save"/>.</returns>
    public static byte[] Write(TrainedModel model, bool includeGoldenRows)
    {
        var editor = OnnxModelEditor.Open("saved", model.Onnx);
        var known = OnnxModelReader.Read("saved", model.Onnx.Span).Metadata;

        // What was exported stands there already; what has been set since by `with` goes before.
        void Say(string key, string? value)
        {
            if (value is null)
            {
                editor.RemoveMetadata(key);
            }
            else if (known.GetValueOrDefault(key) != value)
            {
                editor.SetMetadata(key, value);
            }
        }

        var service = model.FeatureService;
        Say(ModelFileDescription.OutputKey, JsonSerializer.Serialize(model.Output, ModelManifestJsonContext.Default.ModelOutput));
        Say(ModelFileDescription.FeaturesKey, FeatureJson(model.Features));
        Say(ModelFileDescription.FeatureServiceKey, service is null ? null : string.Create(CultureInfo.InvariantCulture, $"{service.Name}/{service.Version}"));
        Say(ModelFileDescription.FingerprintKey, service?.Fingerprint);
        Say(ModelFileDescription.RunIdKey, model.RunId);
        Say(ModelFileDescription.ProofKey, JsonSerializer.Serialize(model.ExportProof, ModelManifestJsonContext.Default.ExportProof));
        Say(ModelFileDescription.TrainingSetKey, model.TrainingSet is { } set ? Encoding.UTF8.GetString(set.ToJson()) : null);
        Say(ModelFileDescription.ProfileKey, model.ReferenceProfile.IsEmpty ? null : Encoding.UTF8.GetString(model.ReferenceProfile.Span));
        Say(ModelFileDescription.GoldenRowsKey, includeGoldenRows && model.GoldenRows is { } rows ? Convert.ToBase64String(GoldenRowsFile.Write(rows)) : null);
        Say(ModelFileDescription.CalibrationKey, model.Calibration is { } calibration ? CalibrationJson.Serialize(calibration) : null);
        Say(ModelFileSeal.MarkKey, ModelFileSeal.Mark);
        return editor.ToArray();
    }

    /// <summary>Reads a model with its external data.</summary>
    /// <param name="path">Full path of the file.</param>
    /// <exception cref="FileNotFoundException">There is no file.</exception>
    /// <exception cref="InvalidModelException">It is no ONNX file, nobody has saved it by <see cref="Write"/>, or external data is missing.</exception>
    /// <exception cref="CorruptFileException">The file is not what was written, what it says cannot be read, or external data is not what was written.</exception>
    public static TrainedModel Read(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        var (onnx, said) = ModelFileDescription.ReadFile(path);
        if (said is not { ExportProof: { } proof, Features: { } features })
        {
            throw new InvalidModelException(
                name,
                $"Expected a model that {nameof(TrainedModel)}.{nameof(TrainedModel.SaveAsync)} wrote, with '{ModelFileDescription.ProofKey}' in its metadata, but the file '{path}' has none: read it by {nameof(ModelPackage)}.{nameof(ModelPackage.FromFile)}, which needs no proof.");
        }

        return new()
        {
            Onnx = WithWeights(name, onnx, Path.GetDirectoryName(path)!),
            Features = features,
            Output = said.Output,
            ExportProof = proof,
            FeatureService = said.FeatureService,
            TrainingSet = said.TrainingSetManifest.IsEmpty ? null : TrainingSetManifest.Parse(said.TrainingSetManifest.Span),
            RunId = said.RunId,
            ReferenceProfile = said.ReferenceProfile,
            GoldenRows = said.GoldenRows,
            Calibration = said.Calibration.IsEmpty ? null : CalibrationJson.Deserialize(said.Calibration.Span, path),
        };
    }

    /// <summary>Features as the metadata names them.</summary>
    public static string FeatureJson(IReadOnlyList<FeatureColumn> features)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartArray();
            foreach (var feature in features)
            {
                writer.WriteStartObject();
                writer.WriteString("name", feature.Name);
                writer.WriteString("type", Mlp.Runtime.Storage.EnumTerms<FeatureType>.Of(feature.Type));
                if (feature.IsVector)
                {
                    writer.WriteNumber("length", feature.Length);
                }

                writer.WriteString("view", feature.View);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static byte[] WithWeights(string name, byte[] onnx, string folder)
    {
        var tensors = OnnxExternalDataReader.Read(name, onnx);
        if (tensors.Count == 0)
        {
            return onnx;
        }

        var files = ExternalDataSource.Locations(name, tensors).ToDictionary(l => l, l => ReadWeights(name, folder, l), StringComparer.Ordinal);
        ExternalDataSource.RequireWithin(name, tensors, [.. files.Select(f => new ExternalDataFile(f.Key, f.Value.Length, string.Empty))]);
        return OnnxWeightInliner.Inline(name, onnx, tensors, t => files[t.Location].AsSpan((int)t.Offset, (int)(t.Length ?? files[t.Location].Length - t.Offset)).ToArray());
    }

    private static byte[] ReadWeights(string name, string folder, string location)
    {
        var path = ExternalDataSource.Find(name, folder, location);
        var content = File.ReadAllBytes(path);
        return !ModelFile.IsNamedByContent(location) || location == ModelFile.WeightsNameOf(content)
            ? content
            : throw new CorruptFileException(path, $"Expected the external data '{path}' to hold what its name says, but it holds something else: it was changed after it was saved.");
    }
}

using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Training.Runs;

namespace Mlp.Training.Export;

/// <summary>Writes the lineage of a model into the metadata of its file. The same training by the same code gives the same bytes: no time and no machine is in it.</summary>
internal static partial class LineageStamp
{
    // By type, so that an assembly need not be loaded already to be named.
    private static readonly Type[] Libraries = [typeof(LineageStamp), typeof(ModelManifest), typeof(InferenceSession), typeof(Apache.Arrow.RecordBatch), typeof(TorchSharp.torch)];

    /// <summary>Stamps a graph that is being written.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="manifest">What the model was trained on.</param>
    /// <param name="output">What its outputs mean.</param>
    /// <param name="parameters">Settings of the trainer.</param>
    /// <param name="options">What the caller knows.</param>
    public static void Write(OnnxGraphBuilder graph, TrainingSetManifest manifest, ModelOutput output, IReadOnlyDictionary<string, string> parameters, LineageOptions options)
    {
        if (manifest.FeatureService is { } service)
        {
            graph.AddMetadata(ModelFileDescription.FeatureServiceKey, string.Create(CultureInfo.InvariantCulture, $"{service.Name}/{service.Version}"));
            graph.AddMetadata(ModelFileDescription.FingerprintKey, service.Fingerprint);
        }

        graph.AddMetadata(ModelFileDescription.OutputKey, JsonSerializer.Serialize(output, ModelManifestJsonContext.Default.ModelOutput));
        graph.AddMetadata(ModelFileDescription.TrainingSetHashKey, manifest.ContentHash);
        graph.AddMetadata(ModelLineage.RowCountKey, manifest.RowCount.ToString(CultureInfo.InvariantCulture));
        if (manifest.LabelColumns is [var label])
        {
            graph.AddMetadata(ModelLineage.LabelKey, label);
        }

        if ((options.CodeVersion ?? RunEnvironment.CodeVersion()) is { } version)
        {
            graph.AddMetadata(ModelLineage.CodeVersionKey, version);
            if (Commit().Match(version) is { Success: true } commit)
            {
                graph.AddMetadata(ModelLineage.CodeCommitKey, commit.Groups[1].Value);
            }
        }

        if (options.RunId is { } run)
        {
            graph.AddMetadata(ModelFileDescription.RunIdKey, run);
        }

        var settings = new SortedDictionary<string, string>(parameters.ToDictionary(), StringComparer.Ordinal);
        foreach (var (name, value) in options.Parameters)
        {
            settings[name] = value;
        }

        AddTexts(graph, ModelLineage.ParametersKey, settings);
        AddTexts(graph, ModelLineage.LibrariesKey, new SortedDictionary<string, string>(Libraries.Select(t => t.Assembly).ToDictionary(a => a.GetName().Name!, VersionOf), StringComparer.Ordinal));
        if (options.Metrics.Count > 0)
        {
            graph.AddMetadata(ModelFileDescription.MetricsKey, Json(options.Metrics));
        }
    }

    /// <summary>Adds metrics to those that a file names, and replaces those of the same name.</summary>
    /// <param name="onnx">Bytes of the file.</param>
    /// <param name="metrics">The metrics.</param>
    /// <returns>The new file; it computes what it did.</returns>
    public static ReadOnlyMemory<byte> AddMetrics(ReadOnlyMemory<byte> onnx, IReadOnlyDictionary<string, double> metrics)
    {
        var known = ModelLineage.Read(onnx).Metrics.ToDictionary();
        foreach (var (name, value) in metrics)
        {
            known[name] = value;
        }

        return Set(onnx, ModelFileDescription.MetricsKey, Json(known));
    }

    /// <summary>Says something of a file.</summary>
    /// <param name="onnx">Bytes of the file.</param>
    /// <param name="key">The key; what was said under it before is replaced.</param>
    /// <param name="value">The value.</param>
    public static byte[] Set(ReadOnlyMemory<byte> onnx, string key, string value)
    {
        var editor = OnnxModelEditor.Open("exported", onnx);
        editor.SetMetadata(key, value);
        return editor.ToArray();
    }

    private static void AddTexts(OnnxGraphBuilder graph, string key, SortedDictionary<string, string> texts)
    {
        if (texts.Count > 0)
        {
            graph.AddMetadata(key, JsonSerializer.Serialize(texts, LineageJson.Default.IReadOnlyDictionaryStringString));
        }
    }

    private static string Json(IReadOnlyDictionary<string, double> metrics)
        => JsonSerializer.Serialize(new SortedDictionary<string, double>(metrics.ToDictionary(), StringComparer.Ordinal), LineageJson.Default.IReadOnlyDictionaryStringDouble);

    private static string VersionOf(Assembly assembly)
        => assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? assembly.GetName().Version?.ToString() ?? string.Empty;

    [GeneratedRegex(@"\+(?:.*\.)?([0-9a-f]{40})\b", RegexOptions.CultureInvariant)]
    private static partial Regex Commit();
}

using System.Globalization;
using System.Text;
using System.Text.Json;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Training.Export;

namespace Mlp.Training.Trees;

/// <summary>
/// A model in LightGBM's text format (<c>Booster.save_model</c>, versions v2 to v4), read without LightGBM: it scores rows as LightGBM does, in float64, and converts to ONNX.
/// Immutable and thread-safe.
/// </summary>
public sealed class LightGbmModel
{
    /// <summary>Name of the output with the scores.</summary>
    public const string ScoreOutput = "score";

    /// <summary>Name of the output with the sums of the leaves.</summary>
    public const string RawScoreOutput = "raw_score";

    private LightGbmModel(LightGbmTextReader reader, string text)
    {
        Text = text;
        Version = reader.Header.GetValueOrDefault("version", string.Empty);
        ClassCount = reader.HeaderInt("num_class", 1);
        ScoreCount = reader.Header.ContainsKey("num_tree_per_iteration") ? reader.HeaderInt("num_tree_per_iteration", 1) : ClassCount;
        LabelIndex = reader.HeaderInt("label_index", 0);
        Objective = reader.Header.GetValueOrDefault("objective", string.Empty);
        IsAveraged = reader.Header.ContainsKey("average_output");
        FeatureNames = Words(reader, "feature_names", isRequired: true);
        FeatureInfos = Words(reader, "feature_infos", isRequired: true);
        MonotoneConstraints = [.. Words(reader, "monotone_constraints", isRequired: false).Select(w => int.Parse(w, CultureInfo.InvariantCulture))];
        Parameters = reader.Parameters;
        Trees = reader.Trees;
        if (Trees.Count % ScoreCount != 0)
        {
            throw new LightGbmFormatException(FormattableString.Invariant($"Expected a multiple of {ScoreCount} trees, one per score and iteration, but found {Trees.Count}."));
        }

        Known = LightGbmObjective.Parse(Objective);
    }

    /// <summary>Version of the format, as <c>v4</c>.</summary>
    public string Version { get; }

    /// <summary>Number of classes; 1 but for several classes.</summary>
    public int ClassCount { get; }

    /// <summary>Trees of an iteration, and scores of a row.</summary>
    public int ScoreCount { get; }

    /// <summary>Column of the label in the file it was trained from.</summary>
    public int LabelIndex { get; }

    /// <summary>The objective with its parameters, as <c>binary sigmoid:1</c>; empty for one of the caller's own.</summary>
    public string Objective { get; }

    /// <summary>Whether scores are means over the iterations, as of a random forest, instead of sums.</summary>
    public bool IsAveraged { get; }

    /// <summary>The features in order.</summary>
    public IReadOnlyList<string> FeatureNames { get; }

    /// <summary>Per feature what training saw: <c>[least:greatest]</c>, categories with colons between them, or <c>none</c>.</summary>
    public IReadOnlyList<string> FeatureInfos { get; }

    /// <summary>Per feature 1 (scores rise with it), −1 (they fall) or 0; empty without constraints.</summary>
    public IReadOnlyList<int> MonotoneConstraints { get; }

    /// <summary>The settings it was trained with, by LightGBM's names.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; }

    /// <summary>Number of trees.</summary>
    public int TreeCount => Trees.Count;

    /// <summary>Number of iterations.</summary>
    public int IterationCount => Trees.Count / ScoreCount;

    /// <summary>What it predicts.</summary>
    public ModelTask Task => Known.Task;

    internal string Text { get; }

    internal LightGbmObjective Known { get; }

    internal IReadOnlyList<LightGbmTree> Trees { get; }

    /// <summary>What leaves are multiplied with.</summary>
    internal double LeafFactor => IsAveraged && IterationCount > 0 ? 1.0 / IterationCount : 1;

    /// <summary>Reads a model.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="LightGbmFormatException">The text is no model, or one with linear trees or an unknown objective, which ONNX cannot express.</exception>
    public static LightGbmModel Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new(LightGbmTextReader.Read(text), text);
    }

    /// <summary>Reads a file.</summary>
    /// <param name="path">Its path.</param>
    /// <exception cref="LightGbmFormatException">As for <see cref="Parse"/>.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static LightGbmModel Load(string path) => Parse(File.ReadAllText(path));

    /// <summary>Sums of the leaves of a row, before the output transformation.</summary>
    /// <param name="row">A value per feature; NaN where it is missing.</param>
    /// <param name="scores">Shape (<see cref="ScoreCount"/>); overwritten.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public void PredictRaw(ReadOnlySpan<double> row, Span<double> scores)
    {
        if (row.Length != FeatureNames.Count || scores.Length != ScoreCount)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"Expected {FeatureNames.Count} features and {ScoreCount} scores, but found {row.Length} and {scores.Length}."), nameof(row));
        }

        scores.Clear();
        for (var i = 0; i < Trees.Count; i++)
        {
            scores[i % ScoreCount] += Trees[i].Leaves[Trees[i].LeafOf(row)];
        }

        if (IsAveraged && IterationCount > 0)
        {
            foreach (ref var score in scores)
            {
                score /= IterationCount;
            }
        }
    }

    /// <summary>Scores of a row: probabilities, or a number in the label's unit.</summary>
    /// <inheritdoc cref="PredictRaw"/>
    public void Predict(ReadOnlySpan<double> row, Span<double> scores)
    {
        PredictRaw(row, scores);
        Known.Apply(scores);
    }

    /// <summary>How much each feature was used.</summary>
    /// <param name="kind">What is counted.</param>
    /// <returns>One number per feature, in their order.</returns>
    public double[] FeatureImportance(FeatureImportanceKind kind)
    {
        var importance = new double[FeatureNames.Count];
        foreach (var tree in Trees)
        {
            for (var split = 0; split < tree.SplitCount; split++)
            {
                if (tree.Gains[split] > 0)
                {
                    importance[tree.Features[split]] += kind == FeatureImportanceKind.Gain ? tree.Gains[split] : 1;
                }
            }
        }

        return importance;
    }

    /// <summary>
    /// Converts the model to ONNX: one input with the features, named <c>float32</c> or <c>float64</c>, of shape (N, features), NaN where a value is missing, and the output
    /// <c>score</c> of shape (N, <see cref="ScoreCount"/>). The file's metadata holds the features' names.
    /// </summary>
    /// <param name="options">How it is written; null for the defaults.</param>
    /// <returns>Bytes of the file.</returns>
    /// <exception cref="ArgumentException">The input type is neither float32 nor float64.</exception>
    /// <exception cref="LightGbmFormatException">The model has no trees.</exception>
    public byte[] ToOnnx(TreeConversionOptions? options = null)
    {
        options ??= new();
        if (options.InputType is not (FeatureType.Float32 or FeatureType.Float64))
        {
            throw new ArgumentException($"{nameof(TreeConversionOptions)}.{nameof(TreeConversionOptions.InputType)} must be {FeatureType.Float32} or {FeatureType.Float64}, but is {options.InputType}.", nameof(options));
        }

        if (Trees.Count == 0)
        {
            throw new LightGbmFormatException("Expected a model with at least one tree, but found none: ONNX has no operator for it.");
        }

        var (opset, mlOpset) = TreeGraph.OpsetOf(options.Operator);
        var graph = new OnnxGraphBuilder("trees", opset, mlOpset);
        var isInputWide = options.InputType == FeatureType.Float64;
        var isWide = options.Precision == TreePrecision.Float64;
        var input = graph.AddInput(
            FeatureBinding.BlockName(options.InputType), isInputWide ? OnnxDataType.Float64 : OnnxDataType.Float32, OnnxGraphBuilder.Batch, FeatureNames.Count);
        if (isInputWide != isWide)
        {
            input = graph.AddNode("Cast", [input], [OnnxAttribute.Int("to", (int)(isWide ? OnnxDataType.Float64 : OnnxDataType.Float32))]);
        }

        var raw = new TreeGraph(this, options.Operator, isWide, areCategoriesWhole: false).WriteRaw(graph, input);
        TreeGraph.WriteLink(graph, raw, Known, ScoreOutput);
        graph.AddOutput(ScoreOutput, OnnxDataType.Float32, OnnxGraphBuilder.Batch, ScoreCount);
        if (options.IncludeRawScore)
        {
            graph.AddNode("Identity", [raw], output: RawScoreOutput);
            graph.AddOutput(RawScoreOutput, OnnxDataType.Float32, OnnxGraphBuilder.Batch, ScoreCount);
        }

        graph.AddMetadata("mlp.features", FeaturesAsJson(options.InputType));
        graph.AddMetadata("mlp.lightgbm.objective", Objective);
        graph.AddMetadata("mlp.lightgbm.trees", TreeCount.ToString(CultureInfo.InvariantCulture));
        return graph.Build();
    }

    /// <summary>
    /// Converts the model to a package that the registry takes, with the names of its features, and proves the file: ONNX Runtime and LightGBM (where its library is not there, this class) score the
    /// rows, the same with missing and with extreme values, in batches of several sizes. The largest |file − LightGBM| / max(1, |LightGBM|) of raw scores is stored with the package, and some of the
    /// rows as golden rows.
    /// </summary>
    /// <param name="options">How it is written; null for the defaults.</param>
    /// <param name="classNames">Names of the classes in the order of their scores; two for a binary model; null for none.</param>
    /// <param name="view">The view that the features come from.</param>
    /// <param name="rows">Rows that prove the file, shape (rows, features), row-major, NaN where a value is missing; empty for rows made from the model's thresholds and categories.</param>
    /// <param name="tolerance">Largest difference of raw scores with which there is a package, 0 to 1; null for 0.000002, or 0.00001 where sums are float32.</param>
    /// <param name="goldenRowCount">How many of the rows are kept as golden rows, 0 to 64.</param>
    /// <param name="cancellationToken">Ends the proof between runs.</param>
    /// <exception cref="ArgumentException">As for <see cref="ToOnnx"/>, or the rows are of another number of features.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The tolerance or the number of golden rows is out of range.</exception>
    /// <exception cref="LightGbmFormatException">The model has no trees.</exception>
    /// <exception cref="ExportRefusedException">File and model differ by more.</exception>
    /// <exception cref="Mlp.Runtime.MissingNativePackageException">The application lacks the package with ONNX Runtime's native library.</exception>
    public ModelPackage ToPackage(
        TreeConversionOptions? options = null,
        IReadOnlyList<string>? classNames = null,
        string view = "lightgbm",
        ReadOnlySpan<double> rows = default,
        double? tolerance = null,
        int goldenRowCount = 16,
        CancellationToken cancellationToken = default)
    {
        options ??= new();
        ArgumentOutOfRangeException.ThrowIfNegative(goldenRowCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(goldenRowCount, GoldenRows.MaximumCount);
        if (tolerance is { } limit && !(limit is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(tolerance), limit, "Expected a tolerance from 0 to 1.");
        }

        if (rows.Length % FeatureNames.Count != 0)
        {
            throw new ArgumentException(FormattableString.Invariant($"Expected rows of {FeatureNames.Count} features, but found {rows.Length} values in all."), nameof(rows));
        }

        var package = new ModelPackage
        {
            Onnx = ToOnnx(options),
            Output = new ModelOutput { Task = Task, ScoreOutput = ScoreOutput, ClassNames = classNames ?? [] },
            Features = [.. FeatureNames.Select(name => new FeatureColumn(name, options.InputType, view))],
        };
        var narrow = options.Precision == TreePrecision.Float32 ? OnnxExporter.Tolerance : TextModelProof.Tolerance;
        return new TextModelProof(this, options).Complete(package, rows, tolerance ?? narrow, goldenRowCount, cancellationToken);
    }

    private string FeaturesAsJson(FeatureType type)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartArray();
            foreach (var name in FeatureNames)
            {
                writer.WriteStartObject();
                writer.WriteString("name", name);
                writer.WriteString("type", FeatureBinding.BlockName(type));
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static string[] Words(LightGbmTextReader reader, string key, bool isRequired)
    {
        if (!reader.Header.TryGetValue(key, out var line))
        {
            return isRequired ? throw new LightGbmFormatException($"Expected a line '{key}=' in the model's header, but found none.") : [];
        }

        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var count = reader.HeaderInt("max_feature_idx", 0) + 1;
        return words.Length == count
            ? words
            : throw new LightGbmFormatException(FormattableString.Invariant($"Expected {count} entries in the line '{key}=' of the model's header, but found {words.Length}."));
    }
}

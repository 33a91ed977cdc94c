using System.Collections.ObjectModel;
using System.Text.Json.Serialization;
using Mlp.Runtime;
using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Storage;
using Mlp.Training.Evaluation.Slices;

namespace Mlp.Training.Evaluation;

/// <summary>How good a model's scores are on labelled rows: a table for people by <see cref="ToString"/>, and a file by <see cref="Save"/>. Immutable.</summary>
[JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
public sealed record EvaluationResult
{
    /// <summary>The newest format that is read.</summary>
    internal const int CurrentFormatVersion = 1;

    /// <summary>What the file says that it is.</summary>
    internal const string FormatName = "mlp-evaluation";

    /// <summary>For the reader of files, which sets all of it.</summary>
    [JsonConstructor]
    internal EvaluationResult()
    {
    }

    internal EvaluationResult(BinaryClassificationMetrics classification)
    {
        (Task, Classification, RowCount) = (ModelTask.BinaryClassification, classification, classification.RowCount);
        Metrics = Named(
            (MetricNames.Auc, classification.Auc),
            (MetricNames.AveragePrecision, classification.AveragePrecision),
            (MetricNames.LogLoss, classification.LogLoss),
            (MetricNames.Brier, classification.Brier),
            (MetricNames.Accuracy, classification.Accuracy),
            (MetricNames.Precision, classification.Precision),
            (MetricNames.Recall, classification.Recall),
            (MetricNames.F1, classification.F1),
            (MetricNames.CalibrationError, classification.ExpectedCalibrationError));
    }

    internal EvaluationResult(RegressionMetrics regression)
    {
        (Task, Regression, RowCount) = (ModelTask.Regression, regression, regression.RowCount);
        Metrics = Named(
            (MetricNames.MeanError, regression.MeanError),
            (MetricNames.MeanAbsoluteError, regression.MeanAbsoluteError),
            (MetricNames.RootMeanSquaredError, regression.RootMeanSquaredError),
            (MetricNames.RSquared, regression.RSquared));
    }

    internal EvaluationResult(MulticlassMetrics multiclass, IReadOnlyList<string> classNames, params ReadOnlySpan<(string Name, double Value)> others)
    {
        (Task, Multiclass, RowCount, ClassNames) = (ModelTask.MulticlassClassification, multiclass, multiclass.RowCount, classNames);
        Metrics = Named(
            [
                (MetricNames.Accuracy, multiclass.Accuracy),
                (MetricNames.MacroF1, multiclass.MacroF1),
                (MetricNames.WeightedF1, multiclass.WeightedF1),
                (MetricNames.LogLoss, multiclass.LogLoss),
                (MetricNames.MacroAuc, multiclass.MacroAuc),
                (MetricNames.WeightedAuc, multiclass.WeightedAuc),
                .. others,
            ]);
    }

    internal EvaluationResult(RankingMetrics ranking)
    {
        (Task, Ranking, RowCount) = (ModelTask.Ranking, ranking, ranking.RowCount);
        Metrics = Named(
            (MetricNames.Ndcg, ranking.Ndcg),
            (MetricNames.MeanReciprocalRank, ranking.MeanReciprocalRank),
            (MetricNames.MeanAveragePrecision, ranking.MeanAveragePrecision));
    }

    /// <summary>What the scores predict.</summary>
    public ModelTask Task { get; init; }

    /// <summary>Rows evaluated: those with a weight above 0.</summary>
    public long RowCount { get; init; }

    /// <summary>The metrics of a binary classifier; null for others.</summary>
    public BinaryClassificationMetrics? Classification { get; init; }

    /// <summary>The metrics of a regression; null for others.</summary>
    public RegressionMetrics? Regression { get; init; }

    /// <summary>The metrics of a classifier of several classes, with the areas of each class and the confusion matrix; null for others.</summary>
    public MulticlassMetrics? Multiclass { get; init; }

    /// <summary>The metrics of a ranking; null for others.</summary>
    public RankingMetrics? Ranking { get; init; }

    /// <summary>Names of the classes in the order of <see cref="MulticlassMetrics.Aucs"/> and of the confusion matrix; empty for other tasks.</summary>
    public IReadOnlyList<string> ClassNames { get; init => field = value ?? []; } = [];

    /// <summary>The same numbers by name, for a model's manifest: see <see cref="MetricNames"/>. NaN where a metric is not defined on the rows.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init => field = value ?? ReadOnlyDictionary<string, double>.Empty; } = ReadOnlyDictionary<string, double>.Empty;

    /// <summary>The 95 % confidence intervals of the metrics that have one, by the same names; empty when none were asked for.</summary>
    public IReadOnlyDictionary<string, ConfidenceInterval> Intervals { get; init => field = value ?? ReadOnlyDictionary<string, ConfidenceInterval>.Empty; }
        = ReadOnlyDictionary<string, ConfidenceInterval>.Empty;

    /// <summary>The metric that parts are compared with all rows by; null without slices.</summary>
    public string? SliceMetric { get; init; }

    /// <summary>The parts, the worst first.</summary>
    public IReadOnlyList<SliceResult> Slices { get; init => field = value ?? []; } = [];

    /// <summary>What the numbers do not say: metrics that are not defined on the rows and why, parts that were too small.</summary>
    public IReadOnlyList<string> Notes { get; init => field = value ?? []; } = [];

    [JsonInclude]
    [JsonPropertyOrder(-2)]
    internal string Format { get; init; } = FormatName;

    [JsonInclude]
    [JsonPropertyOrder(-1)]
    internal int FormatVersion { get; init; } = VersionedJson.FirstVersion;

    /// <summary>Reads a result.</summary>
    /// <param name="utf8Json">What <see cref="ToJson"/> wrote.</param>
    /// <exception cref="CorruptFileException">It is no result of an evaluation, or is damaged.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    public static EvaluationResult Parse(ReadOnlySpan<byte> utf8Json) => EvaluationJson.Deserialize(utf8Json, "evaluation.json");

    /// <summary>Reads a result from a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="CorruptFileException">It is no result of an evaluation, or is damaged.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    /// <exception cref="FileNotFoundException">There is no file.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static EvaluationResult Load(string path) => EvaluationJson.Deserialize(SavedFile.Read(path, "an evaluation"), path);

    /// <summary>Writes the result as UTF-8 JSON. The same result gives the same bytes.</summary>
    public byte[] ToJson() => EvaluationJson.Serialize(this);

    /// <summary>Writes the result to a file, whole or not at all. When this returns it is on the device.</summary>
    /// <param name="path">The file; its folder exists.</param>
    /// <param name="overwrite">Whether a file of that name may be replaced. Default false.</param>
    /// <exception cref="FileWriteException">The folder is missing or may not be written, the path is taken, or the disk is full or failed.</exception>
    public void Save(string path, bool overwrite = false) => SavedFile.Default.Save(path, "evaluation", overwrite, stream => stream.Write(ToJson()));

    /// <summary>The result as aligned text: metrics with their intervals, parts, notes.</summary>
    /// <returns>Lines that end with a line feed.</returns>
    public override string ToString() => EvaluationTable.Write(this);

    private static SortedDictionary<string, double> Named(params ReadOnlySpan<(string Name, double Value)> metrics)
    {
        var named = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var (name, value) in metrics)
        {
            named.Add(name, value);
        }

        return named;
    }
}

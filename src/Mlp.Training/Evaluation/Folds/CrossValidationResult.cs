using System.Globalization;
using System.Text;
using Mlp.Runtime;
using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;

namespace Mlp.Training.Evaluation.Folds;

/// <summary>How good a trainer's models are on rows that they have not seen: a table for people by <see cref="ToString"/>, and a file by <see cref="Save"/>. Immutable.</summary>
public sealed record CrossValidationResult
{
    /// <summary>What the models predict.</summary>
    public required ModelTask Task { get; init; }

    /// <summary>The folds of the first repeat, then of the next.</summary>
    public required IReadOnlyList<FoldResult> Folds { get; init; }

    /// <summary>The metrics over folds, by name; see <see cref="MetricNames"/>.</summary>
    public required IReadOnlyDictionary<string, FoldMetric> Metrics { get; init; }

    /// <summary>The out-of-fold predictions of all rows, measured together, with intervals and slices where asked for. With repeats of their means, which are better than each.</summary>
    public required EvaluationResult OutOfFold { get; init; }

    /// <summary>The out-of-fold predictions.</summary>
    public required OutOfFoldPredictions Predictions { get; init; }

    /// <summary>Test rows by training rows, the mean over folds: how much folds share.</summary>
    public required double TestShare { get; init; }

    /// <summary>The same for the same folds of the same rows: only such results can be compared.</summary>
    public required string FoldFingerprint { get; init; }

    /// <summary>Id of the run that keeps it; null without a tracker.</summary>
    public string? RunId { get; init; }

    /// <summary>What the numbers do not say, for example metrics that some folds do not have.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Reads a result.</summary>
    /// <param name="utf8Json">What <see cref="ToJson"/> wrote.</param>
    /// <exception cref="CorruptFileException">It is no result of a cross-validation, or is damaged.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    public static CrossValidationResult Parse(ReadOnlySpan<byte> utf8Json) => CrossValidationJson.Deserialize(utf8Json, CrossValidationJson.FileName);

    /// <summary>Reads a result from a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="CorruptFileException">It is no result of a cross-validation, or is damaged.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    /// <exception cref="FileNotFoundException">There is no file.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static CrossValidationResult Load(string path) => CrossValidationJson.Deserialize(SavedFile.Read(path, "a cross-validation"), path);

    /// <summary>Writes the result as UTF-8 JSON, with the predictions and labels of all rows. The same result gives the same bytes.</summary>
    public byte[] ToJson() => CrossValidationJson.Serialize(this);

    /// <summary>Writes the result to a file, whole or not at all. When this returns it is on the device.</summary>
    /// <param name="path">The file; its folder exists.</param>
    /// <param name="overwrite">Whether a file of that name may be replaced. Default false.</param>
    /// <exception cref="FileWriteException">The folder is missing or may not be written, the path is taken, or the disk is full or failed.</exception>
    public void Save(string path, bool overwrite = false) => SavedFile.Default.Save(path, "cross-validation", overwrite, stream => stream.Write(ToJson()));

    /// <summary>The metrics as aligned text.</summary>
    /// <returns>Lines that end with a line feed.</returns>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Folds.Count} folds of {Folds.Max(f => f.TestRowCount):N0} rows at most\n");
        TextTable.Append(
            text,
            [
                ["metric", "mean", "deviation", "95 % interval", "least", "greatest"],
                .. Metrics.Select(m => new[]
                {
                    m.Key,
                    TextTable.Number(m.Value.Mean),
                    TextTable.Number(m.Value.Deviation),
                    TextTable.Interval(m.Value.Interval),
                    TextTable.Number(m.Value.Values.Where(double.IsFinite).DefaultIfEmpty(double.NaN).Min()),
                    TextTable.Number(m.Value.Values.Where(double.IsFinite).DefaultIfEmpty(double.NaN).Max()),
                }),
            ]);
        foreach (var note in Notes)
        {
            text.Append(note).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>The metrics of folds.</summary>
    internal static SortedDictionary<string, FoldMetric> Summarise(IReadOnlyList<FoldResult> folds, double testShare)
    {
        var metrics = new SortedDictionary<string, FoldMetric>(StringComparer.Ordinal);
        foreach (var name in folds[0].Result.Metrics.Keys)
        {
            double[] values = [.. folds.Select(f => f.Result.Metrics[name])];
            var mean = new FoldMean([.. values.Where(v => !double.IsNaN(v))], testShare);
            metrics.Add(name, new(mean.Mean, mean.Deviation, new ConfidenceInterval(mean.Lower, mean.Upper), values));
        }

        return metrics;
    }
}

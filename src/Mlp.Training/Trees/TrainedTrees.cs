using System.Collections.ObjectModel;
using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Telemetry;
using Mlp.Training.Export;
using Mlp.Training.Hosting;
using Mlp.Training.Preprocessing;
using Mlp.Training.Trees.Interop;

namespace Mlp.Training.Trees;

/// <summary>Trees that have been trained, in LightGBM's memory, with the rows they were trained on. Scoring is thread-safe; dispose of it when it is exported.</summary>
public sealed class TrainedTrees : IFittedModel, IExportable
{
    private const int BatchSize = 4096;
    private const string ScoringParameters = "verbosity=-1";

    private readonly LightGbmBooster _booster;
    private readonly LabelledRows _rows;
    private readonly TreeConversionOptions _conversion;
    private bool _isDisposed;

    internal TrainedTrees(
        LightGbmModel model,
        TreeEncoding encoding,
        LabelledRows rows,
        int trainingCount,
        TrainingSetManifest manifest,
        ModelTask task,
        IReadOnlyList<TrainingProgress> history,
        TreeConversionOptions conversion)
    {
        (Model, Encoding, _rows, TrainingCount, UnseenStart) = (model, encoding, rows, trainingCount, trainingCount);
        (Manifest, Task, History, _conversion) = (manifest, task, history, conversion);
        _booster = LightGbmBooster.Load(model.Text);
    }

    /// <inheritdoc/>
    public ModelTask Task { get; }

    /// <inheritdoc/>
    public IReadOnlyList<FeatureColumn> Features => Encoding.Layout.Columns;

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames => _rows.ClassNames;

    /// <inheritdoc/>
    public int ScoreCount => Model.ScoreCount;

    /// <summary>What it was trained on.</summary>
    public TrainingSetManifest Manifest { get; }

    /// <summary>One entry per iteration. Losses are the metric, or 1 − metric where a greater one is better, as of AUC and NDCG.</summary>
    public IReadOnlyList<TrainingProgress> History { get; }

    /// <summary>The iteration up to which trees are kept, from 1, without those that it went on from.</summary>
    public int BestIteration => History[^1].BestEpoch;

    /// <summary>How many rows, the first by time, it was trained on; the others validated.</summary>
    public int TrainingCount { get; }

    /// <summary>The trees as LightGBM's text model reads. Its features are the columns of the trees: texts and codes are numbers of values there.</summary>
    public LightGbmModel Model { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Parameters => TreeSettings.With(Settings, Model.Parameters);

    IExportSource IExportable.Source => new TreeExportSource(this, Encoding, Model, _conversion);

    LabelledRows IExportable.Rows => _rows;

    int IExportable.UnseenStart => UnseenStart;

    /// <summary>What tells it from every other model, without keeping its memory.</summary>
    internal object Identity { get; } = new();

    /// <summary>The settings of the trainer.</summary>
    internal IReadOnlyDictionary<string, string> Settings { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>The first of the last rows that trained neither these trees nor those that they go on from; the number of rows where none is known to.</summary>
    internal int UnseenStart { get; init; }

    internal TreeEncoding Encoding { get; }

    internal LabelledRows Rows => _rows;

    /// <summary>The trees as a text that every LightGBM reads.</summary>
    public string ToText() => Model.Text;

    /// <summary>How much each feature was used; of a vector the sum over its elements.</summary>
    /// <param name="kind">What is counted.</param>
    public IReadOnlyDictionary<string, double> FeatureImportance(FeatureImportanceKind kind = FeatureImportanceKind.Gain)
    {
        var ofColumn = Model.FeatureImportance(kind);
        return Encoding.Columns.Select((column, i) => (column.Feature.Name, Value: ofColumn[i]))
            .GroupBy(p => p.Name, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.Sum(p => p.Value), StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public float[] Predict(RecordBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return Predict(FeatureTable.Of(batch, Features));
    }

    /// <summary>
    /// Writes the trees and the way from features to their columns as one ONNX file and proves it: ONNX Runtime scores the validation rows (the training rows where there are none),
    /// and the largest |file − LightGBM| / max(1, |LightGBM|) is stored with the model.
    /// </summary>
    /// <inheritdoc/>
    public TrainedModel Export(ExportOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new();
        OptionRanges.ThrowIfViolated(options);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return TracedWork.Run(
            TrainingActivities.Start(TrainingSpans.Export),
            () => OnnxExporter.Create(((IExportable)this).Source, _rows, UnseenStart < _rows.RowCount ? UnseenStart : 0, Manifest, options, cancellationToken),
            static (span, model) => span.SetTag("bytes", model.Onnx.Length));
    }

    /// <summary>Frees the native memory.</summary>
    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _booster.Dispose();
        }
    }

    internal float[] Predict(FeatureTable table)
        => System.Array.ConvertAll(Predict(table, 0, table.RowCount, LightGbmNative.Normal), score => (float)score);

    internal double[] PredictRaw(FeatureTable table, int first, int count) => Predict(table, first, count, LightGbmNative.RawScore);

    private double[] Predict(FeatureTable table, int first, int count, int predictType)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var scores = new double[checked(count * ScoreCount)];
        var width = Encoding.Columns.Count;
        var buffer = new double[Math.Min(BatchSize, count) * width];
        for (var done = 0; done < count; done += BatchSize)
        {
            var size = Math.Min(BatchSize, count - done);
            Encoding.Write(table, first + done, size, buffer);
            _booster.Predict(buffer.AsSpan(0, size * width), width, predictType, scores.AsSpan(done * ScoreCount, size * ScoreCount), ScoringParameters);
        }

        return scores;
    }
}

using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Training.Export;
using Mlp.Training.Networks;
using Mlp.Training.Preprocessing;
using Mlp.Training.Sampling;

namespace Mlp.Training.Evaluation.Importance;

/// <summary>
/// Permutation importance: the metric on labelled rows less the metric on the same rows with the values of a feature shuffled among them (Breiman, "Random Forests", Machine Learning 45, 2001, section 10; scikit-learn's
/// <c>permutation_importance</c>). Measure it on rows that the model was not trained on. Immutable.
/// </summary>
public sealed class PermutationImportance
{
    private PermutationImportance(GateMetric metric, double baseline, IReadOnlyList<FeatureImportance> features) => (Metric, Baseline, Features) = (metric, baseline, features);

    /// <summary>What was measured.</summary>
    public GateMetric Metric { get; }

    /// <summary>The metric on the rows as they are.</summary>
    public double Baseline { get; }

    /// <summary>The features and groups, the most important first.</summary>
    public IReadOnlyList<FeatureImportance> Features { get; }

    /// <summary>Measures it of a model that was trained.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">Labelled rows with its features; a weight column counts. They are held in memory.</param>
    /// <param name="options">Repeats and metric; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the measuring.</param>
    /// <exception cref="ArgumentException">A setting is out of range, a group names no feature or one twice, or the metric says nothing about the model's task.</exception>
    /// <exception cref="TrainingDataException">The rows do not fit the model.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async Task<PermutationImportance> MeasureAsync(
        IFittedModel model, ITrainingSet rows, ImportanceOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(rows);
        options = Checked(options);
        var (metric, groups) = (MetricRule.For(model.Task, options.Metric), GroupsOf(model.Features, options.Groups));
        var scored = await Evaluator.ScoreAsync(model, rows, options.GroupColumn, cancellationToken).ConfigureAwait(false);
        using var batch = await ReadFeaturesAsync(rows, model.Features, cancellationToken).ConfigureAwait(false);
        return Measure(metric, options.DecisionThreshold ?? Evaluator.DefaultThreshold, groups, scored, batch, permuted => System.Array.ConvertAll(model.Predict(permuted), s => (double)s), options, cancellationToken);
    }

    /// <summary>Measures it of an exported model in ONNX Runtime.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">Labelled rows with its features; a weight column counts. They are held in memory.</param>
    /// <param name="options">Repeats and metric; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the measuring.</param>
    /// <exception cref="Mlp.Runtime.Models.InvalidModelException">The file cannot be run on the rows.</exception>
    /// <inheritdoc cref="MeasureAsync(IFittedModel, ITrainingSet, ImportanceOptions, CancellationToken)" path="/exception"/>
    public static async Task<PermutationImportance> MeasureAsync(
        TrainedModel model, ITrainingSet rows, ImportanceOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(rows);
        options = Checked(options);
        var (metric, groups) = (MetricRule.For(model.Output.Task, options.Metric), GroupsOf(model.Features, options.Groups));
        var scored = await Evaluator.ScoreAsync(model, rows, options.GroupColumn, cancellationToken).ConfigureAwait(false);
        using var batch = await ReadFeaturesAsync(rows, model.Features, cancellationToken).ConfigureAwait(false);
        using var scorer = OnnxScorer.Open("measured", model.Onnx, model.Features, model.Output);
        var threshold = options.DecisionThreshold ?? model.Output.DecisionThreshold;
        return Measure(metric, threshold, groups, scored, batch, permuted => scorer.ScoreClasses(FeatureTable.Of(permuted, model.Features), 0, permuted.Length, cancellationToken), options, cancellationToken);
    }

    private static PermutationImportance Measure(
        GateMetric metric,
        double threshold,
        List<IReadOnlyList<string>> groups,
        ScoredRows scored,
        RecordBatch batch,
        Func<RecordBatch, double[]> predict,
        ImportanceOptions options,
        CancellationToken cancellationToken)
    {
        double MetricOf(ScoredRows of) => MetricRule.Read(metric, EvaluationCalculator.Compute(of, threshold, options: null));
        var baseline = MetricOf(scored);
        var features = new List<FeatureImportance>();
        foreach (var group in groups)
        {
            var name = string.Join(" + ", group);
            var random = SeededRandom.For(options.Seed, name);
            var values = new double[options.Repeats];
            for (var repeat = 0; repeat < values.Length; repeat++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                values[repeat] = MetricRule.Improvement(metric, baseline, MetricOf(scored.WithScores(predict(Permute(batch, group, random)))));
            }

            var mean = values.Average();
            features.Add(new(name, mean, Math.Sqrt(values.Average(v => (v - mean) * (v - mean))), values));
        }

        return new(metric, baseline, [.. features.OrderByDescending(f => f.Importance).ThenBy(f => f.Name, StringComparer.Ordinal)]);
    }

    private static ImportanceOptions Checked(ImportanceOptions? options)
    {
        options ??= new();
        OptionRanges.ThrowIfViolated(options);
        return options;
    }

    private static List<IReadOnlyList<string>> GroupsOf(IReadOnlyList<FeatureColumn> features, IReadOnlyList<IReadOnlyList<string>> groups)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in groups.SelectMany(g => g))
        {
            if (!features.Any(f => f.Name == name))
            {
                throw new ArgumentException($"Expected groups of the model's features, but it has no feature '{name}'.", nameof(groups));
            }

            if (!seen.Add(name))
            {
                throw new ArgumentException($"Expected each feature in one group, but '{name}' is in several.", nameof(groups));
            }
        }

        return [.. groups.Where(g => g.Count > 0), .. features.Where(f => !seen.Contains(f.Name)).Select(f => (IReadOnlyList<string>)[f.Name])];
    }

    private static async Task<RecordBatch> ReadFeaturesAsync(ITrainingSet rows, IReadOnlyList<FeatureColumn> features, CancellationToken cancellationToken)
    {
        var names = features.Select(f => f.Name).Concat(features.Select(f => TrainingSetColumns.StatusOf(f.View))).ToHashSet(StringComparer.Ordinal);
        var batches = new List<RecordBatch>();
        try
        {
            await foreach (var batch in rows.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                batches.Add(batch);
            }

            int[] columns = [.. Enumerable.Range(0, rows.Schema.FieldsList.Count).Where(i => names.Contains(rows.Schema.GetFieldByIndex(i).Name))];
            var schema = new Schema(columns.Select(rows.Schema.GetFieldByIndex), metadata: null);
            List<RecordBatch> narrow = [.. batches.Select(b => new RecordBatch(schema, columns.Select(b.Column), b.Length))];
            (int, int)[] all = [.. narrow.SelectMany((b, i) => Enumerable.Range(0, b.Length).Select(row => (i, row)))];
            return RowGather.Gather(schema, narrow, all);
        }
        finally
        {
            batches.ForEach(b => b.Dispose());
        }
    }

    private static RecordBatch Permute(RecordBatch batch, IReadOnlyList<string> names, SeededRandom random)
    {
        var order = Enumerable.Range(0, batch.Length).ToArray();
        random.Shuffle(order);
        (int, int)[] rows = System.Array.ConvertAll(order, row => (0, row));
        int[] moved = [.. names.Select(n => batch.Schema.GetFieldIndex(n))];
        var schema = new Schema(moved.Select(batch.Schema.GetFieldByIndex), metadata: null);
        var gathered = RowGather.Gather(schema, [new RecordBatch(schema, moved.Select(batch.Column), batch.Length)], rows);
        return new RecordBatch(
            batch.Schema,
            Enumerable.Range(0, batch.ColumnCount).Select(i => System.Array.IndexOf(moved, i) is >= 0 and var at ? gathered.Column(at) : batch.Column(i)),
            batch.Length);
    }
}

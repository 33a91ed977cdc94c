using Apache.Arrow;
using Apache.Arrow.Types;
using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Scoring;

/// <summary>Scores one record batch with one version, in parts that a slot can hold.</summary>
internal sealed class BatchScorer
{
    private static readonly Field[] ResultFields =
        [new Field(BatchColumns.Score, DoubleType.Default, nullable: false), new Field(BatchColumns.PredictedClass, Int32Type.Default, nullable: false)];

    private readonly ServingVersion _version;
    private readonly RecordBatch _batch;
    private readonly FeatureColumnReader[] _readers;

    /// <summary>Finds the columns.</summary>
    /// <param name="version">The version.</param>
    /// <param name="batch">The table.</param>
    /// <exception cref="ArgumentException">A column is missing, has a type that does not fit, or is called like a result.</exception>
    public BatchScorer(ServingVersion version, RecordBatch batch)
    {
        _version = version;
        _batch = batch;
        var where = FormattableString.Invariant($"model '{version.Manifest.Name}' version {version.Manifest.Version}");
        _readers = new FeatureColumnReaders(batch, version.Inputs.Layout, where).Create();
        foreach (var result in ResultFields)
        {
            if (batch.Schema.FieldsList.Any(f => f.Name == result.Name))
            {
                throw new ArgumentException($"Expected a batch without a column '{result.Name}', which scoring adds, but found one ({where}).");
            }
        }
    }

    /// <summary>Scores all rows.</summary>
    /// <param name="slot">A rented slot of the version.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <exception cref="InferenceFailedException">The engine failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public RecordBatch Score(InferenceSlot slot, CancellationToken cancellationToken)
    {
        var scores = new DoubleArray.Builder().Reserve(_batch.Length);
        var classes = new Int32Array.Builder().Reserve(_batch.Length);
        for (var first = 0; first < _batch.Length; first += slot.Rows.Capacity)
        {
            var count = Math.Min(slot.Rows.Capacity, _batch.Length - first);
            Run(slot, first, count, cancellationToken);
            for (var row = 0; row < count; row++)
            {
                var (score, predictedClass) = _version.Score.Read(slot.Score, row);
                scores.Append(score);
                classes.Append(predictedClass);
            }
        }

        _version.Recorder.Metrics.RecordScored(_batch.Length);
        return Append(scores.Build(), classes.Build());
    }

    private void Run(InferenceSlot slot, int first, int count, CancellationToken cancellationToken)
    {
        slot.Rows.Reset(count);
        foreach (var reader in _readers)
        {
            reader.Read(first, count, slot.Rows);
        }

        try
        {
            slot.Run(_version.IsInterruptible(count), cancellationToken);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InferenceFailedException(_version.Manifest.Name, _version.Manifest.Version, e);
        }
    }

    /// <summary>The columns are shared by reference count, so that both batches can be disposed of in any order.</summary>
    private RecordBatch Append(IArrowArray scores, IArrowArray classes)
    {
        var schema = new Schema([.. _batch.Schema.FieldsList, .. ResultFields], _batch.Schema.Metadata);
        var shared = _batch.Arrays.Select(a => ArrowArrayFactory.BuildArray(a.Data.Retain()));
        return new RecordBatch(schema, [.. shared, scores, classes], _batch.Length);
    }
}

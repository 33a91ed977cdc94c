using System.Numerics.Tensors;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;

namespace Mlp.Runtime.Inference;

/// <summary>Predictions on features that the caller brings. Thread-safe.</summary>
internal sealed class FeaturePredictor(ServingVersion version, Predictor predictor)
{
    private FeatureRowLayout? _knownLayout;

    /// <summary>Refuses features that the model cannot take, before a slot is rented for them.</summary>
    /// <param name="features">One value per feature.</param>
    /// <exception cref="InvalidOperationException">The model takes other types than float32.</exception>
    /// <exception cref="ArgumentException">The number of features is wrong.</exception>
    public void Check(ReadOnlySpan<float> features)
    {
        var layout = version.Inputs.Layout;
        if (!version.Inputs.TakesFloatsOnly)
        {
            var other = layout.Columns.First(c => c.Type != FeatureType.Float32);
            throw new InvalidOperationException(
                FormattableString.Invariant($"Expected a model whose features are all Float32, but '{other.Name}' is {other.Type} ({Where}); pass {nameof(FeatureRows)}."));
        }

        if (features.Length != layout.Columns.Count)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"Expected {layout.Columns.Count} features, but found {features.Length} ({Where})."), nameof(features));
        }
    }

    /// <summary>Refuses rows that have another layout than the model.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="resultCount">Room for answers.</param>
    /// <exception cref="ArgumentException">The layout is another one, or there is no room for the answers.</exception>
    public void Check(FeatureRows rows, int resultCount)
    {
        var layout = version.Inputs.Layout;
        if (!ReferenceEquals(rows.Layout, layout) && !ReferenceEquals(rows.Layout, Volatile.Read(ref _knownLayout)))
        {
            FeatureLayoutCheck.Require(layout, rows.Layout, Where);
            Volatile.Write(ref _knownLayout, rows.Layout);
        }

        if (resultCount < rows.RowCount)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"Expected room for {rows.RowCount} results, one per row, but found {resultCount} ({Where})."), nameof(resultCount));
        }
    }

    /// <summary>Predicts one row and gives the slot back.</summary>
    /// <param name="slot">A rented slot of one row.</param>
    /// <param name="call">The call.</param>
    /// <param name="features">Values that <see cref="Check(ReadOnlySpan{float})"/> has passed.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Prediction Predict(InferenceSlot slot, in CallContext call, ReadOnlySpan<float> features, CancellationToken cancellationToken)
    {
        try
        {
            var rows = slot.Rows;
            rows.Reset(1);
            features.CopyTo(rows.Float32);
            rows.Status.Fill(FeatureStatus.Present);
            if (TensorPrimitives.IsNaNAny(features))
            {
                MarkMissing(features, rows.Status);
            }

            var prediction = default(Prediction);
            Run(slot, call, new Span<Prediction>(ref prediction), cancellationToken);
            return prediction;
        }
        finally
        {
            version.Singles.Return(slot);
        }
    }

    /// <summary>Predicts rows that <see cref="Check(FeatureRows, int)"/> has passed, in parts that a slot can hold.</summary>
    /// <param name="pool">The pool to rent from.</param>
    /// <param name="call">The call.</param>
    /// <param name="rows">The caller's rows.</param>
    /// <param name="results">Receives one answer per row.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>False if the pool is closed; nothing has been done then.</returns>
    public bool TryPredict(SlotPool pool, in CallContext call, FeatureRows rows, Span<Prediction> results, CancellationToken cancellationToken)
    {
        if (pool.Rent(cancellationToken) is not { } slot)
        {
            return false;
        }

        try
        {
            for (var first = 0; first < results.Length; first += slot.Rows.Capacity)
            {
                var count = Math.Min(slot.Rows.Capacity, results.Length - first);
                FeatureRowCopy.Copy(rows, first, count, slot.Rows);
                Run(slot, call, results.Slice(first, count), cancellationToken, first);
            }

            return true;
        }
        finally
        {
            pool.Return(slot);
        }
    }

    private string Where => FormattableString.Invariant($"model '{version.Manifest.Name}' version {version.Manifest.Version}");

    private void Run(InferenceSlot slot, in CallContext call, Span<Prediction> results, CancellationToken cancellationToken, int firstRow = 0)
    {
        try
        {
            predictor.Run(slot, call, default, results, cancellationToken, firstRow);
        }
        catch (Exception e)
        {
            Predictor.Rethrow(e, predictor.Fail(slot, call, default, e, cancellationToken));
            throw;
        }
    }

    /// <summary>A span has no statuses, so NaN is how its caller says that there is no value.</summary>
    private static void MarkMissing(ReadOnlySpan<float> features, Span<FeatureStatus> status)
    {
        for (var i = 0; i < features.Length; i++)
        {
            if (float.IsNaN(features[i]))
            {
                status[i] = FeatureStatus.Null;
            }
        }
    }
}

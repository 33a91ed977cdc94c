using System.Numerics.Tensors;
using Microsoft.ML.OnnxRuntime.Tensors;
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
        RequireFloats();
        if (features.Length != layout.Columns.Count)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"Expected {layout.Columns.Count} features, but found {features.Length} ({Where})."), nameof(features));
        }
    }

    /// <summary>Refuses rows that have another layout than the model.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="results">Room for answers.</param>
    /// <exception cref="ArgumentException">The layout is another one, or there is no room for the answers.</exception>
    public void Check(FeatureRows rows, int results)
    {
        var layout = version.Inputs.Layout;
        if (!ReferenceEquals(rows.Layout, layout) && !ReferenceEquals(rows.Layout, Volatile.Read(ref _knownLayout)))
        {
            FeatureLayoutCheck.Require(layout, rows.Layout, Where);
            Volatile.Write(ref _knownLayout, rows.Layout);
        }

        if (results < rows.RowCount)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"Expected room for {rows.RowCount} results, one per row, but found {results} ({Where})."), nameof(results));
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
            var token = version.Start(slot.Deadline, call, cancellationToken);
            Fill(slot.Rows, features, 1);
            var prediction = default(Prediction);
            Run(slot, call, new Span<Prediction>(ref prediction), withOthers: false, token, cancellationToken);
            return prediction;
        }
        finally
        {
            version.Singles.Return(slot);
        }
    }

    /// <summary>Refuses rows of float32 that the model cannot take or answer, before a slot is rented for them.</summary>
    /// <param name="features">The rows.</param>
    /// <param name="outputs">Room for outputs.</param>
    /// <returns>Number of rows.</returns>
    /// <exception cref="InvalidOperationException">The model takes or gives other types than float32.</exception>
    /// <exception cref="ArgumentException">The features are no whole rows, or the outputs are not as many as theirs.</exception>
    public int CheckRows(ReadOnlySpan<float> features, ReadOnlySpan<float> outputs)
    {
        var output = version.RequireScore().Score;
        var width = version.Inputs.Layout.Columns.Count;
        RequireFloats();
        if (features.Length % width != 0)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"Expected rows of {width} features, but found {features.Length} values ({Where})."), nameof(features));
        }

        if (output.ElementType != TensorElementType.Float)
        {
            throw new InvalidOperationException($"Expected a model whose score output is Float32, but '{output.Name}' is {TensorElements.FromEngine(output.ElementType)} ({Where}); call {nameof(IModel.Run)}.");
        }

        var rowCount = features.Length / width;
        return outputs.Length == (long)rowCount * output.Width
            ? rowCount
            : throw new ArgumentException(
                FormattableString.Invariant($"Expected room for exactly {(long)rowCount * output.Width} outputs, {output.Width} for each of {rowCount} rows, but found {outputs.Length} ({Where})."),
                nameof(outputs));
    }

    /// <summary>Predicts rows that <see cref="CheckRows"/> has passed, in parts that a slot can hold.</summary>
    /// <param name="pool">The pool to rent from.</param>
    /// <param name="call">The call.</param>
    /// <param name="features">The rows.</param>
    /// <param name="rowCount">Number of rows.</param>
    /// <param name="outputs">Receives the rows of the score output.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>False if the pool is closed; nothing has been done then.</returns>
    public bool TryPredict(
        SlotPool<InferenceSlot> pool, in CallContext call, ReadOnlySpan<float> features, int rowCount, Span<float> outputs, CancellationToken cancellationToken)
    {
        if (version.Rent(pool, call, rowCount, cancellationToken) is not { } slot)
        {
            return false;
        }

        try
        {
            var token = version.Start(slot.Deadline, call, cancellationToken);
            var (inputWidth, outputWidth) = (version.Inputs.Layout.Columns.Count, version.Outputs!.Score.Width);
            Span<Prediction> predictions = slot.Predictions;
            for (var first = 0; first < rowCount; first += slot.Rows.Capacity)
            {
                var count = Math.Min(slot.Rows.Capacity, rowCount - first);
                Fill(slot.Rows, features.Slice(first * inputWidth, count * inputWidth), count);
                Run(slot, call, predictions[..count], withOthers: false, token, cancellationToken, first);
                slot.Score.Floats[..(count * outputWidth)].CopyTo(outputs[(first * outputWidth)..]);
            }

            return true;
        }
        finally
        {
            pool.Return(slot);
        }
    }

    /// <summary>Predicts rows that <see cref="Check(FeatureRows, int)"/> has passed, in parts that a slot can hold.</summary>
    /// <param name="pool">The pool to rent from.</param>
    /// <param name="call">The call.</param>
    /// <param name="rows">The caller's rows.</param>
    /// <param name="results">Receives one answer per row.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>False if the pool is closed; nothing has been done then.</returns>
    public bool TryPredict(SlotPool<InferenceSlot> pool, in CallContext call, FeatureRows rows, Span<Prediction> results, CancellationToken cancellationToken)
    {
        if (version.Rent(pool, call, results.Length, cancellationToken) is not { } slot)
        {
            return false;
        }

        try
        {
            var token = version.Start(slot.Deadline, call, cancellationToken);
            for (var first = 0; first < results.Length; first += slot.Rows.Capacity)
            {
                var count = Math.Min(slot.Rows.Capacity, results.Length - first);
                FeatureRowCopy.Copy(rows, first, count, slot.Rows);
                Run(slot, call, results.Slice(first, count), withOthers: false, token, cancellationToken, first);
            }

            return true;
        }
        finally
        {
            pool.Return(slot);
        }
    }

    /// <summary>Runs the rows of a slot, and tells of a failure.</summary>
    /// <param name="slot">A rented slot whose rows are filled.</param>
    /// <param name="call">The call.</param>
    /// <param name="results">Receives one answer per row.</param>
    /// <param name="withOthers">Whether the other outputs are wanted too.</param>
    /// <param name="token">The token to look at.</param>
    /// <param name="cancellationToken">The caller's token.</param>
    /// <param name="firstRow">What the first row is in what the caller passed, for messages.</param>
    public void Run(
        InferenceSlot slot, in CallContext call, Span<Prediction> results, bool withOthers, CancellationToken token, CancellationToken cancellationToken, int firstRow = 0)
    {
        try
        {
            predictor.Run(slot, call, default, results, withOthers, token, firstRow);
        }
        catch (Exception e)
        {
            Predictor.Rethrow(e, predictor.Fail(slot, call, default, e, predictor.CurrentTrace, cancellationToken));
            throw;
        }
    }

    /// <summary>Runs the row of a slot, alone at once or in a batch later, and gives the slot back when that has ended.</summary>
    /// <typeparam name="TResult">The answer.</typeparam>
    /// <param name="slot">A rented slot of one row, which is filled.</param>
    /// <param name="call">The call.</param>
    /// <param name="read">Makes the answer.</param>
    /// <param name="withOthers">Whether the other outputs are wanted too.</param>
    /// <param name="token">The token to look at.</param>
    /// <param name="cancellationToken">The caller's token.</param>
    public ValueTask<TResult> RunAsync<TResult>(
        InferenceSlot slot, in CallContext call, RecordReader<TResult> read, bool withOthers, CancellationToken token, CancellationToken cancellationToken)
    {
        try
        {
            return version.Batched.PredictAsync(slot, call, hasKeys: false, read, withOthers, token, cancellationToken);
        }
        catch (Exception e)
        {
            var failure = predictor.Fail(slot, call, default, e, predictor.CurrentTrace, cancellationToken);
            version.Singles.Return(slot);
            return CallCancellation.ToTask<TResult>(failure);
        }
    }

    private string Where => version.Where;

    private void RequireFloats()
    {
        if (!version.Inputs.TakesFloatsOnly)
        {
            var other = version.Inputs.Layout.Columns.First(c => c.Type != FeatureType.Float32 || c.IsVector);
            throw new InvalidOperationException(
                FormattableString.Invariant($"Expected a model whose features are all Float32, but '{other.Name}' is {VectorLength.Describe(other)} ({Where}); pass {nameof(FeatureRows)}."));
        }
    }

    private static void Fill(FeatureRows rows, ReadOnlySpan<float> features, int rowCount)
    {
        rows.ResetFloat32(rowCount);
        features.CopyTo(rows.Float32);
        rows.Status.Fill(FeatureStatus.Present);
        if (TensorPrimitives.IsNaNAny(features))
        {
            MarkMissing(features, rows.Status);
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

using Apache.Arrow;
using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Interop;
using Mlp.Runtime.Telemetry;

namespace Mlp.Runtime.Scoring;

/// <summary>Scores record batches with one version, in parts that a slot can hold. Thread-safe; a slot is used by one caller at a time.</summary>
internal sealed class BatchScorer(ServingVersion version)
{
    private ScoringPlan? _latest;

    /// <summary>The plan for tables of a schema. Tables that follow one another mostly have the same.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="options">What results hold.</param>
    /// <exception cref="ArgumentException">A column is missing, is there twice or is called like a result, or the options ask for what the model does not have.</exception>
    public ScoringPlan PlanFor(Schema schema, ScoringOptions options)
    {
        var latest = Volatile.Read(ref _latest);
        if (latest is not null && ReferenceEquals(latest.Schema, schema) && latest.Options.Equals(options))
        {
            return latest;
        }

        var plan = new ScoringPlan(version, schema, options);
        Volatile.Write(ref _latest, plan);
        return plan;
    }

    /// <summary>Scores all rows of a table.</summary>
    /// <param name="plan">The plan for its schema.</param>
    /// <param name="batch">The table; it stays the caller's.</param>
    /// <param name="firstRow">What its first row is in what the caller passed, for messages.</param>
    /// <param name="slot">A batch slot of the version.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <returns>The kept columns, shared, and the answers.</returns>
    /// <exception cref="ArgumentException">A column has a type that does not fit.</exception>
    /// <exception cref="NullFeatureException">A feature has no value, and may not be without.</exception>
    /// <exception cref="InferenceFailedException">The engine failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public RecordBatch Score(ScoringPlan plan, RecordBatch batch, long firstRow, InferenceSlot slot, CancellationToken cancellationToken)
    {
        using var span = RuntimeActivities.Source.StartActivity(RuntimeSpans.Score);
        span?.SetTag("model", version.Manifest.Name).SetTag("version", version.Manifest.Version).SetTag("variant", version.Served.Variant).SetTag("rows", batch.Length);
        try
        {
            return ScoreRows(plan, batch, firstRow, slot, cancellationToken);
        }
        catch (OperationCanceledException e) when (cancellationToken.IsCancellationRequested)
        {
            var explained = CallCancellation.Explain(version.Where, e, cancellationToken, CallStage.Run);
            TracedWork.Fail(span, explained);
            throw explained;
        }
        catch (NullReferenceException e) when (IsDisposedOf(batch))
        {
            var failure = new ObjectDisposedException($"Expected a batch that is open, but it has been disposed of ({version.Where}).", e);
            TracedWork.Fail(span, failure);
            throw failure;
        }
        catch (Exception e)
        {
            TracedWork.Fail(span, e);
            throw;
        }
    }

    /// <summary>Arrow does not say that memory was freed: its handles have none any more.</summary>
    private static bool IsDisposedOf(RecordBatch batch)
    {
        try
        {
            for (var column = 0; column < batch.ColumnCount; column++)
            {
                foreach (var buffer in batch.Column(column).Data.Buffers)
                {
                    _ = buffer.Memory;
                }
            }

            return false;
        }
        catch (Exception e) when (e is NullReferenceException or ObjectDisposedException)
        {
            return true;
        }
    }

    private RecordBatch ScoreRows(ScoringPlan plan, RecordBatch batch, long firstRow, InferenceSlot slot, CancellationToken cancellationToken)
    {
        CallCancellation.ThrowIfRequested(CallStage.Start, cancellationToken);
        var columns = plan.Bind(batch, firstRow);
        using var results = new ResultBuilder(plan.Result, batch.Length);
        try
        {
            for (var first = 0; first < batch.Length; first += slot.Rows.Capacity)
            {
                var count = Math.Min(slot.Rows.Capacity, batch.Length - first);
                slot.Rows.Restart(count);
                for (var i = 0; i < columns.Length; i++)
                {
                    columns[i].Write(first, count, slot.Inputs[i], slot.Rows);
                }

                version.Nulls.Ranges?.Require(slot.Inputs, count, firstRow + first);
                Run(slot, count, cancellationToken);
                results.Add(slot.Score, version.Score, count);
            }
        }
        finally
        {
            // The next caller of the slot writes rows.
            foreach (var input in slot.Inputs)
            {
                input.IsWritten = false;
            }
        }

        // The spans of columns do not keep native memory alive.
        GC.KeepAlive(batch);
        version.Recorder.Metrics.RecordScored(batch.Length);
        return Append(plan, batch, results.Build());
    }

    private void Run(InferenceSlot slot, int count, CancellationToken cancellationToken)
    {
        try
        {
            slot.Run(version.IsInterruptible(count), cancellationToken);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InferenceFailedException(version.Manifest.Name, version.Manifest.Version, e);
        }
    }

    /// <summary>Both batches can be disposed of in any order.</summary>
    private static RecordBatch Append(ScoringPlan plan, RecordBatch batch, IReadOnlyList<IArrowArray> answers)
    {
        var columns = new IArrowArray[plan.Kept.Count + answers.Count];
        for (var i = 0; i < plan.Kept.Count; i++)
        {
            columns[i] = BatchMemory.Share(batch, plan.Kept[i]);
        }

        for (var i = 0; i < answers.Count; i++)
        {
            columns[plan.Kept.Count + i] = answers[i];
        }

        return new RecordBatch(plan.ResultSchema, columns, batch.Length);
    }
}

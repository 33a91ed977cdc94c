using System.Runtime.InteropServices;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;

namespace Mlp.Runtime.Routing;

/// <summary>Runs rows on a shadow's version, tells its observers and compares. Used by one worker at a time.</summary>
/// <param name="version">The shadow's version.</param>
/// <param name="agreement">What the answers are compared into.</param>
/// <param name="weight">How many answers each one that the shadow sees stands for.</param>
/// <param name="clock">The clock of calls.</param>
internal sealed class ShadowRun(ServingVersion version, ShadowAgreement agreement, double weight, PredictionClock clock)
{
    /// <summary>Runs the first rows of a queue at once, or one by one if that fails, so that a row which the shadow refuses costs the others nothing.</summary>
    /// <param name="ring">The queue; its rows stay in it.</param>
    /// <param name="count">Number of rows, none of which reads its own features.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="Exception">The last failure; every row has been told of.</exception>
    public async ValueTask RunRowsAsync(ShadowRing ring, int count, CancellationToken cancellationToken)
    {
        if (await version.Batches.RentAsync(null, cancellationToken).ConfigureAwait(false) is not { } slot)
        {
            agreement.Drop(count);
            return;
        }

        try
        {
            if (count == 1 || !TryRun(ring, 0, count, slot, cancellationToken))
            {
                RunEach(ring, count, slot, cancellationToken);
            }
        }
        finally
        {
            version.Batches.Return(slot);
        }
    }

    /// <summary>Runs a call on features that are read for it.</summary>
    /// <param name="row">The row of the call.</param>
    /// <param name="call">Its keys and its request.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="Exception">It failed; that has been told.</exception>
    public async ValueTask RunCallAsync(ShadowRow row, IShadowCall call, CancellationToken cancellationToken)
    {
        if (await version.Singles.RentAsync(null, cancellationToken).ConfigureAwait(false) is not { } slot)
        {
            agreement.Drop();
            return;
        }

        var started = clock.GetTimestamp();
        try
        {
            await call.FillAsync(version, slot, row.EventTime, cancellationToken).ConfigureAwait(false);
            slot.Keys.CopyTo(row.KeyBuffer, 0);
            version.Nulls.Apply(slot.Rows, 0);
            slot.Run(version.IsInterruptible(1), cancellationToken);
            Tell(row, slot, 0, PredictionOutcome.Ok, started);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            Tell(row, slot, 0, PredictionOutcome.Error, started);
            throw;
        }
        finally
        {
            version.Singles.Return(slot);
        }
    }

    private void RunEach(ShadowRing ring, int count, InferenceSlot slot, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        for (var i = 0; i < count; i++)
        {
            var started = clock.GetTimestamp();
            try
            {
                Run(ring, i, 1, slot, started, cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                failure = e;
                Tell(ring.Peek(i)!, slot, 0, PredictionOutcome.Error, started);
            }
        }

        if (failure is not null)
        {
            throw failure;
        }
    }

    private bool TryRun(ShadowRing ring, int first, int count, InferenceSlot slot, CancellationToken cancellationToken)
    {
        try
        {
            Run(ring, first, count, slot, clock.GetTimestamp(), cancellationToken);
            return true;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private void Run(ShadowRing ring, int first, int count, InferenceSlot slot, long started, CancellationToken cancellationToken)
    {
        slot.Rows.Restart(count);
        for (var i = 0; i < count; i++)
        {
            FeatureRowCopy.CopyRow(ring.Peek(first + i)!.Features.RowOf(0), slot.Rows, i);
        }

        ForgetSubstitutes(slot.Rows);
        version.Nulls.Apply(slot.Rows, 0);
        slot.Run(version.IsInterruptible(count), cancellationToken);
        for (var i = 0; i < count; i++)
        {
            Tell(ring.Peek(first + i)!, slot, i, PredictionOutcome.Ok, started);
        }
    }

    /// <summary>The version that answered may have put something in the place of values that are not there; this one decides for itself.</summary>
    private static void ForgetSubstitutes(FeatureRows rows)
    {
        var layout = rows.Layout;
        var status = MemoryMarshal.AsBytes(rows.Status);
        for (var at = 0; status[at..].IndexOfAnyExcept((byte)FeatureStatus.Present) is var next && next >= 0; at += next + 1)
        {
            var (row, column) = Math.DivRem(at + next, layout.Columns.Count);
            var ordinal = layout.OffsetOf(column);
            switch (layout.Columns[column].Type)
            {
                case FeatureType.Float32:
                    rows.Float32Of(row).Slice(ordinal, layout.Columns[column].Length).Fill(float.NaN);
                    break;
                case FeatureType.Float64:
                    rows.Float64Of(row)[ordinal] = double.NaN;
                    break;
                case FeatureType.Int64:
                    rows.Int64Of(row)[ordinal] = 0;
                    break;
                case FeatureType.Boolean:
                    rows.BooleanOf(row)[ordinal] = false;
                    break;
                default:
                    rows.CopyString(row, ordinal, []);
                    break;
            }
        }
    }

    private void Tell(ShadowRow row, InferenceSlot slot, int slotRow, PredictionOutcome outcome, long started)
    {
        var latency = clock.NanosecondsBetween(started, clock.GetTimestamp());
        version.Recorder.Counters?.Add(outcome, latency);
        if (outcome == PredictionOutcome.Ok)
        {
            var (score, predictedClass) = version.Score.Read(slot.Score, slotRow);
            agreement.Compare(row, score, predictedClass);
        }
        else
        {
            agreement.Fail();
        }

        if (version.Recorder.HasSinks)
        {
            version.Recorder.Record(new PredictionRecord
            {
                Id = PredictionIdGenerator.Next(Microseconds.FloorDivide(row.RequestTime, 1000)),
                RequestId = row.ServedId,
                SamplingWeight = weight,
                EventTime = row.EventTime,
                RequestTime = row.RequestTime,
                LatencyNanoseconds = latency,
                Outcome = outcome,
                Keys = row.Keys,
                Features = slot.Rows.RowOf(slotRow),
                Scores = outcome == PredictionOutcome.Ok ? slot.Score.RowOf(slotRow) : default,
                TraceId = row.TraceId,
                Tags = row.Tags,
                Request = slot.Request,
            });
        }
    }
}

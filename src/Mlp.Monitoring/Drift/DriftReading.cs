using Apache.Arrow;

namespace Mlp.Monitoring.Drift;

/// <summary>A comparison in the making: the reference, and the predictions that were read so far. Not thread-safe.</summary>
/// <param name="Range">What is compared.</param>
/// <param name="Reference">The rows of the log that are the reference; null for a published profile.</param>
/// <param name="Rules">The rules.</param>
/// <param name="Known">What is known of the reference.</param>
/// <param name="Window">The counts of the predictions.</param>
/// <param name="Reader">Counts them.</param>
/// <param name="Sample">Some of the rows, for the tests of the whole vector; null where there are none.</param>
internal sealed record DriftReading(
    DriftSubject Range, ReferenceWindow? Reference, DriftRules Rules, DriftReference Known, DriftWindow Window, DriftBatchReader Reader, RowSample? Sample)
{
    /// <summary>Adds predictions of the range.</summary>
    public void Add(RecordBatch batch) => Reader.Count(batch, Window, Sample);
}

namespace Mlp.Monitoring.PredictionLog;

/// <summary>The validated settings of the prediction log: what the running code sees.</summary>
/// <param name="CommitInterval">How often what was logged is flushed to the device.</param>
/// <param name="BufferByteCount">Memory for predictions on their way to the disk, per model version.</param>
/// <param name="MaximumSegmentByteCount">A segment that has this size is sealed and another one begun.</param>
/// <param name="MaximumSegmentAge">A segment of this age is sealed and another one begun.</param>
internal sealed record PredictionLogConfiguration(TimeSpan CommitInterval, int BufferByteCount, long MaximumSegmentByteCount, TimeSpan MaximumSegmentAge)
{
    public static PredictionLogConfiguration Default { get; } = new(TimeSpan.FromMilliseconds(50), 16 * 1024 * 1024, 256L * 1024 * 1024, TimeSpan.FromHours(1));
}

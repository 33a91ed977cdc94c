using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.PredictionLog;

/// <summary>A frame that was appended to a segment.</summary>
/// <param name="Segment">The segment, which may be closed by now.</param>
/// <param name="End">Where the frame ends in it.</param>
internal readonly record struct AppendedFrame(FrameLogWriter Segment, long End)
{
    /// <summary>Whether it is on the device.</summary>
    public bool IsDurable => End <= Segment.DurablePosition;
}

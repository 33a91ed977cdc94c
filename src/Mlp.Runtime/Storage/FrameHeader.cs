namespace Mlp.Runtime.Storage;

/// <summary>What stands before the payload of a frame, see <see cref="FrameLogFormat"/>.</summary>
/// <param name="PayloadLength">Length of the payload in bytes.</param>
/// <param name="Flags">The flags, known and unknown.</param>
/// <param name="Checksum">The checksum that the frame carries.</param>
/// <param name="Offset">The offset in the file at which the frame says it stands.</param>
internal readonly record struct FrameHeader(int PayloadLength, uint Flags, uint Checksum, long Offset)
{
    /// <summary>Whether everything before this frame was on the device when it was written.</summary>
    internal bool IsBatchStart => (Flags & FrameLogFormat.BatchStart) != 0;

    /// <summary>Whether the log was closed in order here.</summary>
    internal bool IsClosed => (Flags & FrameLogFormat.Closed) != 0;
}

namespace Mlp.Runtime.Storage;

/// <summary>Tells what a crash left of the last write of a log from damage to what had been flushed.</summary>
/// <remarks>
/// A crash harms only the last write, because a write starts after the one before was flushed. So:
/// a whole frame behind the broken one that starts a write is proof of damage. No whole frame behind it means a torn write, as far as
/// anybody can tell. Whole frames of the same write behind it are what a file system leaves that wrote blocks out of order before the
/// power went; the blocks it did not come to read as zeros, so they count as torn if such a hole is there, and as damage if not.
/// </remarks>
internal static class FrameLogTail
{
    private const int SectorLength = 512;

    /// <summary>Looks at what follows a broken frame.</summary>
    /// <param name="file">The log.</param>
    /// <param name="broken">Where the broken frame starts.</param>
    /// <returns>A sentence about the damage, or null when a crash explains it.</returns>
    internal static string? FindDamage(FileWindow file, long broken)
    {
        long? firstFollower = null;
        var offset = broken + FrameLogFormat.Alignment;
        while (offset + FrameLogFormat.FrameHeaderLength <= file.Length)
        {
            if (!FrameLogReader.TryReadFrame(file, offset, out var header, out _))
            {
                offset += FrameLogFormat.Alignment;
                continue;
            }

            firstFollower ??= offset;
            if (header.IsBatchStart)
            {
                return FormattableString.Invariant($"expected a whole frame, but found a broken one in front of the frame at {offset}, which was written after it had been flushed.");
            }

            offset += FrameLogFormat.FrameLength(header.PayloadLength);
        }

        return firstFollower is { } follower && !HasHole(file, broken, follower)
            ? FormattableString.Invariant($"expected a whole frame, but found a broken one in front of the frame at {follower}.")
            : null;
    }

    private static bool HasHole(FileWindow file, long start, long end)
    {
        var sector = (start + SectorLength - 1) / SectorLength * SectorLength;
        for (; sector + SectorLength <= end; sector += SectorLength)
        {
            if (file.TryRead(sector, SectorLength, out var bytes) && !bytes.Span.ContainsAnyExcept((byte)0))
            {
                return true;
            }
        }

        return false;
    }
}

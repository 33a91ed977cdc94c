using Mlp.Runtime;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Compaction;

/// <summary>
/// Puts what is whole of a damaged segment in the place of it, and keeps the damaged one beside it under a name that readers pass over. At every moment one of the two can be read under the segment's
/// name: a crash leaves the damaged one, which is repaired again.
/// </summary>
internal static class SegmentRepair
{
    /// <summary>The ending of the name that a damaged segment is kept under.</summary>
    public const string DamagedExtension = ".damaged";

    /// <summary>Reads a segment to its end.</summary>
    /// <param name="segment">Path of a segment that nobody writes any more.</param>
    /// <exception cref="CorruptFileException">It is damaged.</exception>
    public static void Verify(string segment)
    {
        using var frames = FrameLogReader.Open(segment);
        while (frames.Read())
        {
        }
    }

    /// <summary>Repairs a damaged segment. Where its header or schema is damaged nothing of it can be read, and it goes altogether.</summary>
    /// <param name="disk">Where durability comes from.</param>
    /// <param name="segment">Path of a segment that nobody writes any more.</param>
    /// <returns>Batches of predictions that can be read again, and bytes that cannot.</returns>
    /// <exception cref="IOException">The disk failed; nothing was changed, or the segment is kept under both names.</exception>
    public static (long Batches, long LostBytes) Run(IDiskSync disk, string segment)
    {
        var staged = DurableFile.TemporaryPath(Path.GetDirectoryName(segment)!);
        try
        {
            var (batches, lostBytes) = Copy(disk, segment, staged);
            DurableFile.LinkOrCopy(disk, segment, segment + DamagedExtension);
            if (batches > 0)
            {
                DurableFile.ReplaceBy(disk, staged, segment);
            }
            else
            {
                DurableFile.Delete(disk, segment);
            }

            return (batches, lostBytes);
        }
        finally
        {
            File.Delete(staged);
        }
    }

    private static (long Batches, long LostBytes) Copy(IDiskSync disk, string segment, string staged)
    {
        using var file = new FileWindow(segment);
        if (TryReadHeader(segment) is not var (header, position) || !FrameLogReader.TryReadFrame(file, position, out _, out _))
        {
            return (0, file.Length);
        }

        using var copy = FrameLogWriter.Create(disk, staged, header.Span);
        var (frames, lostBytes) = (0L, 0L);
        while (position < file.Length)
        {
            if (!FrameLogReader.TryReadFrame(file, position, out var frame, out var payload))
            {
                // The next whole frame may begin wherever frames do.
                var step = Math.Min(FrameLogFormat.Alignment, file.Length - position);
                (position, lostBytes) = (position + step, lostBytes + step);
                continue;
            }

            if (!frame.IsClosed)
            {
                copy.Append(payload.Span);
                frames++;
            }

            position += FrameLogFormat.FrameLength(frame.PayloadLength);
        }

        copy.Flush();
        return (frames - 1, lostBytes);
    }

    private static (ReadOnlyMemory<byte> Header, long End)? TryReadHeader(string segment)
    {
        try
        {
            using var frames = FrameLogReader.Open(segment);
            return (frames.Header, frames.Position);
        }
        catch (CorruptFileException)
        {
            return null;
        }
    }
}

using System.Text;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Tests.Storage;

/// <summary>Writes and reads whole logs for the tests of them.</summary>
internal static class FrameLogs
{
    /// <summary>The first bytes of every log in the tests: magic, version and the header frame of "{}".</summary>
    internal const int StartLength = 8 + 16 + 8;

    /// <summary>Writes a log of batches, each flushed before the next, and closes it in order.</summary>
    internal static void Write(string path, params string[][] batches)
    {
        using var writer = FrameLogWriter.Create(DiskSync.Instance, path, "{}"u8);
        foreach (var batch in batches)
        {
            foreach (var frame in batch)
            {
                writer.Append(Encoding.UTF8.GetBytes(frame));
            }

            writer.Flush();
        }
    }

    /// <summary>The same log as <see cref="Write"/> makes, as a kill would leave it: without the mark of a log closed in order.</summary>
    internal static void WriteUnclosed(string path, params string[][] batches)
    {
        Write(path, batches);
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write);
        RandomAccess.SetLength(file, RandomAccess.GetLength(file) - FrameLogFormat.FrameHeaderLength);
    }

    /// <summary>All frames as text; damage is thrown.</summary>
    internal static string[] Read(string path)
    {
        using var reader = FrameLogReader.Open(path);
        return ReadRest(reader);
    }

    /// <summary>The frames that a reader has not read yet, as text.</summary>
    internal static string[] ReadRest(FrameLogReader reader)
    {
        var frames = new List<string>();
        while (reader.Read())
        {
            frames.Add(Encoding.UTF8.GetString(reader.Payload.Span));
        }

        return [.. frames];
    }

    /// <summary>Where each frame of a log starts.</summary>
    internal static long[] Offsets(string path)
    {
        using var reader = FrameLogReader.Open(path);
        var offsets = new List<long>();
        while (reader.Read())
        {
            offsets.Add(reader.FrameOffset);
        }

        return [.. offsets];
    }

    /// <summary>Overwrites bytes of a file.</summary>
    internal static void Overwrite(string path, long offset, params byte[] bytes)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write);
        RandomAccess.Write(file, bytes, offset);
    }

    /// <summary>Flips one bit of a file.</summary>
    internal static void Flip(string path, long offset)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[offset] ^= 0x10;
        File.WriteAllBytes(path, bytes);
    }

    /// <summary>Cuts a file.</summary>
    internal static void Truncate(string path, long length)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write);
        RandomAccess.SetLength(file, length);
    }
}

namespace Mlp.Runtime.Scoring;

/// <summary>Recognises formats: of an input by how it begins and ends, of an output by its name.</summary>
internal static class TableFormats
{
    private const int ArrowTail = 8;

    private static ReadOnlySpan<byte> Parquet => "PAR1"u8;

    private static ReadOnlySpan<byte> Arrow => "ARROW1"u8;

    /// <summary>What a message of the Arrow stream format begins with, and what follows it at the end.</summary>
    private static ReadOnlySpan<byte> EndOfStream => [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0];

    /// <summary>The format of a file that is to be read. A file that was cut off is refused here, before a reader takes its first half for all of it.</summary>
    /// <param name="path">Full path.</param>
    /// <exception cref="FileScoringException">There is no such file, it is no table, or its end is missing.</exception>
    public static TableFormat OfContent(string path)
    {
        if (!File.Exists(path))
        {
            throw new FileScoringException(path, $"Expected a Parquet or Arrow file to score at '{path}', but found no file.");
        }

        Span<byte> head = stackalloc byte[8];
        Span<byte> tail = stackalloc byte[ArrowTail];
        int headLength;
        int tailLength;
        using (var file = File.OpenHandle(path))
        {
            headLength = RandomAccess.Read(file, head, 0);
            tailLength = RandomAccess.Read(file, tail, Math.Max(0, RandomAccess.GetLength(file) - ArrowTail));
        }

        head = head[..headLength];
        tail = tail[..tailLength];
        return head.StartsWith(Parquet) ? Whole(path, TableFormat.Parquet, "Parquet", tail.EndsWith(Parquet))
            : head.StartsWith(Arrow) ? Whole(path, TableFormat.ArrowFile, "Arrow", tail.EndsWith(Arrow))
            : head.StartsWith(EndOfStream[..4]) ? Whole(path, TableFormat.ArrowStream, "Arrow stream", tail.EndsWith(EndOfStream))
            : throw new FileScoringException(path, $"Expected a Parquet or Arrow file at '{path}', but its first bytes are those of neither.");
    }

    /// <summary>The format of a file that is to be written.</summary>
    /// <param name="path">Full path.</param>
    /// <exception cref="ArgumentException">The name does not say the format.</exception>
    public static TableFormat OfName(string path) => Path.GetExtension(path).ToUpperInvariant() switch
    {
        ".PARQUET" => TableFormat.Parquet,
        ".ARROW" or ".FEATHER" or ".IPC" => TableFormat.ArrowFile,
        ".ARROWS" => TableFormat.ArrowStream,
        _ => throw new ArgumentException(
            $"Expected the name of the output to end in .parquet, .arrow, .feather or .ipc (Arrow files) or .arrows (an Arrow stream), but found '{path}'."),
    };

    private static TableFormat Whole(string path, TableFormat format, string name, bool hasEnd)
        => hasEnd ? format : throw new FileScoringException(path, $"Expected a whole {name} file at '{path}', but its end is missing: it was cut off or is still being written.");
}

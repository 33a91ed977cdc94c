using Apache.Arrow;
using Mlp.Monitoring.Compaction;
using Mlp.Monitoring.Segments;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;

namespace Mlp.Monitoring.PredictionLog;

/// <summary>A model's log, read from the beginning: segments, and what was compacted. Thread-safe.</summary>
/// <param name="Folder">Folder of the log; may not exist.</param>
/// <param name="Settings">How DuckDB is limited where it reads what was compacted.</param>
internal sealed record LogScan(string Folder, DuckDbSettings Settings)
{
    private PredictionLogReader Reader => new(Path.GetDirectoryName(Folder)!, Settings);

    /// <summary>The log of a model.</summary>
    /// <exception cref="ArgumentException">The name cannot be that of a model.</exception>
    public static LogScan Of(DataDirectory directory, string model)
        => new(PredictionLogReader.DirectoryOf(directory.Predictions, model), PredictionLogReader.DuckDbOf(PredictionLogReader.WorkFolderOf(directory)));

    /// <summary>Reads every batch.</summary>
    /// <exception cref="Runtime.CorruptFileException">A segment is damaged.</exception>
    public void Read(Action<SegmentHeader, RecordBatch> read, CancellationToken cancellationToken)
        => new SegmentFollower<SegmentHeader>(
            Folder, SegmentHeader.Read, (path, firstRow) => CompactedSegment.Open(path, Settings) is var file ? (file.Header, file.ReadAsync(firstRow)) : default)
            .ReadNew((_, header, batch) => read(header, batch), cancellationToken);

    /// <summary>The headers of all parts.</summary>
    public IEnumerable<SegmentHeader> Headers() => LogFile.List(Folder).Select(Reader.ReadHeader).OfType<SegmentHeader>();

    /// <summary>The first batch of a version that satisfies; null where none does.</summary>
    public RecordBatch? FindBatch(int version, Func<RecordBatch, bool> isWanted, CancellationToken cancellationToken)
    {
        foreach (var file in LogFile.List(Folder))
        {
            if (Reader.ReadHeader(file)?.Version == version)
            {
                foreach (var batch in Reader.ReadAsync(file, cancellationToken).ToBlockingEnumerable(cancellationToken))
                {
                    if (isWanted(batch))
                    {
                        return batch;
                    }
                }
            }
        }

        return null;
    }
}

using Apache.Arrow;
using Mlp.Monitoring.Compaction;
using Mlp.Monitoring.Queries;
using Mlp.Monitoring.Segments;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;

namespace Mlp.Monitoring.PredictionLog;

/// <summary>A model's log, read from the beginning: segments, and what was compacted. Thread-safe.</summary>
/// <param name="Folder">Folder of the log; may not exist.</param>
/// <param name="Settings">How DuckDB is limited where it reads what was compacted.</param>
/// <param name="Coverages">Which files need not be read.</param>
internal sealed record LogScan(string Folder, DuckDbSettings Settings, LogCoverages Coverages)
{
    private static readonly PredictionFilter Everything = new();

    private PredictionLogReader Reader => new(Path.GetDirectoryName(Folder)!, Settings);

    /// <summary>The log of a model.</summary>
    /// <param name="directory">Where the logs lie.</param>
    /// <param name="model">Model name.</param>
    /// <param name="coverages">Which files need not be read, as it is known from scans before; null where nothing is.</param>
    /// <param name="settings">How DuckDB is limited; null for the defaults.</param>
    /// <exception cref="ArgumentException">The name cannot be that of a model.</exception>
    public static LogScan Of(DataDirectory directory, string model, LogCoverages? coverages = null, DuckDbSettings? settings = null)
        => new(PredictionLogReader.DirectoryOf(directory.Predictions, model), settings ?? PredictionLogReader.DuckDbOf(PredictionLogReader.WorkFolderOf(directory)), coverages ?? new LogCoverages());

    /// <summary>Reads every batch of the files that may hold what is asked for; rows beyond it are among them.</summary>
    /// <param name="read">Hears of each batch.</param>
    /// <param name="filter">Request times that are asked for; null for all.</param>
    /// <param name="isVersion">Versions that are asked for; null for those of the filter.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="Runtime.CorruptFileException">A segment is damaged.</exception>
    public void Read(Action<SegmentHeader, RecordBatch> read, PredictionFilter? filter, Func<int, bool>? isVersion, CancellationToken cancellationToken)
    {
        var begun = new Dictionary<string, long>(StringComparer.Ordinal);
        var rows = new Dictionary<string, LogCoverage>(StringComparer.Ordinal);
        bool IsWanted(string path)
        {
            // The length before the file is opened: what comes after it makes the file another one.
            var length = LogCoverages.LengthOf(path);
            if (!Coverages.MayHold(path, filter ?? Everything, Settings, isVersion))
            {
                return false;
            }

            begun.Add(path, length);
            return true;
        }

        new SegmentFollower<SegmentHeader>(Folder, SegmentHeader.Read, (path, firstRow) => CompactedSegment.Follow(path, Settings, firstRow), IsWanted)
            .ReadNew(
                (path, header, batch) =>
                {
                    if (!rows.TryGetValue(path, out var own))
                    {
                        rows.Add(path, own = new LogCoverage());
                    }

                    own.Add(batch);
                    read(header, batch);
                },
                cancellationToken);
        foreach (var (path, length) in begun)
        {
            // A Parquet file and the segment whose place it took have the same rows.
            Coverages.Learn(path, length, rows.GetValueOrDefault(Path.ChangeExtension(path, SegmentFormat.Extension)) ?? new LogCoverage());
        }

        Coverages.ForgetDeleted(Folder);
    }

    /// <summary>A header of each version; of one whose header was read before, no file is opened.</summary>
    /// <param name="isVersion">The versions that are asked for; null for all.</param>
    public IEnumerable<SegmentHeader> Headers(Func<int, bool>? isVersion = null)
    {
        var found = new HashSet<int>();
        foreach (var file in LogFile.List(Folder))
        {
            if (file.Version is { } version && (found.Contains(version) || isVersion?.Invoke(version) == false))
            {
                continue;
            }

            var header = (file.Version is { } named ? Coverages.FindHeader(Folder, named) : null) ?? Reader.ReadHeader(file);
            if (header is not null && found.Add(header.Version) && isVersion?.Invoke(header.Version) != false)
            {
                Coverages.LearnHeader(Folder, header);
                yield return header;
            }
        }
    }

    /// <summary>The first batch of a version that satisfies; null where none does.</summary>
    public RecordBatch? FindBatch(int version, Func<RecordBatch, bool> isWanted, CancellationToken cancellationToken)
    {
        foreach (var file in LogFile.List(Folder))
        {
            if ((file.Version ?? Reader.ReadHeader(file)?.Version) == version)
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

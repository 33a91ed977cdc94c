using System.Runtime.CompilerServices;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Mlp.Monitoring.Compaction;
using Mlp.Monitoring.Queries;
using Mlp.Monitoring.Segments;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.PredictionLog;

/// <summary>
/// Reads prediction logs: sealed segments, the valid part of open ones, and what was compacted. What is compacted or deleted meanwhile, by this process or another, is read once or, where it was deleted,
/// not at all. Thread-safe; needs no lock on the data directory.
/// </summary>
internal sealed class PredictionLogReader
{
    private readonly string _root;
    private readonly LogCoverages _coverages = new();

    /// <summary>Creates a reader; nothing is opened.</summary>
    /// <param name="root">Folder that holds one folder per model.</param>
    /// <param name="settings">How DuckDB is limited where it reads compacted files; null for the usual.</param>
    public PredictionLogReader(string root, DuckDbSettings? settings = null)
    {
        _root = root;
        Settings = settings ?? DuckDbOf(Path.GetTempPath());
    }

    /// <summary>How DuckDB is limited.</summary>
    public DuckDbSettings Settings { get; }

    /// <summary>The limits of DuckDB where it reads, writes and queries predictions.</summary>
    /// <param name="temporaryDirectory">Where it spills to.</param>
    /// <param name="memoryLimitBytes">What it may take before.</param>
    public static DuckDbSettings DuckDbOf(string temporaryDirectory, long memoryLimitBytes = 512L << 20)
        => new(memoryLimitBytes, Math.Min(2, Environment.ProcessorCount), temporaryDirectory) { Work = "the query or compaction of predictions", LimitOption = "MonitoringOptions.QueryMemoryLimitBytes" };

    /// <summary>Where DuckDB spills to: in the data directory where this process may write to it, since predictions shall not lie elsewhere.</summary>
    public static string WorkFolderOf(DataDirectory directory) => directory.IsOwner ? Path.Combine(directory.Predictions, DurableFile.TemporaryPrefix + "work") : Path.GetTempPath();

    /// <summary>The parts of a model's log in the order in which they were begun.</summary>
    public IReadOnlyList<LogFile> ListFiles(string model) => LogFile.List(DirectoryOf(_root, model));

    /// <summary>The header of the part of a model's log that was begun last, or null where there is none.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="version">Of one version, or null for any.</param>
    public SegmentHeader? FindHeader(string model, int? version = null)
        => ListFiles(model).Reverse().Where(file => version is null || file.Version is null || file.Version == version)
            .Select(ReadHeader)
            .FirstOrDefault(header => header is not null && (version is null || header.Version == version));

    /// <summary>The versions of a model of which there are predictions.</summary>
    public IReadOnlyCollection<int> FindVersions(string model) => ListFiles(model).Select(file => file.Version ?? ReadHeader(file)?.Version).OfType<int>().ToHashSet();

    /// <summary>Refuses a model that nobody can mean: neither declared nor ever logged.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="declared">Names of the models that the application has declared.</param>
    /// <exception cref="ModelNotFoundException">There is no such model.</exception>
    public void RequireKnown(string model, IReadOnlyCollection<string> declared)
    {
        if (!Directory.Exists(DirectoryOf(_root, model)) && !declared.Contains(model, StringComparer.Ordinal))
        {
            var known = declared.Count == 0 ? "none" : string.Join(", ", declared.Select(d => $"'{d}'"));
            throw new ModelNotFoundException(model, "any version", $"Expected logged predictions of model '{model}' in '{_root}', but found none; declared are: {known}.");
        }
    }

    /// <summary>Reads the predictions of a model.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="filter">Which of them.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Batches; disposing them is not needed. Those of one version have one schema, unless its redaction was changed.</returns>
    public async IAsyncEnumerable<RecordBatch> ReadAsync(string model, PredictionFilter? filter = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        filter ??= new PredictionFilter();
        foreach (var file in ListFiles(model))
        {
            var length = LogCoverages.LengthOf(file.Path);
            if (!_coverages.MayHold(file.Path, filter, Settings)
                || (filter.Version is { } wanted && file.Version is null && (ReadHeader(file)?.Version ?? wanted) != wanted))
            {
                continue;
            }

            var rows = new LogCoverage();
            await foreach (var batch in ReadAsync(file, cancellationToken).ConfigureAwait(false))
            {
                rows.Add(batch);
                foreach (var part in filter.Cut(batch))
                {
                    yield return part;
                }
            }

            _coverages.Learn(file.Path, length, rows);
        }

        _coverages.ForgetDeleted(DirectoryOf(_root, model));
    }

    /// <summary>Reads the predictions of a model in a range of request times.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="from">First request time, microseconds, inclusive.</param>
    /// <param name="to">Last request time, microseconds, exclusive.</param>
    /// <param name="version">One version only, or null for all.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public IAsyncEnumerable<RecordBatch> ReadAsync(string model, long from, long to, int? version = null, CancellationToken cancellationToken = default)
        => ReadAsync(model, new PredictionFilter { From = from, To = to, Version = version }, cancellationToken);

    /// <summary>Folder of a model's log.</summary>
    /// <exception cref="ArgumentException">The name cannot be that of a model.</exception>
    public static string DirectoryOf(string root, string model)
    {
        PlatformName.Require(model, "model", nameof(model));
        return Path.Combine(root, model);
    }

    /// <summary>Reads a part of a log.</summary>
    /// <param name="file">The part.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async IAsyncEnumerable<RecordBatch> ReadAsync(LogFile file, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!file.IsCompacted && TryOpen(file.Segment) is { } frames)
        {
            using (frames)
            {
                SegmentHeader.Read(frames);
                using var stream = new FrameStream(frames);
                using var arrow = new ArrowStreamReader(stream, ManagedAllocator.Instance, leaveOpen: true);
                while (!stream.IsAtEnd && await arrow.ReadNextRecordBatchAsync(cancellationToken).ConfigureAwait(false) is { } batch)
                {
                    yield return batch;
                }
            }
        }
        else if (TryOpenCompacted(file) is { } compacted)
        {
            using (compacted)
            {
                await foreach (var batch in compacted.ReadAsync(cancellationToken: cancellationToken).ConfigureAwait(false))
                {
                    yield return batch;
                }
            }
        }
    }

    /// <summary>The header of a part of a log, or null where it was deleted since it was listed.</summary>
    /// <param name="file">The part.</param>
    public SegmentHeader? ReadHeader(LogFile file)
    {
        if (!file.IsCompacted && TryOpen(file.Segment) is { } frames)
        {
            using (frames)
            {
                return SegmentHeader.Read(frames);
            }
        }

        using var compacted = TryOpenCompacted(file);
        return compacted?.Header;
    }

    /// <summary>The Parquet file, or null where the whole part was deleted since the folder was listed.</summary>
    private CompactedSegment? TryOpenCompacted(LogFile file)
    {
        try
        {
            return CompactedSegment.Open(file.Compacted, Settings);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>A segment, or null where it has gone since the folder was listed.</summary>
    private static FrameLogReader? TryOpen(string segment)
    {
        try
        {
            return FrameLogReader.Open(segment);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}

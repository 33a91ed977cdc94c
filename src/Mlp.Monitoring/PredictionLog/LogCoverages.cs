using System.Collections.Concurrent;
using Mlp.Monitoring.Compaction;
using Mlp.Monitoring.Queries;
using Mlp.Runtime.Data;

namespace Mlp.Monitoring.PredictionLog;

/// <summary>
/// Knows which files of logs cannot hold what is asked for, so that they are not read. The version stands in a file's name. Request times and roles are believed only from the rows themselves, since a clock
/// may go back and a row may come late: of a Parquet file two of its columns are looked at, of a segment all rows must have been read once. A segment that has grown since is read again. Thread-safe.
/// </summary>
internal sealed class LogCoverages
{
    private readonly ConcurrentDictionary<string, (long ByteCount, LogCoverage Rows)> _known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Folder, int Version), SegmentHeader> _headers = new();
    private long _readCount;

    /// <summary>Files that were not passed over.</summary>
    public long ReadCount => Interlocked.Read(ref _readCount);

    /// <summary>Length of a file; -1 where it is gone.</summary>
    public static long LengthOf(string path) => new FileInfo(path) is { Exists: true, Length: var length } ? length : -1;

    /// <summary>Whether rows that are asked for may be in a file.</summary>
    /// <param name="path">Path of a segment or Parquet file.</param>
    /// <param name="filter">What is asked for.</param>
    /// <param name="settings">How DuckDB is limited.</param>
    /// <param name="isVersion">The versions, where they are not the filter's one.</param>
    public bool MayHold(string path, PredictionFilter filter, DuckDbSettings settings, Func<int, bool>? isVersion = null)
    {
        if (LogFile.VersionOf(path) is { } version && (isVersion is null ? filter.Version is { } wanted && wanted != version : !isVersion(version)))
        {
            return false;
        }

        var isBounded = filter.From != long.MinValue || filter.To != long.MaxValue || filter.Variant is not null;
        if (isBounded && Find(path, settings) is { } rows && !rows.MayHold(filter.From, filter.To, filter.Variant))
        {
            return false;
        }

        Interlocked.Increment(ref _readCount);
        return true;
    }

    /// <summary>Remembers what the rows of a file are.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="byteCount">How long it was before it was opened.</param>
    /// <param name="rows">All its rows.</param>
    public void Learn(string path, long byteCount, LogCoverage rows)
    {
        if (byteCount >= 0)
        {
            _known[path] = (byteCount, rows);
        }
    }

    /// <summary>A header of a version, which says the same of its outputs and features in every file; null where none was read yet.</summary>
    public SegmentHeader? FindHeader(string folder, int version) => _headers.GetValueOrDefault((folder, version));

    /// <summary>Remembers a header.</summary>
    public void LearnHeader(string folder, SegmentHeader header) => _headers[(folder, header.Version)] = header;

    /// <summary>Forgets the files of a folder that are gone.</summary>
    public void ForgetDeleted(string folder)
    {
        foreach (var path in _known.Keys.Where(p => Path.GetDirectoryName(p) == folder && !File.Exists(p)))
        {
            _known.TryRemove(path, out _);
        }
    }

    private LogCoverage? Find(string path, DuckDbSettings settings)
    {
        var length = LengthOf(path);
        if (_known.TryGetValue(path, out var known) && known.ByteCount == length)
        {
            return known.Rows;
        }

        if (!path.EndsWith(LogFile.CompactedExtension, StringComparison.Ordinal))
        {
            return null;
        }

        try
        {
            var rows = CompactedSegment.ReadCoverage(path, settings);
            Learn(path, length, rows);
            return rows;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}

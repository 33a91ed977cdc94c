using System.Collections.Concurrent;
using DuckDB.NET.Data;
using Mlp.Features.Definitions;
using Mlp.Features.Interop;
using Mlp.Features.Online;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Offline;

/// <summary>The offline rows of all views of a data directory. Thread-safe; several processes may read and append at once.</summary>
internal sealed class OfflineStore
{
    private readonly ConcurrentDictionary<(string Name, int Version), OfflineView> _views = new();
    private readonly string _root;
    private readonly FeatureStoreOptions _options;
    private readonly IDiskSync _disk;
    private readonly TimeProvider _time;

    internal OfflineStore(DataDirectory directory, FeatureStoreOptions options, IDiskSync disk, TimeProvider time)
    {
        _root = Path.Combine(directory.Features, "offline");
        _options = options;
        _disk = disk;
        _time = time;
        MaximumRowLength = options.Online is { } online ? FasterRowStore.MaximumRecordLengthOf(online.PageSize) : int.MaxValue;
        Settings = new DuckDbSettings(options.DuckDbMemoryLimitBytes, options.DuckDbThreads, options.TemporaryDirectory ?? Path.Combine(directory.Features, "tmp"));
    }

    internal DuckDbSettings Settings { get; }

    /// <summary>The greatest length in bytes that a row may have in the online store: by the settings, or, where this process has that store open, by its files.</summary>
    internal int MaximumRowLength { get; set; }

    internal OfflineView Open(FeatureViewDefinition view)
        => _views.GetOrAdd((view.Name, view.Version), static (_, s) => new OfflineView(s.view, s.self._root, s.self._options.TargetFileRows, s.self._disk, s.self._time), (view, self: this));

    internal DuckDbSession OpenSession() => DuckDbSession.Open(Settings);

    /// <summary>What a failed query over the files of a store is: a damaged file by its name, or the failure itself.</summary>
    /// <param name="failure">What DuckDB said.</param>
    /// <param name="session">Where the query ran.</param>
    /// <param name="snapshots">The files.</param>
    internal static Exception Explain(DuckDBException failure, DuckDbSession session, IEnumerable<OfflineSnapshot> snapshots)
        => snapshots.Select(s => s.FindUnreadable(session)).FirstOrDefault(e => e is not null) ?? (Exception)failure;

    /// <summary>Removes what interrupted ingests of the views and interrupted joins left behind.</summary>
    internal int RemoveUncommitted(IEnumerable<FeatureViewDefinition> views)
        => views.Sum(v => Open(v).RemoveUncommitted(_options.UncommittedFileGrace)) + RemoveScratch();

    /// <summary>Makes the folder that sessions spill to, and tries it, so that a wrong setting does not wait for the first ingest.</summary>
    /// <exception cref="IOException">It cannot be made or written to.</exception>
    internal void PrepareTemporaryDirectory()
    {
        var folder = Settings.TemporaryDirectory;
        try
        {
            Directory.CreateDirectory(folder);
            var probe = Path.Combine(folder, $"{DuckDbSession.ScratchPrefix}{Guid.NewGuid():N}");
            Directory.CreateDirectory(probe);
            Directory.Delete(probe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new IOException($"Expected {nameof(FeatureStoreOptions)}.{nameof(FeatureStoreOptions.TemporaryDirectory)} to be a folder that can be made and written to, but '{folder}' is none ({e.Message}).", e);
        }
    }

    private int RemoveScratch()
    {
        if (!Directory.Exists(Settings.TemporaryDirectory))
        {
            return 0;
        }

        var limit = _time.GetUtcNow().UtcDateTime - _options.UncommittedFileGrace;
        var removed = 0;
        foreach (var entry in new DirectoryInfo(Settings.TemporaryDirectory).EnumerateFileSystemInfos().Where(e => IsScratch(e) && e.LastWriteTimeUtc < limit))
        {
            if (entry is DirectoryInfo directory)
            {
                directory.Delete(recursive: true);
            }
            else
            {
                entry.Delete();
            }

            removed++;
        }

        return removed;
    }

    // The folder may be one of the user's, with files of others.
    private static bool IsScratch(FileSystemInfo entry) => entry switch
    {
        DirectoryInfo => entry.Name.StartsWith(DuckDbSession.ScratchPrefix, StringComparison.Ordinal),
        _ => entry.Name.StartsWith(Joins.ArrowSpool.FilePrefix, StringComparison.Ordinal) && entry.Extension == ".tmp",
    };
}

using System.Globalization;
using Mlp.Features.Definitions;
using Mlp.Runtime;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Offline;

/// <summary>
/// The commits of one view, read once and kept: a commit never changes, so only newer ones are looked for. Thread-safe, and safe beside writers in other processes.
/// </summary>
internal sealed class OfflineLog
{
    private readonly Lock _gate = new();
    private readonly FeatureViewDefinition _view;
    private readonly string _folder;
    private readonly List<OfflineCommit> _commits = [];
    private readonly Dictionary<string, OfflineCommit> _byBatch = new(StringComparer.Ordinal);
    private readonly OfflineFileHistories _files = new();
    private long _lastIngestSequence;
    private long? _pushedThrough;
    private bool _isChecked;

    internal OfflineLog(FeatureViewDefinition view, string viewFolder)
    {
        _view = view;
        _folder = Path.Combine(viewFolder, "commits");
    }

    internal string Folder => _folder;

    internal string PathOf(long number) => Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"{number}.json"));

    /// <summary>The commits now, oldest first.</summary>
    internal IReadOnlyList<OfflineCommit> Refresh()
    {
        lock (_gate)
        {
            ReadNew();
            return [.. _commits];
        }
    }

    /// <summary>The newest commit, or null.</summary>
    internal OfflineCommit? Last()
    {
        lock (_gate)
        {
            ReadNew();
            return _commits.Count == 0 ? null : _commits[^1];
        }
    }

    /// <summary>The newest commit, or null, and the highest sequence that an ingest has committed, 0 if none.</summary>
    internal (OfflineCommit? Last, long LastIngestSequence) LastOfIngests()
    {
        lock (_gate)
        {
            ReadNew();
            return (_commits.Count == 0 ? null : _commits[^1], _lastIngestSequence);
        }
    }

    /// <summary>The sequence of the last pushed row that is committed, or null.</summary>
    internal long? PushedThrough()
    {
        lock (_gate)
        {
            ReadNew();
            return _pushedThrough;
        }
    }

    /// <summary>The commit that took in a batch, or null.</summary>
    internal OfflineCommit? FindBatch(string batchId)
    {
        lock (_gate)
        {
            ReadNew();
            return _byBatch.GetValueOrDefault(batchId);
        }
    }

    /// <summary>What the commits say of a data file, or null if none ever named it.</summary>
    /// <param name="path">Path relative to the view's folder.</param>
    internal OfflineFileHistory? FindFile(string path)
    {
        lock (_gate)
        {
            ReadNew();
            return _files.Find(path);
        }
    }

    /// <summary>The newest commit, or null, and all data files that commits name, gone ones too.</summary>
    internal (OfflineCommit? Last, IReadOnlyList<OfflineFileHistory> Files) Files()
    {
        lock (_gate)
        {
            ReadNew();
            return (_commits.Count == 0 ? null : _commits[^1], [.. _files.All]);
        }
    }

    /// <summary>Publishes a commit. False when its number is taken.</summary>
    internal bool TryAdd(IDiskSync disk, OfflineCommit commit)
        => DurableFile.WriteExclusive(disk, PathOf(commit.Number), OfflineCommitDocument.Write(_view, commit));

    private void ReadNew()
    {
        ReadFollowing();
        if (!_isChecked)
        {
            CheckNumbers();
            _isChecked = true;
        }
    }

    /// <summary>
    /// Refuses a log with a gap, once: commits behind it would be left out without a word, and the next one would take the number of the one that is gone. Writers take one number after
    /// the other, so a number that is free while a higher one is taken was taken before.
    /// </summary>
    private void CheckNumbers()
    {
        while (HighestNumber() is var highest && highest > _commits.Count)
        {
            var before = _commits.Count;
            ReadFollowing();
            if (_commits.Count == before)
            {
                var missing = PathOf(before + 1);
                throw new CorruptFileException(
                    missing, string.Create(CultureInfo.InvariantCulture, $"Expected the commits of {_view} to be numbered without a gap up to {highest}, but '{missing}' is missing. Restore the file."));
            }
        }
    }

    private long HighestNumber()
        => Directory.Exists(_folder)
            ? Directory.EnumerateFiles(_folder, "*.json")
                .Select(p => long.TryParse(Path.GetFileNameWithoutExtension(p), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0)
                .DefaultIfEmpty()
                .Max()
            : 0;

    private void ReadFollowing()
    {
        for (var next = _commits.Count + 1L; PathOf(next) is var path && File.Exists(path); next++)
        {
            var commit = OfflineCommitDocument.Read(path, _view, next);
            _commits.Add(commit);
            _byBatch.TryAdd(commit.BatchId, commit);
            _files.Apply(commit);
            _pushedThrough = commit.PushedThrough ?? _pushedThrough;
            if (commit.Kind == OfflineCommitKind.Ingest)
            {
                _lastIngestSequence = Math.Max(_lastIngestSequence, commit.Added.Select(f => f.MaxSequence).DefaultIfEmpty().Max());
            }
        }
    }
}

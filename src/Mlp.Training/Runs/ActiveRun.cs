using System.Security.Cryptography;
using Mlp.Runtime.Models;
using Mlp.Runtime.Storage;

namespace Mlp.Training.Runs;

/// <summary>A run that this process writes.</summary>
internal sealed class ActiveRun : IRun
{
    private const int MaximumReasonLength = 10_000;

    private readonly IDiskSync _disk;
    private readonly RunFolder _folder;
    private readonly RunLog _log;
    private readonly RunLock _lock;
    private readonly TimeProvider _time;
    private readonly Lock _logging = new();
    private readonly Dictionary<string, string> _parameters;
    private readonly SemaphoreSlim _ending = new(1, 1);
    private volatile bool _hasEnded;
    private bool _isDisposed;

    public ActiveRun(RunHeader header, IReadOnlyDictionary<string, string> parameters, IDiskSync disk, RunFolder folder, RunLog log, RunLock runLock, TimeProvider time)
    {
        (Id, Experiment, Name) = (header.Id, header.Experiment, header.Name);
        (_disk, _folder, _log, _lock, _time) = (disk, folder, log, runLock, time);
        _parameters = new(parameters, StringComparer.Ordinal);
    }

    public string Id { get; }

    public string Experiment { get; }

    public string Name { get; }

    public Exception? Failure => _log.Failure;

    public long LostEntryCount => _log.LostEntryCount;

    public void LogParameter(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        ThrowIfEnded();
        var entry = EntryOfParameter(name, value);
        if (!TryLog([(name, value, entry)], out _))
        {
            throw new InvalidOperationException($"Expected one value of parameter '{name}' in run '{Name}' of experiment '{Experiment}', but it was logged with another one before.");
        }
    }

    /// <summary>Logs settings that belong together: all of them, or none.</summary>
    /// <param name="parameters">The settings by name.</param>
    /// <returns>The name of one that has another value already; null when all are logged.</returns>
    /// <exception cref="ArgumentException">A name is none, or a value is too long.</exception>
    /// <exception cref="InvalidOperationException">The run has ended.</exception>
    public string? TryLogParameters(IReadOnlyDictionary<string, string> parameters)
    {
        ThrowIfEnded();
        TryLog([.. parameters.Select(p => (p.Key, p.Value, EntryOfParameter(p.Key, p.Value)))], out var other);
        return other;
    }

    public void LogMetric(string name, double value, long step = 0)
    {
        RunNames.RequireKey(name, "metric", nameof(name));
        ThrowIfEnded();
        _log.Append(RunEntries.Metric(name, value, step, _time.GetUtcNow()));
    }

    public void SetTag(string name, string value)
    {
        RunNames.RequireKey(name, "tag", nameof(name));
        ArgumentNullException.ThrowIfNull(value);
        ThrowIfEnded();
        _log.Append(EntryOf(new RunFact { Tag = name, Value = value }, $"tag '{name}'", nameof(value)));
    }

    public async Task<RunArtifact> LogArtifactAsync(string name, Stream content, CancellationToken cancellationToken = default)
    {
        RunNames.RequireArtifact(name, nameof(name));
        ArgumentNullException.ThrowIfNull(content);
        ThrowIfEnded();
        EntryOf(new RunFact { Artifact = name, Sha256 = new string('0', 64), ByteCount = long.MaxValue }, "artifact's name", nameof(name));
        RunArtifact artifact;
        try
        {
            artifact = await KeepAsync(name, content, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RunWriteException(_folder.Path, $"Expected the disk to take the artifact '{name}' of the run in '{_folder.Path}', but it refused: {e.Message}", e);
        }

        _log.Append(EntryOf(new RunFact { Artifact = name, Sha256 = artifact.Sha256, ByteCount = artifact.ByteCount }, "artifact's name", nameof(name)));
        await _log.FlushAsync(cancellationToken).ConfigureAwait(false);
        return artifact;
    }

    public Task LinkModelAsync(ModelManifest manifest, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ThrowIfEnded();
        _log.Append(EntryOf(new RunFact { Model = manifest.Name, Version = manifest.Version }, "model's name", nameof(manifest)));
        return _log.FlushAsync(cancellationToken);
    }

    public Task FlushAsync(CancellationToken cancellationToken = default) => _log.FlushAsync(cancellationToken);

    public Task FinishAsync(CancellationToken cancellationToken = default) => EndAsync(RunStatus.Finished, null, cancellationToken);

    public Task FailAsync(string reason, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(reason);
        return EndAsync(RunStatus.Failed, reason, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        try
        {
            await EndAsync(RunStatus.Failed, "The run was disposed of before it was finished.", CancellationToken.None).ConfigureAwait(false);
        }
        catch (RunWriteException)
        {
            // The log has said so, and says how much is lost when it closes.
        }

        _log.Dispose();
        _lock.Dispose();
        _ending.Dispose();
    }

    private async Task EndAsync(RunStatus status, string? reason, CancellationToken cancellationToken)
    {
        await _ending.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_hasEnded)
            {
                _hasEnded = true;
                _log.AppendEnd(RunEntries.Fact(new RunFact { Status = status, Reason = Shorten(reason), Time = _time.GetUtcNow() }));
            }

            await _log.FlushAsync(cancellationToken).ConfigureAwait(false);
            if (LostEntryCount > 0)
            {
                throw new RunWriteException(
                    _folder.Path,
                    FormattableString.Invariant($"Expected all entries of the run in '{_folder.Path}' on the device, but {LostEntryCount} of them are lost: the disk refused them for too long. The others, and the end, are there."),
                    LostEntryCount);
            }
        }
        finally
        {
            _ending.Release();
        }
    }

    private static string? Shorten(string? reason) => reason?.Length > MaximumReasonLength ? reason[..MaximumReasonLength] + "..." : reason;

    private bool TryLog((string Name, string Value, byte[] Entry)[] parameters, out string? other)
    {
        byte[][] added;
        lock (_logging)
        {
            other = parameters.FirstOrDefault(p => _parameters.TryGetValue(p.Name, out var known) && known != p.Value).Name;
            if (other is not null)
            {
                return false;
            }

            added = [.. parameters.Where(p => _parameters.TryAdd(p.Name, p.Value)).Select(p => p.Entry)];
        }

        // Outside the lock: it may wait for the disk.
        foreach (var entry in added)
        {
            _log.Append(entry);
        }

        return true;
    }

    private byte[] EntryOfParameter(string name, string value)
    {
        RunNames.RequireKey(name, "parameter", nameof(name));
        return EntryOf(new RunFact { Parameter = name, Value = value }, $"parameter '{name}'", nameof(value));
    }

    private byte[] EntryOf(RunFact fact, string what, string parameter)
    {
        var entry = RunEntries.Fact(fact with { Time = _time.GetUtcNow() });
        return entry.Length <= _log.MaximumEntryBytes
            ? entry
            : throw new ArgumentException(
                FormattableString.Invariant($"Expected the {what} to take up to {_log.MaximumEntryBytes} bytes in the run, but found {entry.Length}: keep it as an artifact, or raise {nameof(RunTrackerOptions)}.{nameof(RunTrackerOptions.MaximumWaitingBytes)}."),
                parameter);
    }

    private async Task<RunArtifact> KeepAsync(string name, Stream content, CancellationToken cancellationToken)
    {
        var path = _folder.Artifact(name);
        var directory = Path.GetDirectoryName(path)!;
        DurableFile.CreateDirectories(_disk, directory);
        var temporary = DurableFile.TemporaryPath(directory);
        try
        {
            var (hash, length) = await CopyAsync(content, temporary, cancellationToken).ConfigureAwait(false);
            if (!DurableFile.PublishFile(_disk, temporary, path) && (!File.Exists(path) || await ContentHash.OfFileAsync(path, cancellationToken).ConfigureAwait(false) != hash))
            {
                throw new ArgumentException($"Expected a new name for an artifact of run '{Name}', but it has one with other content called '{name}' already.", nameof(name));
            }

            return new RunArtifact(name, path, hash, length);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static async Task<(string Sha256, long ByteCount)> CopyAsync(Stream content, string path, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 16];
        long length = 0;
        var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous);
        await using (file.ConfigureAwait(false))
        {
            for (int read; (read = await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
            {
                hash.AppendData(buffer, 0, read);
                await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
                length += read;
            }
        }

        return (Convert.ToHexStringLower(hash.GetHashAndReset()), length);
    }

    private void ThrowIfEnded()
    {
        if (_hasEnded)
        {
            throw new InvalidOperationException($"Run '{Name}' of experiment '{Experiment}' has ended and takes nothing more.");
        }
    }
}
